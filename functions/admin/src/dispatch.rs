//! From a request to its handler: who asks, which route, whether they may, how often they asked, and the record of what changed.

use std::sync::{Mutex, PoisonError};

use domain::audit::{Ended, Place, Record};
use domain::rate::{Full, Rate};
use domain::{VendorId, limits};
use flows::problem::Problem;
use http_api::Request;
use platform::telemetry;
use platform::telemetry::Metric;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::call::{Call, Caller, Change};
use crate::routes::{self, Route};
use crate::{Answer, App, auth, token, unavailable};

/// The windows that this environment knows to be full.
#[derive(Debug, Default)]
pub(crate) struct Spent(Mutex<Full>);

impl App {
    /// Answers a request. What is refused here changed nothing and is recorded nowhere.
    pub(crate) async fn answer(&self, request: &Request) -> Answer {
        let caller = self.caller(request).await?;
        let body = request.body.as_ref();
        let most = largest_body(&request.path);
        if body.len() > most {
            return Err(too_large(most));
        }
        let path = &request.path;
        let path = path
            .split_once("/api/admin")
            .map_or("", |(_, rest)| rest)
            .trim_matches('/');
        let found = routes::find(&request.method, path)?;
        let reached_at = self.reached_at(request);
        let call = Call {
            caller: &caller,
            parameters: &found.parameters,
            query: &request.query,
            headers: &request.headers,
            body,
            public_url: reached_at.as_deref(),
            change: &Change::default(),
        };
        let is_of_vendor = found.route.path.contains("{vendorId}");
        let vendor = is_of_vendor.then(|| call.vendor()).transpose()?;
        caller.permitted(found.route, vendor.as_ref())?;
        self.known_to(&caller, vendor.as_ref()).await?;
        self.within_rates(&caller, vendor.as_ref()).await?;
        self.note_use(&caller).await;
        if found.route.method != "GET" {
            self.not_restoring().await?;
        }
        let answer = if found.route.is_recorded() {
            self.recorded(found.route, call, vendor.clone()).await
        } else {
            (found.route.handle)(self, call).await
        };
        if let Some(vendor) = vendor.filter(|_| found.route.method != "GET") {
            self.registry.forget(&vendor).await;
        }
        answer
    }

    /// Whoever API Gateway has proved by a token, or else whoever has a key.
    async fn caller(&self, request: &Request) -> Result<Caller, Problem> {
        match &request.claims {
            Some(claims) => token::caller(claims).ok_or_else(auth::unauthorized),
            None => self.keys.authorized(&self.platform, &request.headers).await,
        }
    }

    /// A token that is bound to a vendor does not open another one that was made later under the same id.
    async fn known_to(&self, caller: &Caller, vendor: Option<&VendorId>) -> Result<(), Problem> {
        let (Some(_), Some(vendor)) = (caller.bound_at, vendor) else {
            return Ok(());
        };
        let reading = self.platform.tables.vendor(vendor).await;
        let row = reading.map_err(|error| unavailable(&error))?;
        if row.is_none_or(|row| caller.knew(&row.config)) {
            return Ok(());
        }
        let detail = "the token was issued before this vendor was made, or does not tell when (iat); get a new one";
        Err(Problem::new(403, "forbidden_vendor", "Forbidden", detail))
    }

    /// Counts the request for its key, and then for its vendor: who asks too often uses up nobody else's share.
    async fn within_rates(
        &self,
        caller: &Caller,
        vendor: Option<&VendorId>,
    ) -> Result<(), Problem> {
        let rate = Rate::per_minute(caller.grant.per_minute);
        self.within_rate(&caller.counted_as(), rate).await?;
        match vendor.filter(|_| !caller.is_bootstrap) {
            Some(vendor) => {
                let rate = Rate::per_second(limits::VENDOR_REQUESTS_PER_SECOND);
                self.within_rate(&format!("vendor#{vendor}"), rate).await
            }
            None => Ok(()),
        }
    }

    /// A count that can't be kept holds nobody back.
    async fn within_rate(&self, subject: &str, rate: Rate) -> Result<(), Problem> {
        let now = self.platform.clock.now();
        let window = rate.window(now);
        let full = || self.spent.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_within = if full().holds(subject, window) {
            false
        } else {
            let counting = self
                .platform
                .tables
                .count_request(subject, rate, window, now);
            counting.await.unwrap_or_else(|error| {
                tracing::warn!(error = %error, "a request is not counted");
                telemetry::count_alone(Metric::RequestNotCounted);
                true
            })
        };
        if is_within {
            return Ok(());
        }
        full().note(subject, window);
        let most = rate.most;
        let detail = format!("{most} requests were made in this {}", rate.unit());
        let problem = Problem::new(429, "rate_limited", "Too many requests", detail);
        Err(problem.retry_after(window.over_in(now).get().into()))
    }

    /// Notes that a key is in use; if it can't be noted, the next request tries again.
    async fn note_use(&self, caller: &Caller) {
        let Some(id) = &caller.unnoted else { return };
        let now = self.platform.clock.now();
        if let Err(error) = self.platform.tables.note_key_use(id, now).await {
            tracing::warn!(error = %error, "the use of an admin key is not noted");
        }
    }

    /// Handles a change between the two halves of its record. Without the first nothing is changed; a record without the second is of a change
    /// of which nobody knows how it ended.
    async fn recorded(&self, route: &Route, call: Call<'_>, vendor: Option<VendorId>) -> Answer {
        let tables = &self.platform.tables;
        let bits = Uuid::new_v4().as_u64_pair().1;
        let record = Record {
            place: Place::new(self.platform.clock.now(), bits),
            who: call.caller.name.clone(),
            label: call.caller.label.clone(),
            method: route.method.to_owned(),
            route: route.path.to_owned(),
            parameters: parameters(call.parameters),
            vendor,
            ended: None,
        };
        let beginning = tables.begin_record(&record).await;
        beginning.map_err(|error| unavailable(&error))?;
        let answer = (route.handle)(self, call).await;
        let status = match &answer {
            Ok(response) => response.status().as_u16(),
            Err(problem) => problem.status,
        };
        let (before, after) = call.change.noted().cloned().unwrap_or_default();
        let vendor = record.vendor.or_else(|| of_vendor(&before, &after));
        let ended = Ended {
            status,
            before,
            after,
        };
        let ending = tables
            .end_record(&record.place, vendor.as_ref(), &ended)
            .await;
        if let Err(error) = ending {
            tracing::error!(error = %error, "how a change ended is not recorded");
            telemetry::count_alone(Metric::ChangeNotRecorded);
        }
        answer
    }
}

/// The parameters of a path, each cut to what an id may have.
fn parameters(parameters: &[(&'static str, &str)]) -> Value {
    let cut = |text: &str| {
        text.chars()
            .take(limits::AUDIT_PARAMETER_CHARS)
            .collect::<String>()
    };
    let member = |(name, value): &(&'static str, &str)| ((*name).to_owned(), cut(value).into());
    parameters.iter().map(member).collect::<Map<_, _>>().into()
}

/// The vendor that a change without one in its path turned out to be of.
fn of_vendor(before: &Value, after: &Value) -> Option<VendorId> {
    let id = |value: &Value| VendorId::parse(value["vendorId"].as_str()?).ok();
    id(after).or_else(|| id(before))
}

/// A configuration brings its catalogue along.
fn largest_body(path: &str) -> usize {
    if path.trim_end_matches('/').ends_with("/config") {
        limits::CONFIG_BODY_BYTES
    } else {
        limits::ADMIN_BODY_BYTES
    }
}

fn too_large(most: usize) -> Problem {
    let detail = format!("the body may have {most} bytes");
    Problem::new(413, "body_too_large", "Body too large", detail)
}
