//! An AWS that has the same answer for everybody, and counts what it is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::http::{self, Request, Response};

/// One endpoint for all services.
pub(crate) struct Aws {
    pub(crate) url: String,
    calls: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Aws {
    /// Answers after so long.
    pub(crate) fn new(latency: Duration) -> Result<Self> {
        let calls = Arc::<Mutex<BTreeMap<String, u64>>>::default();
        let counted = Arc::clone(&calls);
        let address = http::serve(move |request| {
            let action = action(&request);
            let response = answer(&action);
            let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
            *counted.entry(action).or_default() += 1;
            drop(counted);
            if !latency.is_zero() {
                thread::sleep(latency);
            }
            response
        })?;
        Ok(Self {
            url: format!("http://{address}"),
            calls,
        })
    }

    /// What was asked since this was called last.
    pub(crate) fn take(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn action(request: &Request) -> String {
    let target = request.header("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}

/// The secret of every vendor.
const SECRET: &str = r#"{"version":1,"instances":[{"wabaId":"waba_001","apiKey":"api_key_abc","webhook":{"current":"secret_123"}}]}"#;

fn answer(action: &str) -> Response {
    match action {
        "GetSecretValue" => {
            let secret = serde_json::json!({ "ARN": "arn", "Name": "name", "SecretString": SECRET, "VersionId": "1" });
            Response::of(200, secret.to_string())
        }
        "SendMessage" => {
            let sent = r#"{"MessageId":"8a4e0000-0000-4000-8000-000000000000","MD5OfMessageBody":"00000000000000000000000000000000","SequenceNumber":"1"}"#;
            Response::of(200, sent)
        }
        // Whatever provider's id is asked about, a message is known under it.
        "UpdateItem" => Response::of(200, r#"{"Attributes":{"messageId":{"S":"msg_1"}}}"#),
        _ => Response::of(200, "{}"),
    }
}
