//! `/api/admin/*`: vendors and their messages, for the back office and for `wabactl`.

mod actions;
mod attending;
mod auth;
mod behaviour;
mod body;
mod call;
mod conversations;
mod description;
mod draft;
mod finding;
mod gaps;
mod listing;
mod media;
mod number;
mod numbers;
mod pacing;
mod pairing;
mod provider;
mod qr;
mod qr_image;
mod quoting;
mod register;
mod routes;
mod secret_store;
mod sending;
mod sessions;
mod shown;
mod vendor_shown;
mod vendors;

use call::{Call, Change};
use domain::{VendorId, limits};
use flows::problem::Problem;
use lambda_http::{Body, Request, RequestExt, Response};
use platform::tables::VendorRow;
use platform::{AwsError, Clock, Config, Platform, Registry};

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
    keys: auth::Keys,
}

/// What a handler answers.
type Answer = Result<Response<Body>, Problem>;

impl App {
    pub fn new(config: &Config, clock: Clock) -> Self {
        let platform = Platform::new(config, clock);
        Self {
            registry: Registry::new(config, &platform),
            platform,
            default_country: config.default_country.clone(),
            wasender_api_url: config.wasender_api_url.clone(),
            keys: auth::Keys::default(),
        }
    }

    /// Answers one request: key, size, route, what the key may do, in this order.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        self.answer(&request)
            .await
            .unwrap_or_else(|problem| problem.response())
    }

    async fn answer(&self, request: &Request) -> Answer {
        let caller = self
            .keys
            .authorized(&self.platform, request.headers())
            .await?;
        let body: &[u8] = request.body().as_ref();
        if body.len() > limits::ADMIN_BODY_BYTES {
            let detail = format!("the body may have {} bytes", limits::ADMIN_BODY_BYTES);
            return Err(Problem::new(
                413,
                "body_too_large",
                "Body too large",
                detail,
            ));
        }
        let path = request.uri().path();
        let path = path
            .split_once("/api/admin")
            .map_or("", |(_, rest)| rest)
            .trim_matches('/');
        let found = routes::find(request.method(), path)?;
        let call = Call {
            caller: &caller,
            parameters: &found.parameters,
            query: &request.query_string_parameters(),
            headers: request.headers(),
            body,
            change: &Change::default(),
        };
        let is_of_vendor = found.route.path.contains("{vendorId}");
        let vendor = is_of_vendor.then(|| call.vendor()).transpose()?;
        caller.permitted(found.route.scope, vendor.as_ref())?;
        let answer = (found.route.handle)(self, call).await;
        if let Some(vendor) = vendor.filter(|_| found.route.method != "GET") {
            self.registry.forget(&vendor);
        }
        answer
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
