//! What the functions tell: log lines as JSON, and metrics in CloudWatch's embedded format, on standard output.

mod catalogue;
mod invocation;
mod json;
mod lines;
mod metrics;
mod trace;

use std::io::Write;
use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::config::Config;

pub use self::catalogue::{MOST_VENDORS, Metric, Spec, Unit, combinations};
pub(crate) use self::invocation::trace_header;
pub use self::invocation::{Invocation, concerns, continued, invoked, tells_success};
pub use self::metrics::{
    NAMESPACE, add, add_for, count, count_alone, count_alone_for, count_for, gauge, timed, took,
};

/// The crates whose lines are ours: what they say is known to be free of secrets, texts and numbers.
pub const OURS: [&str; 11] = [
    "admin",
    "connection",
    "conversation",
    "domain",
    "flows",
    "messages",
    "platform",
    "providers",
    "sender",
    "status",
    "sweep",
];

/// Begins to write log lines as JSON to standard output, from the configured level upwards (`info` if it is none), and metrics.
///
/// Fields have dotted names (`vendor.id`, `message.id`); no line holds a secret, a text or a phone number.
pub fn init(config: &Config) {
    let level = Level::from_str(&config.log_level).unwrap_or(Level::INFO);
    metrics::choose_vendors(&config.vendor_metrics);
    let subscriber = subscriber(level, &config.stack, std::io::stdout);
    let started = tracing::subscriber::set_global_default(subscriber);
    debug_assert!(started.is_ok(), "telemetry is started once");
}

/// The subscriber that functions log with. Of other crates only errors pass, at every level: an SDK's debug lines hold whole requests.
pub fn subscriber<W: Write>(
    level: Level,
    stack: &str,
    writer: impl Fn() -> W + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    Lines {
        level,
        stack: stack.to_owned(),
        writer,
    }
}

/// Writes one line an event. It keeps no spans: what a line needs to know of its invocation is not of any crate below us.
struct Lines<F> {
    level: Level,
    stack: String,
    writer: F,
}

impl<F> Lines<F> {
    fn passes(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let of = target.split_once("::").map_or(target, |(of, _)| of);
        let least = if OURS.contains(&of) {
            self.level
        } else {
            Level::ERROR
        };
        metadata.is_event() && (target == metrics::TARGET || *metadata.level() <= least)
    }
}

impl<F, W> Subscriber for Lines<F>
where
    F: Fn() -> W + Send + Sync + 'static,
    W: Write,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.passes(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.passes(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Metrics are events of this level.
        Some(LevelFilter::from_level(self.level.max(Level::INFO)))
    }

    fn event(&self, event: &Event<'_>) {
        let line = if event.metadata().target() == metrics::TARGET {
            Some(lines::metric(event, &self.stack))
        } else {
            lines::line(event)
        };
        if let Some(line) = line {
            // There is nowhere to tell that nothing can be told.
            let _ = (self.writer)().write_all(line.as_bytes());
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The lines that are written while `act` runs, at a log level.
    pub(super) fn lines(level: Level, act: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = subscriber(level, "shop", move || writer.clone());
        tracing::subscriber::with_default(subscriber, act);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect()
    }

    #[test]
    fn a_line_has_its_level_its_message_and_its_fields() {
        let lines = lines(Level::INFO, || {
            let error = "no \"answer\"\nin time";
            tracing::warn!(vendor.id = "vendor_001", %error, attempts = 3, again = true, "a call failed");
            tracing::debug!("not at this level");
        });
        let expected = json!({
            "level": "WARN", "message": "a call failed", "vendor.id": "vendor_001",
            "error": "no \"answer\"\nin time", "attempts": 3, "again": true,
        });
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn of_other_crates_errors_alone_are_told() {
        let lines = lines(Level::TRACE, || {
            tracing::warn!(target: "hyper::client", "the whole request");
            tracing::error!(target: "hyper::client", "a connection broke");
            tracing::trace!(target: "sender::send", "ours");
        });
        let told: Vec<_> = lines.iter().map(|line| line["message"].as_str()).collect();
        assert_eq!(told, [Some("a connection broke"), Some("ours")]);
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        let lines = lines(Level::INFO, || {
            let long = "é\u{1}".repeat(2_000);
            tracing::error!(
                a = long,
                b = long,
                c = long,
                d = long,
                e = long,
                f = long,
                g = long,
                "much"
            );
        });
        let line = &lines[0];
        assert!(line.to_string().len() < 10_000);
        assert_eq!((line["cut"].is_string(), line["g"].is_null()), (true, true));
    }
}
