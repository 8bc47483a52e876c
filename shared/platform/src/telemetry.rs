use std::str::FromStr;

use tracing::Level;

/// Begins to write log lines as JSON to standard output, from `level` upwards (`info` if it is none).
///
/// Fields have dotted names (`vendor.id`, `message.id`); no line holds a secret, a text or a phone number.
pub fn init(level: &str) {
    let level = Level::from_str(level).unwrap_or(Level::INFO);
    let lines = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false);
    // Lambda stamps every line itself.
    let started = lines.with_max_level(level).without_time().try_init();
    debug_assert!(started.is_ok(), "telemetry is started once");
}
