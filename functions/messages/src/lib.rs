//! `POST /api/webhooks/wasender/{vendorId}`: every event of every session comes here unless a provider can split them.

use flows::{Ingest, webhook};
use lambda_http::{Body, Request, Response};
use platform::{Clock, Config, Platform};

/// The function's state, built once in a cold start.
#[derive(Clone, Debug)]
pub struct App {
    ingest: Ingest,
}

impl App {
    pub fn new(config: &Config, clock: Clock) -> Self {
        Self {
            ingest: Ingest {
                platform: Platform::new(config, clock),
            },
        }
    }

    /// Answers one request. `GET /health` says that the function runs; it asks nothing of anybody.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let path = request.uri().path();
        if path.ends_with("/health") && !path.contains(webhook::PATH) {
            return flows::problem::json(200, &[("status", "ok")].into_iter().collect());
        }
        webhook::handle(&self.ingest, &request).await
    }
}
