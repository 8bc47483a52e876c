//! What is known while a function works on something: which invocation, which trace, which message. Every line says it, and what is
//! counted every day is gathered until the end.

use std::sync::{Arc, Mutex, PoisonError};

use domain::{MessageId, VendorId};

use super::json;
use super::metrics::{self, Counted};
use super::trace::Trace;

tokio::task_local! {
    static CURRENT: Current;
}

/// One invocation of a function.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// The function's name within the stack.
    pub function: &'static str,
    /// Lambda's id of it.
    pub request_id: &'a str,
    /// The trace header that came with it.
    pub trace: Option<&'a str>,
    /// One of so many invocations tells of its successes.
    pub sample: u64,
}

#[derive(Clone)]
struct Current {
    function: &'static str,
    request_id: Arc<str>,
    trace: Option<Trace>,
    sample: u64,
    is_sampled: bool,
    about: Arc<Mutex<About>>,
    gathered: Arc<Gathered>,
}

/// What the work is about, as far as it is known by now.
#[derive(Default)]
struct About {
    vendor: Option<VendorId>,
    message: Option<MessageId>,
}

/// What was counted and is not written yet. It is written when the invocation ends, however that is.
struct Gathered {
    counted: Mutex<Vec<Counted>>,
    /// The invocation's id, if the lines are to have it.
    request_id: Option<Arc<str>>,
}

/// What is gathered at most before it is written.
const MOST_GATHERED: usize = 256;

impl Drop for Gathered {
    fn drop(&mut self) {
        let counted = self.counted.get_mut();
        let counted = counted.unwrap_or_else(PoisonError::into_inner);
        metrics::write(counted, self.request_id.as_deref());
    }
}

/// Does the work of an invocation.
pub async fn invoked<T>(invocation: Invocation<'_>, work: impl Future<Output = T>) -> T {
    let Invocation {
        function,
        request_id,
        trace,
        sample,
    } = invocation;
    let request_id: Arc<str> = request_id.into();
    let trace = trace.and_then(Trace::read);
    let is_sampled = is_sampled(trace.as_ref(), &request_id, sample);
    let gathered = Gathered {
        counted: Mutex::default(),
        request_id: is_sampled.then(|| Arc::clone(&request_id)),
    };
    let current = Current {
        function,
        request_id,
        trace,
        sample,
        is_sampled,
        about: Arc::default(),
        gathered: Arc::new(gathered),
    };
    CURRENT.scope(current, work).await
}

/// Does a part of an invocation's work that has its own origin, such as one of several queue entries.
pub async fn continued<T>(trace: Option<&str>, work: impl Future<Output = T>) -> T {
    let trace = trace.and_then(Trace::read);
    let Ok(current) = CURRENT.try_with(Clone::clone) else {
        return work.await;
    };
    let is_sampled = match &trace {
        None => current.is_sampled,
        Some(_) => is_sampled(trace.as_ref(), &current.request_id, current.sample),
    };
    let current = Current {
        trace: trace.or_else(|| current.trace.clone()),
        is_sampled,
        about: Arc::default(),
        ..current
    };
    CURRENT.scope(current, work).await
}

/// Says whose the work is from now on, and which message it is about.
pub fn concerns(vendor: &VendorId, message: Option<&MessageId>) {
    let _ = CURRENT.try_with(|current| {
        let mut about = current.about.lock().unwrap_or_else(PoisonError::into_inner);
        about.vendor = Some(vendor.clone());
        about.message = message.cloned();
    });
}

/// The trace header for whoever goes on with the work.
pub(crate) fn trace_header() -> Option<String> {
    let header = |current: &Current| Some(current.trace.as_ref()?.header().to_owned());
    CURRENT.try_with(header).ok().flatten()
}

/// Whether a line that tells of a success is written.
pub fn tells_success() -> bool {
    CURRENT
        .try_with(|current| current.is_sampled)
        .unwrap_or(true)
}

/// Keeps what was counted for the invocation's end; `false` outside of one.
pub(super) fn gather(counted: &Counted) -> bool {
    let gather = |current: &Current| {
        let counted_yet = &current.gathered.counted;
        let mut kept = counted_yet.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(counted.clone());
        if kept.len() >= MOST_GATHERED {
            metrics::write(&kept, current.gathered.request_id.as_deref());
            kept.clear();
        }
    };
    CURRENT.try_with(gather).is_ok()
}

/// The invocation's id.
pub(super) fn request_id() -> Option<Arc<str>> {
    CURRENT
        .try_with(|current| Arc::clone(&current.request_id))
        .ok()
}

/// Writes what the line does not say itself.
pub(super) fn members(line: &mut String, (has_vendor, has_message): (bool, bool)) {
    let _ = CURRENT.try_with(|current| {
        json::member(line, "function", current.function);
        json::member(line, "requestId", &current.request_id);
        if let Some(trace) = &current.trace {
            json::member(line, "trace.id", trace.root());
        }
        let about = current.about.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(message) = about.message.as_ref().filter(|_| !has_message) {
            json::member(line, "message.id", message.as_str());
        }
        if let Some(vendor) = about.vendor.as_ref().filter(|_| !has_vendor) {
            json::member(line, "vendor.id", vendor.as_str());
        }
    });
}

/// The same for a trace in every function that it reaches, so that a message is told of everywhere or nowhere.
fn is_sampled(trace: Option<&Trace>, request_id: &str, sample: u64) -> bool {
    let of = trace.map_or(request_id, Trace::root);
    // FNV-1a: any even spread does.
    let mixed = of.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = mixed ^ (mixed >> 32);
    mixed.is_multiple_of(sample.max(1))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use serde_json::{Value, json};
    use tracing::Level;

    use super::*;
    use crate::telemetry::tests::lines;
    use crate::telemetry::{Metric, count, count_for};

    const TRACE: &str =
        "Root=1-65a1b2c3-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1";

    fn vendor() -> VendorId {
        VendorId::parse("vendor_001").unwrap()
    }

    /// Work that waits for nothing.
    fn ready<T>(work: impl Future<Output = T>) -> T {
        match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => panic!("it waits"),
        }
    }

    fn invocation(sample: u64) -> Invocation<'static> {
        Invocation {
            function: "sender",
            request_id: "request-1",
            trace: Some(TRACE),
            sample,
        }
    }

    fn told(invocation: Invocation<'_>, act: impl Fn()) -> Vec<Value> {
        lines(Level::INFO, || ready(invoked(invocation, async { act() })))
    }

    #[test]
    fn every_line_says_which_invocation_trace_and_message_it_is_of() {
        let message = MessageId::derived(&["one"]);
        let lines = told(invocation(1), || {
            concerns(&vendor(), Some(&message));
            tracing::warn!(attempts = 2, "a call failed");
            tracing::warn!(
                message.id = "msg_other",
                vendor.id = "vendor_002",
                "another"
            );
        });
        let first = json!({
            "level": "WARN", "message": "a call failed", "function": "sender", "requestId": "request-1",
            "trace.id": "1-65a1b2c3-0123456789abcdef01234567", "message.id": message.as_str(),
            "vendor.id": "vendor_001", "attempts": 2,
        });
        assert_eq!(lines[0], first);
        assert_eq!(
            (&lines[1]["message.id"], &lines[1]["vendor.id"]),
            (&json!("msg_other"), &json!("vendor_002"))
        );
    }

    #[test]
    fn what_is_counted_every_day_is_written_once_at_the_end_and_the_rest_at_once() {
        let lines = told(invocation(1), || {
            count(Metric::Received, &vendor());
            count(Metric::Enqueued, &vendor());
            count(Metric::SendUnknown, &vendor());
            count_for(Metric::Duplicate, "event", &vendor());
            count(Metric::Received, &vendor());
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(
            (&lines[0]["SendUnknown"], &lines[0]["requestId"]),
            (&json!(1), &json!("request-1"))
        );
        let at_the_end = ["Received", "Enqueued", "Duplicate"].map(|name| lines[1][name].as_u64());
        assert_eq!(at_the_end, [Some(2), Some(1), Some(1)]);
    }

    #[test]
    fn what_was_counted_is_written_though_the_work_is_dropped() {
        let lines = lines(Level::INFO, || {
            let work = async {
                count(Metric::Received, &vendor());
                std::future::pending::<()>().await;
            };
            let mut work = Box::pin(invoked(invocation(1), work));
            let polled = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        });
        assert_eq!(lines[0]["Received"], 1);
    }

    #[test]
    fn one_of_so_many_successes_is_told_and_every_trouble() {
        let mut successes = 0;
        for number in 0..1_000 {
            let request_id = format!("request-{number}");
            let invocation = Invocation {
                request_id: &request_id,
                trace: None,
                ..invocation(10)
            };
            let lines = told(invocation, || {
                tracing::info!(success = true, "done");
                tracing::info!(success = false, "not done");
                tracing::warn!("trouble");
            });
            assert!(lines.iter().all(|line| line["success"].is_null()));
            successes += lines.len() - 2;
        }
        assert!((60..140).contains(&successes), "{successes} of 1,000");
    }

    #[test]
    fn a_part_with_a_trace_of_its_own_is_sampled_by_it() {
        let lines = told(invocation(1), || {
            let other = "Root=1-00000000-000000000000000000000000";
            ready(continued(Some(other), async {
                tracing::warn!("its own");
            }));
            ready(continued(None, async {
                tracing::warn!("the invocation's");
            }));
        });
        let traces: Vec<_> = lines.iter().map(|line| line["trace.id"].as_str()).collect();
        let expected = [
            "1-00000000-000000000000000000000000",
            "1-65a1b2c3-0123456789abcdef01234567",
        ];
        assert_eq!(traces, expected.map(Some));
    }
}
