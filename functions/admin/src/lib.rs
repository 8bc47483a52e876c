//! `/api/admin/*`: vendors and their messages, for the back office and for `wabactl`.

mod actions;
mod auth;
mod behaviour;
mod body;
mod draft;
mod gaps;
mod listing;
mod media;
mod pacing;
mod pairing;
mod quoting;
mod register;
mod sending;
mod shown;
mod vendors;

use domain::limits;
use flows::problem::Problem;
use lambda_http::http::Method;
use lambda_http::{Body, Request, RequestExt, Response};
use platform::{AwsError, Clock, Config, Platform};

/// The function's state, built once in a cold start.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) platform: Platform,
    pub(crate) default_country: String,
    keys: auth::Keys,
}

/// What a handler answers.
type Answer = Result<Response<Body>, Problem>;

impl App {
    pub fn new(config: &Config, clock: Clock) -> Self {
        Self {
            platform: Platform::new(config, clock),
            default_country: config.default_country.clone(),
            keys: auth::Keys::default(),
        }
    }

    /// Answers one request: key, size, route, body, in this order.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        self.answer(&request)
            .await
            .unwrap_or_else(|problem| problem.response())
    }

    async fn answer(&self, request: &Request) -> Answer {
        let owner = self
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
        let query = request.query_string_parameters();
        let parts: Vec<_> = path.split('/').collect();
        match (request.method(), parts.as_slice()) {
            (&Method::POST, ["vendors"]) => self.put_vendor(body).await,
            (&Method::GET, ["vendors"]) => self.list_vendors(&query).await,
            (&Method::GET, ["vendors", id]) => self.get_vendor(&vendor(id)?).await,
            (&Method::GET, ["vendors", id, "messages"]) => {
                self.list_messages(&vendor(id)?, &query).await
            }
            (&Method::GET, ["vendors", id, "pairing"]) => {
                self.get_pairing(&vendor(id)?, &query).await
            }
            (method, ["vendors", id, "messages", message, rest @ ..]) => {
                let routed = self.of_message(method, (id, message), rest);
                Box::pin(routed).await
            }
            (&Method::GET, ["vendors", id, "gaps"]) => self.list_gaps(&vendor(id)?).await,
            (&Method::POST, ["vendors", id, "send-message"]) => {
                let key = request.headers().get("idempotency-key");
                self.send_message(
                    &vendor(id)?,
                    sending::Asked {
                        owner: &owner,
                        key,
                        body,
                    },
                )
                .await
            }
            (_, parts) => Err(no_such_method(parts)),
        }
    }
}

/// What is wrong with a path and a method that no handler has.
fn no_such_method(path: &[&str]) -> Problem {
    match path {
        ["vendors"] => Problem::method_not_allowed("GET, POST"),
        ["vendors", _] | ["vendors", _, "messages" | "pairing" | "gaps"] => {
            Problem::method_not_allowed("GET")
        }
        ["vendors", _, "send-message"] => Problem::method_not_allowed("POST"),
        _ => no_such_route(),
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

fn vendor(id: &str) -> Result<domain::VendorId, Problem> {
    let invalid = |invalid: domain::InvalidId| {
        Problem::new(
            400,
            "invalid_vendor_id",
            "Invalid vendor id",
            invalid.to_string(),
        )
    };
    domain::VendorId::parse(id).map_err(|error| invalid(error).field("vendorId"))
}

fn no_such_vendor() -> Problem {
    Problem::new(404, "no_such_vendor", "Not found", "no vendor has this id")
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
