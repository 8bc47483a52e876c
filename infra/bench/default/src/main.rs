//! The messages function as one would write it with the SDK's defaults: settings from `aws-config`, an HTTP client with the machine's
//! certificates, and the same proof, parsing and queue entry as ours.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::SystemTime;

use domain::admission::{Admission, Freshness, Shown, admit};
use domain::entry::{InboundEntry, InboundEvent};
use domain::{Element, Event, InstanceSecrets, SecretRing, VendorId, VendorSecrets, WabaId, WebhookSecret};
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use providers::wasender;
use serde_json::Value;

struct App {
    sqs: aws_sdk_sqs::Client,
    secrets: aws_sdk_secretsmanager::Client,
    _tables: aws_sdk_dynamodb::Client,
    stack: String,
    inbound: String,
    remembered: Mutex<HashMap<String, VendorSecrets>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_from_env().await;
    let app = &App {
        sqs: aws_sdk_sqs::Client::new(&config),
        secrets: aws_sdk_secretsmanager::Client::new(&config),
        _tables: aws_sdk_dynamodb::Client::new(&config),
        stack: std::env::var("STACK")?,
        inbound: std::env::var("INBOUND_QUEUE_URL")?,
        remembered: Mutex::default(),
    };
    run(service_fn(move |request| app.handle(request))).await
}

impl App {
    async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        let name = request.uri().path().rsplit('/').next().unwrap_or_default();
        let vendor = VendorId::parse(name)?;
        let Ok(proof) = wasender::proof(request.headers()) else {
            return answer(401);
        };
        let body: &[u8] = request.body().as_ref();
        let now = SystemTime::now().try_into()?;
        let secrets = self.secrets(&vendor).await?;
        let shown = Shown { proof: &proof, body };
        let Admission::Admitted(proved) = admit(Some(&secrets), Freshness::Fresh, shown, now) else {
            return answer(401);
        };
        for element in wasender::parse(body, now)?.elements {
            let Element::Event(Event::Message(message)) = element else {
                continue;
            };
            let entry = InboundEntry {
                vendor_id: vendor.clone(),
                waba_id: proved.waba_id.clone(),
                received_at: now,
                event: InboundEvent::Message(message),
            };
            let sending = self.sqs.send_message().queue_url(&self.inbound);
            let sending = sending.message_body(entry.to_body());
            let sending = sending.message_group_id(entry.group_id());
            sending.message_deduplication_id(entry.dedup_id()).send().await?;
        }
        answer(200)
    }

    async fn secrets(&self, vendor: &VendorId) -> Result<VendorSecrets, Error> {
        let name = format!("{}/vendor/{}", self.stack, vendor.as_str());
        if let Some(known) = self.remembered.lock().map_err(|_| "locked")?.get(&name) {
            return Ok(known.clone());
        }
        let stored = self.secrets.get_secret_value().secret_id(&name).send().await?;
        let stored: Value = serde_json::from_str(stored.secret_string().unwrap_or_default())?;
        let instance = &stored["instances"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let current = WebhookSecret::parse(&text(&instance["webhook"]["current"]))?;
        let secrets = VendorSecrets {
            instances: vec![InstanceSecrets {
                waba_id: WabaId::parse(&text(&instance["wabaId"]))?,
                api_key: None,
                webhook: SecretRing { next: None, current, previous: None },
            }],
            ..VendorSecrets::default()
        };
        let mut remembered = self.remembered.lock().map_err(|_| "locked")?;
        remembered.insert(name, secrets.clone());
        Ok(secrets)
    }
}

fn answer(status: u16) -> Result<Response<Body>, Error> {
    Ok(Response::builder().status(status).body(Body::from("{}"))?)
}
