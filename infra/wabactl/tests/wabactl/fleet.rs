//! A stand-in for the admin API that keeps vendors as the gateway does: it registers, lists, changes and deletes them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::gateway::KEY;

/// Vendors that a list shows at once.
const PAGE: usize = 100;

/// What is unlike a gateway that does all that it is asked.
#[derive(Default)]
pub(crate) struct Moods {
    /// Before each registration.
    pub(crate) delay: Duration,
    /// Every so-manieth request is answered 429.
    pub(crate) busy_each: Option<usize>,
    /// After so many requests the key is known no more.
    pub(crate) gone_after: Option<usize>,
    /// What is refused with 409.
    pub(crate) refused: BTreeSet<String>,
    /// Vendors whose key is another number's.
    pub(crate) mismatched: BTreeSet<String>,
}

/// A vendor with its secrets, as the gateway would keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) fields: Value,
    revision: u64,
}

#[derive(Default)]
struct Inside {
    vendors: BTreeMap<String, Kept>,
    written: HashMap<String, usize>,
    requests: usize,
}

#[derive(Clone)]
pub(crate) struct Fleet {
    pub(crate) url: String,
    moods: Arc<Moods>,
    inside: Arc<Mutex<Inside>>,
}

type Answer = (StatusCode, HeaderMap, String);

impl Fleet {
    pub(crate) async fn start(moods: Moods) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let fleet = Self {
            url: format!("http://{address}"),
            moods: Arc::new(moods),
            inside: Arc::default(),
        };
        let app = Router::new().fallback(answer).with_state(fleet.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        fleet
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("no panic")
    }

    /// Every vendor with all that is kept of it but how often it was written.
    pub(crate) fn state(&self) -> BTreeMap<String, Value> {
        let inside = self.inside();
        let vendors = inside.vendors.iter();
        vendors
            .map(|(id, kept)| (id.clone(), kept.fields.clone()))
            .collect()
    }

    pub(crate) fn registered(&self) -> usize {
        self.inside().vendors.len()
    }

    /// How often vendors were registered.
    pub(crate) fn writes(&self) -> usize {
        self.inside().written.values().sum()
    }

    /// Changes a vendor as another operator would.
    pub(crate) fn change(&self, id: &str, field: &str, value: Value) {
        let mut inside = self.inside();
        let kept = inside.vendors.get_mut(id).expect("a vendor");
        kept.fields[field] = value;
        kept.revision += 1;
    }

    fn shown(&self, id: &str, kept: &Kept) -> Value {
        let field = |name: &str, otherwise: Value| {
            let value = kept.fields.get(name);
            value.cloned().unwrap_or(otherwise)
        };
        let identity = if self.moods.mismatched.contains(id) {
            "mismatch"
        } else {
            "verified"
        };
        json!({
            "vendorId": id, "businessName": field("businessName", Value::Null), "active": true,
            "answerGroups": field("answerGroups", false.into()), "typedPauseMinutes": field("typedPauseMinutes", 60.into()),
            "wabaInstances": [{
                "wabaId": format!("waba_{id}"), "provider": "wasender", "phoneNumber": field("phoneNumber", Value::Null),
                "wasenderInstanceId": field("wasenderInstanceId", Value::Null), "identity": identity,
                "pacing": {"plan": field("plan", "paid".into()), "accountProtection": field("accountProtection", false.into()),
                    "dailyCap": field("dailyCap", Value::Null), "jitter": field("jitter", true.into())},
            }],
        })
    }

    async fn register(&self, body: Value) -> Answer {
        tokio::time::sleep(self.moods.delay).await;
        let id = body["vendorId"].as_str().unwrap_or_default().to_owned();
        if self.moods.refused.contains(&id) {
            return problem(409, "phone_number_taken", "it belongs to another vendor");
        }
        let mut inside = self.inside();
        *inside.written.entry(id.clone()).or_default() += 1;
        let is_new = !inside.vendors.contains_key(&id);
        let kept = inside.vendors.entry(id.clone()).or_insert_with(|| Kept {
            fields: json!({}),
            revision: 0,
        });
        put(kept, &body);
        let shown = self.shown(&id, &kept.clone());
        answered(if is_new { 201 } else { 200 }, &shown)
    }

    fn list(&self, query: &str) -> Answer {
        let inside = self.inside();
        let from = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("cursor="));
        let after = |id: &str| from.is_none_or(|from| id > from);
        let mut vendors: Vec<_> = inside
            .vendors
            .iter()
            .filter(|(id, _)| after(id))
            .map(|(id, kept)| self.shown(id, kept))
            .take(PAGE + 1)
            .collect();
        let has_more = vendors.len() > PAGE;
        vendors.truncate(PAGE);
        let last = vendors.last().map(|vendor| vendor["vendorId"].clone());
        let next = last.filter(|_| has_more);
        answered(200, &json!({"vendors": vendors, "nextCursor": next}))
    }

    fn change_on_condition(&self, id: &str, headers: &HeaderMap, body: &Value) -> Answer {
        let mut inside = self.inside();
        let Some(kept) = inside.vendors.get_mut(id) else {
            return problem(404, "no_such_vendor", "no vendor has this id");
        };
        let seen = headers.get("if-match").and_then(|tag| tag.to_str().ok());
        if seen != Some(&format!("\"{}\"", kept.revision)) {
            return problem(412, "precondition_failed", "it was changed");
        }
        put(kept, body);
        answered(200, &json!({}))
    }
}

fn put(kept: &mut Kept, body: &Value) {
    for (name, value) in body.as_object().into_iter().flatten() {
        kept.fields[name] = value.clone();
    }
    kept.revision += 1;
}

async fn answer(
    State(fleet): State<Fleet>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let is_known = headers
        .get("authorization")
        .is_some_and(|value| *value == format!("Bearer {KEY}"));
    if !is_known {
        return problem(401, "unauthorized", "send an admin key");
    }
    let nth = {
        let mut inside = fleet.inside();
        inside.requests += 1;
        inside.requests
    };
    if fleet.moods.gone_after.is_some_and(|after| nth > after) {
        return problem(401, "unauthorized", "the key was revoked");
    }
    if fleet.moods.busy_each.is_some_and(|each| nth % each == 0) {
        let mut answer = problem(429, "rate_limited", "too many requests");
        answer
            .1
            .insert("retry-after", "0".parse().expect("a header"));
        return answer;
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = uri.path().trim_start_matches("/api/admin/");
    let parts: Vec<_> = path.split('/').collect();
    match (method.as_str(), parts.as_slice()) {
        ("POST", ["vendors"]) => fleet.register(body).await,
        ("GET", ["vendors"]) => fleet.list(uri.query().unwrap_or_default()),
        ("GET", ["vendors", id] | ["vendors", id, "waba", _]) => {
            let inside = fleet.inside();
            let Some(kept) = inside.vendors.get(*id) else {
                return problem(404, "no_such_vendor", "no vendor has this id");
            };
            let mut answer = answered(200, &fleet.shown(id, kept));
            let tag = format!("\"{}\"", kept.revision);
            answer.1.insert("etag", tag.parse().expect("a header"));
            answer
        }
        ("PUT", ["vendors", id] | ["vendors", id, "waba", _]) => {
            fleet.change_on_condition(id, &headers, &body)
        }
        ("DELETE", ["vendors", id]) => {
            let is_forced = uri.query() == Some("force=true");
            if fleet.moods.refused.contains(&format!("delete {id}")) && !is_forced {
                return problem(409, "sends_active", "messages are under way");
            }
            fleet.inside().vendors.remove(*id);
            answered(202, &json!({}))
        }
        _ => problem(404, "no_such_route", "the admin API has no such path"),
    }
}

fn problem(status: u16, code: &str, detail: &str) -> Answer {
    let body = json!({"title": "T", "status": status, "code": code, "detail": detail});
    answered(status, &body)
}

fn answered(status: u16, body: &Value) -> Answer {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, HeaderMap::new(), body.to_string())
}
