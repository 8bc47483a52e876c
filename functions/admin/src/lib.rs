//! `/api/admin/*`: vendors and their messages, for the back office and for `wabactl`.

mod actions;
mod analytics;
mod answering;
mod attending;
mod audit;
mod auth;
mod behaviour;
mod body;
mod call;
mod configuration;
mod conversations;
mod dead_letters;
mod deleting;
mod description;
mod dispatch;
mod draft;
mod engine;
mod finding;
mod gaps;
mod health;
mod keys;
mod listing;
mod media;
mod number;
mod numbers;
mod orders;
mod pacing;
mod pairing;
mod provider;
mod public_url;
mod qr;
mod qr_image;
mod quarantine;
mod quoting;
mod register;
mod restoring;
mod rotation;
mod routes;
mod secret_store;
mod sending;
mod sessions;
mod setup;
mod shelves;
mod shown;
mod token;
mod vendor_changes;
mod vendor_shown;
mod vendors;
mod wasender_status;

use std::sync::Arc;

use domain::VendorId;
use flows::invocation;
use flows::problem::Problem;
use http_api::{Request, Response};
use platform::tables::VendorRow;
use platform::{AwsError, Clock, Config, Origins, Platform, Registry};

pub use call::Scope;
pub use description::OPENAPI;
pub use routes::{Route, routes};

/// The function's state, built once in a cold start.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) platform: Platform,
    pub(crate) default_country: String,
    pub(crate) registry: Registry,
    /// Wasender's API.
    pub(crate) wasender_api_url: String,
    public_url: Option<String>,
    region: String,
    /// Where engines may be though that is not public.
    pub(crate) engine_origins: Origins,
    /// The engine of vendors that name none.
    pub(crate) engine_url: Option<String>,
    keys: auth::Keys,
    spent: Arc<dispatch::Spent>,
}

/// What a handler answers.
type Answer = Result<Response, Problem>;

impl App {
    pub fn new(config: &Config, clock: Clock) -> Self {
        let platform = Platform::new(config, clock);
        Self {
            registry: Registry::new(config, &platform),
            platform,
            default_country: config.default_country.clone(),
            wasender_api_url: config.wasender_api_url.clone(),
            public_url: config.public_url.clone(),
            region: config.region.clone(),
            engine_origins: config.engine_origins(),
            engine_url: config.engine_url.clone(),
            keys: auth::Keys::default(),
            spent: Arc::default(),
        }
    }

    /// Opens connections before the first event, see [`Platform::open_connections`].
    pub async fn open_connections(&self) {
        self.platform.open_connections().await;
    }

    /// Answers one request: key, size, route, what the key may do and how often, in this order.
    pub async fn handle(&self, request: Request) -> Response {
        let work = self.answer(&request);
        let answer = invocation::of_request(&self.platform, "admin", &request, work).await;
        answer.unwrap_or_else(|problem| problem.response())
    }

    /// A vendor that must exist.
    pub(crate) async fn row(&self, vendor: &VendorId) -> Result<VendorRow, Problem> {
        let row = self.platform.tables.vendor(vendor).await;
        row.map_err(|error| unavailable(&error))?
            .ok_or_else(no_such_vendor)
    }
}

fn no_such_route() -> Problem {
    Problem::new(
        404,
        "no_such_route",
        "Not found",
        "the admin API has no such path",
    )
}

fn no_such_vendor() -> Problem {
    Problem::new(404, "no_such_vendor", "Not found", "no vendor has this id")
}

fn no_such_number() -> Problem {
    let detail = "the vendor has no such number";
    Problem::new(404, "no_such_number", "Not found", detail)
}

fn no_such_message() -> Problem {
    let detail = "no message of this vendor has this id";
    Problem::new(404, "no_such_message", "Not found", detail)
}

fn no_such_conversation() -> Problem {
    let detail = "no conversation of this vendor has this id";
    Problem::new(404, "no_such_conversation", "Not found", detail)
}

/// A store that failed: the caller may repeat the request.
fn unavailable(error: &AwsError) -> Problem {
    tracing::error!(error = %error, "an admin request failed");
    Problem::new(
        503,
        "unavailable",
        "Unavailable",
        "a store did not answer; repeat the request",
    )
}
