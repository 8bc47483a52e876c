//! `POST /api/webhooks/wasender/{vendorId}/connection`: the same pipeline as `messages`, apart from it so that a session coming back is heard in a flood.

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

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        webhook::handle(&self.ingest, &request).await
    }
}
