//! A provider's webhook over HTTP: which checks come in which order, and what each answers.

use domain::admission::Shown;
use domain::{VendorId, limits};
use lambda_http::http::Method;
use lambda_http::{Body, Request, Response};
use platform::{Clock, Config, Platform};
use providers::wasender;
use serde_json::json;

use crate::ingest::{Ingest, Reception, Webhook};
use crate::problem::{self, Problem};

/// Under this path every provider session posts its events.
pub const PATH: &str = "/api/webhooks/wasender/";

/// The state of a webhook function, built once in a cold start.
#[derive(Clone, Debug)]
pub struct App {
    ingest: Ingest,
}

impl App {
    pub fn new(config: &Config, clock: Clock) -> Self {
        Self {
            ingest: Ingest::new(Platform::new(config, clock)),
        }
    }

    /// Opens connections before the first event, see [`Platform::open_connections`].
    pub async fn open_connections(&self) {
        self.ingest.open_connections().await;
    }

    /// Answers one request. `GET /health` says that the function runs; it asks nothing of anybody.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        if request.uri().path() == "/health" {
            return problem::json(200, &json!({ "status": "ok" }));
        }
        handle(&self.ingest, &request).await
    }
}

/// Answers a webhook: method, id, size, proof, body, durability, in this order.
async fn handle(ingest: &Ingest, request: &Request) -> Response<Body> {
    match answer(ingest, request).await {
        Ok(response) => response,
        Err(problem) => {
            tracing::info!(
                status = problem.status,
                code = problem.code,
                "webhook refused"
            );
            problem.response()
        }
    }
}

async fn answer(ingest: &Ingest, request: &Request) -> Result<Response<Body>, Problem> {
    if request.method() != Method::POST {
        return Err(Problem::method_not_allowed("POST"));
    }
    let vendor = vendor(request.uri().path())?;
    let body: &[u8] = request.body().as_ref();
    if body.len() > limits::WEBHOOK_BODY_BYTES {
        let detail = format!("the body may have {} bytes", limits::WEBHOOK_BODY_BYTES);
        return Err(Problem::new(
            413,
            "body_too_large",
            "Body too large",
            detail,
        ));
    }
    let proof = wasender::proof(request.headers()).map_err(|_| unauthorized())?;
    let shown = Shown {
        proof: &proof,
        body,
    };
    match ingest
        .receive(Webhook {
            vendor: &vendor,
            shown,
        })
        .await
    {
        Reception::Received(_) => {
            let process = uuid::Uuid::now_v7().simple().to_string();
            Ok(problem::json(
                200,
                &json!({ "status": "received", "processId": process }),
            ))
        }
        Reception::Refused | Reception::Foreign(_) => Err(unauthorized()),
        Reception::Malformed(malformed) => Err(Problem::new(
            400,
            malformed.code(),
            "Malformed body",
            malformed.to_string(),
        )),
        Reception::TryAgain(_) | Reception::Rotating => Err(Problem::new(
            503,
            "not_durable",
            "Not kept",
            "the event could not be kept; nothing is lost if it is posted again",
        )),
    }
}

/// A missing proof, a wrong one and an unknown vendor are answered alike.
fn unauthorized() -> Problem {
    let detail = "send the session's webhook secret in X-Webhook-Signature, once";
    Problem::new(401, "unauthorized", "Not proved", detail)
}

fn vendor(path: &str) -> Result<VendorId, Problem> {
    let id = path
        .split_once(PATH)
        .map_or("", |(_, rest)| rest)
        .split('/')
        .next()
        .unwrap_or_default();
    VendorId::parse(id).map_err(|invalid| {
        Problem::new(
            400,
            "invalid_vendor_id",
            "Invalid vendor id",
            invalid.to_string(),
        )
        .field("vendorId")
    })
}
