//! A provider's webhook over HTTP: which checks come in which order, and what each answers.

use domain::admission::Shown;
use domain::{VendorId, limits};
use http_api::http::Method;
use http_api::{Request, Response};
use platform::telemetry::{self, Metric};
use platform::{Clock, Config, Platform};
use providers::wasender;
use serde_json::json;

use crate::ingest::{Ingest, Reception, Webhook};
use crate::invocation;
use crate::problem::{self, Problem};

/// Under this path every provider session posts its events.
pub const PATH: &str = "/api/webhooks/wasender/";

/// The state of a webhook function, built once in a cold start.
#[derive(Clone, Debug)]
pub struct App {
    function: &'static str,
    platform: Platform,
    ingest: Ingest,
}

impl App {
    /// The webhook function of this name.
    pub fn new(function: &'static str, config: &Config, clock: Clock) -> Self {
        let platform = Platform::new(config, clock);
        Self {
            function,
            ingest: Ingest::new(platform.clone()),
            platform,
        }
    }

    /// Opens connections before the first event, see [`Platform::open_connections`].
    pub async fn open_connections(&self) {
        self.ingest.open_connections().await;
    }

    /// Answers one request. `GET /health` says that the function runs; it asks nothing of anybody.
    pub async fn handle(&self, request: Request) -> Response {
        if request.path == "/health" {
            return problem::json(200, &json!({ "status": "ok" }));
        }
        let work = handle(&self.ingest, &request);
        invocation::of_request(&self.platform, self.function, &request, work).await
    }
}

/// Answers a webhook: method, id, size, proof, body, durability, in this order.
async fn handle(ingest: &Ingest, request: &Request) -> Response {
    match answer(ingest, request).await {
        Ok(response) => response,
        Err(Refusal { problem, reason }) => {
            telemetry::count_alone_for(Metric::Refused, reason);
            tracing::info!(
                status = problem.status,
                code = problem.code,
                reason,
                "webhook refused"
            );
            problem.response()
        }
    }
}

/// What is answered to a webhook that is not taken in, and the metric's word for why.
struct Refusal {
    problem: Problem,
    reason: &'static str,
}

fn refusal(reason: &'static str, problem: Problem) -> Refusal {
    Refusal { problem, reason }
}

async fn answer(ingest: &Ingest, request: &Request) -> Result<Response, Refusal> {
    if request.method != Method::POST {
        let problem = Problem::method_not_allowed("POST");
        return Err(refusal("method_not_allowed", problem));
    }
    let vendor = vendor(&request.path);
    let vendor = vendor.map_err(|problem| refusal("invalid_vendor_id", problem))?;
    telemetry::concerns(&vendor, None);
    let body = request.body.as_ref();
    if body.len() > limits::WEBHOOK_BODY_BYTES {
        let detail = format!("the body may have {} bytes", limits::WEBHOOK_BODY_BYTES);
        let problem = Problem::new(413, "body_too_large", "Body too large", detail);
        return Err(refusal("body_too_large", problem));
    }
    let proof = wasender::proof(&request.headers);
    let proof = proof.map_err(|_| refusal("unauthorized", unauthorized()))?;
    let shown = Shown {
        proof: &proof,
        body,
    };
    let webhook = Webhook {
        vendor: &vendor,
        shown,
    };
    answered(&ingest.receive(webhook).await)
}

fn answered(reception: &Reception) -> Result<Response, Refusal> {
    Err(match reception {
        Reception::Received(_) => {
            let process = uuid::Uuid::now_v7().simple().to_string();
            let body = json!({ "status": "received", "processId": process });
            return Ok(problem::json(200, &body));
        }
        Reception::Refused => refusal("unauthorized", unauthorized()),
        Reception::Foreign(_) => refusal("foreign_session", unauthorized()),
        Reception::Malformed(malformed) => {
            let (code, detail) = (malformed.code(), malformed.to_string());
            refusal(
                "malformed",
                Problem::new(400, code, "Malformed body", detail),
            )
        }
        Reception::TryAgain(_) => refusal("not_durable", not_kept()),
        Reception::Rotating => refusal("rotating", not_kept()),
    })
}

fn not_kept() -> Problem {
    let detail = "the event could not be kept; nothing is lost if it is posted again";
    Problem::new(503, "not_durable", "Not kept", detail)
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
