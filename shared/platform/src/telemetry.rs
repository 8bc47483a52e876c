mod metrics;

use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use self::metrics::Metrics;
use crate::config::Config;

pub use self::metrics::{count, count_alone, count_for, timed};

/// The crates whose lines are ours: what they say is known to be free of secrets, texts and numbers.
const OURS: [&str; 11] = [
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
    let subscriber = subscriber(level, &config.stack, std::io::stdout);
    let started = tracing::subscriber::set_global_default(subscriber);
    debug_assert!(started.is_ok(), "telemetry is started once");
}

/// The subscriber that functions log with. Of other crates only errors pass, at every level: an SDK's debug lines hold whole requests.
pub fn subscriber<W>(level: Level, stack: &str, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .without_time()
        .with_writer(writer.clone())
        .with_filter(filter(level));
    let stack = stack.to_owned();
    let metrics = tracing_subscriber::fmt::layer()
        .event_format(Metrics { stack })
        .with_writer(writer)
        .with_filter(Targets::new().with_target(metrics::TARGET, LevelFilter::INFO));
    tracing_subscriber::registry().with(lines).with(metrics)
}

/// Which lines pass.
pub fn filter(level: Level) -> Targets {
    let level = LevelFilter::from_level(level);
    Targets::new()
        .with_default(LevelFilter::ERROR)
        .with_targets(OURS.map(|target| (target, level)))
}
