use std::fmt::{self, Write as _};

use tracing::Event;
use tracing::field::{Field, Visit};

use super::{invocation, json};
use crate::clock::Clock;

/// Bytes of a field's text that are written; what an error says is longer at most by what it quotes.
const FIELD_BYTES: usize = 1_000;
/// Bytes after which a line takes no more fields.
const LINE_BYTES: usize = 8_000;

/// A log line: level, message, what is known of the invocation, and the event's fields in their order. Of the events that tell of a success
/// (by the field `success`, which is not written) only those of sampled invocations are lines.
pub(super) fn line(event: &Event<'_>) -> Option<String> {
    let mut fields = Fields::default();
    event.record(&mut fields);
    if fields.is_success && !invocation::tells_success() {
        return None;
    }
    let mut line = String::with_capacity(512);
    line.push('{');
    json::member(&mut line, "level", event.metadata().level().as_str());
    json::member(&mut line, "message", &fields.message);
    invocation::members(&mut line, fields.names);
    line.push_str(&fields.others);
    if fields.is_cut {
        json::member(&mut line, "cut", "the line was too long");
    }
    line.pop();
    line.push_str("}\n");
    Some(line)
}

/// A metric's line, which CloudWatch's embedded metric format wants to be a JSON object and nothing else.
pub(super) fn metric(event: &Event<'_>, stack: &str) -> String {
    let mut parts = Parts::default();
    event.record(&mut parts);
    let at = Clock::system().now().as_millisecond();
    let Parts {
        directives,
        members,
    } = parts;
    let mut line = String::with_capacity(512);
    let _ = write!(
        line,
        r#"{{"_aws":{{"Timestamp":{at},"CloudWatchMetrics":[{directives}]}},"#
    );
    json::member(&mut line, "stack", stack);
    line.push_str(&members);
    line.push_str("}\n");
    line
}

#[derive(Default)]
struct Fields {
    message: String,
    others: String,
    is_cut: bool,
    is_success: bool,
    /// Whether the event names its vendor, and its message.
    names: (bool, bool),
}

impl Fields {
    fn add(&mut self, field: &Field, text: &str) {
        let text = &text[..text.floor_char_boundary(FIELD_BYTES)];
        self.names.0 |= field.name() == "vendor.id";
        self.names.1 |= field.name() == "message.id";
        if field.name() == "message" {
            text.clone_into(&mut self.message);
        } else if self.others.len() + text.len() > LINE_BYTES {
            self.is_cut = true;
        } else {
            json::member(&mut self.others, field.name(), text);
        }
    }

    /// Writes what is JSON as it stands.
    fn bare(&mut self, field: &Field, value: impl fmt::Display) {
        let _ = write!(self.others, r#""{}":{value},"#, field.name());
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.bare(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.bare(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "success" {
            self.is_success = value;
        } else {
            self.bare(field, value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, &format!("{value:?}"));
    }
}

#[derive(Default)]
struct Parts {
    directives: String,
    members: String,
}

impl Visit for Parts {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "directives" => value.clone_into(&mut self.directives),
            "members" => value.clone_into(&mut self.members),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
