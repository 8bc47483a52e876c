//! What the tables would charge: capacity units, as DynamoDB tells them to whoever asks.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use serde_json::Value;

/// Capacity units, those of indexes included.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Units {
    pub read: f64,
    pub write: f64,
}

impl AddAssign for Units {
    fn add_assign(&mut self, more: Self) {
        self.read += more.read;
        self.write += more.write;
    }
}

/// Sums what each caller's requests cost, while it runs. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    runs: AtomicBool,
    units: Mutex<BTreeMap<String, Units>>,
}

impl Meter {
    /// Begins to measure, from nothing.
    pub fn start(&self) {
        self.locked(BTreeMap::clear);
        self.state.runs.store(true, Ordering::SeqCst);
    }

    /// Ends measuring, and tells what each caller's requests cost since [`Meter::start`].
    pub fn stop(&self) -> BTreeMap<String, Units> {
        self.state.runs.store(false, Ordering::SeqCst);
        self.locked(std::mem::take)
    }

    /// A request's body that asks for what it costs, if that is to be known.
    pub(crate) fn asking(&self, body: &Bytes) -> Option<Bytes> {
        if !self.state.runs.load(Ordering::SeqCst) {
            return None;
        }
        let mut asking: Value = serde_json::from_slice(body).ok()?;
        asking
            .as_object_mut()?
            .insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
        Some(asking.to_string().into())
    }

    /// Notes what an answer says that its request cost, and passes it on.
    pub(crate) async fn noting(
        &self,
        caller: &str,
        operation: &str,
        answer: http::Response<Full<Bytes>>,
    ) -> http::Response<Full<Bytes>> {
        let (head, body) = answer.into_parts();
        let Ok(body) = body.collect().await;
        let body = body.to_bytes();
        let told: Value = serde_json::from_slice(&body).unwrap_or_default();
        let units = units(operation, &told["ConsumedCapacity"]);
        self.locked(|all| *all.entry(caller.to_owned()).or_default() += units);
        http::Response::from_parts(head, Full::new(body))
    }

    fn locked<R>(&self, work: impl FnOnce(&mut BTreeMap<String, Units>) -> R) -> R {
        let units = self.state.units.lock();
        work(&mut units.unwrap_or_else(PoisonError::into_inner))
    }
}

/// One table's units, or those of several tables.
fn units(operation: &str, consumed: &Value) -> Units {
    let of_table = |table: &Value| table["CapacityUnits"].as_f64().unwrap_or_default();
    let total = match consumed.as_array() {
        Some(tables) => tables.iter().map(of_table).sum(),
        None => of_table(consumed),
    };
    let reads = [
        "GetItem",
        "BatchGetItem",
        "TransactGetItems",
        "Query",
        "Scan",
    ];
    if reads.contains(&operation) {
        Units {
            read: total,
            write: 0.0,
        }
    } else {
        Units {
            read: 0.0,
            write: total,
        }
    }
}
