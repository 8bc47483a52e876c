//! The sample queue events in `events/sqs/` are what this build writes and reads; a deployed queue holds entries like them.

use std::fs;
use std::path::{Path, PathBuf};

use domain::entry::{InboundEntry, LaterEntry, OutboundEntry};
use serde_json::Value;

fn records(name: &str) -> Vec<Value> {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../events/sqs")
        .join(name);
    let event: Value = serde_json::from_slice(&fs::read(&file).expect("a file")).expect("JSON");
    event["Records"].as_array().expect("records").clone()
}

fn body(record: &Value) -> &str {
    record["body"].as_str().expect("a body")
}

fn ids(record: &Value) -> [&str; 2] {
    ["MessageGroupId", "MessageDeduplicationId"]
        .map(|name| record["attributes"][name].as_str().expect("an id"))
}

#[test]
fn inbound_samples_are_entries_of_this_version() {
    for record in records("inbound.json") {
        let entry = InboundEntry::from_body(body(&record)).unwrap();
        assert_eq!(entry.to_body(), body(&record));
        assert_eq!(ids(&record), [&entry.group_id(), &entry.dedup_id()]);
    }
}

#[test]
fn outbound_samples_are_entries_of_this_version_and_hold_ids_alone() {
    for record in records("outbound.json") {
        let entry = OutboundEntry::from_body(body(&record)).unwrap();
        assert_eq!(entry.to_body(), body(&record));
        assert_eq!(ids(&record), [&entry.group_id(), &entry.dedup_id()]);
        assert!(!body(&record).contains("+221") && !body(&record).contains("text"));
    }
}

#[test]
fn later_samples_are_entries_of_this_version() {
    for record in records("later.json") {
        let entry = LaterEntry::from_body(body(&record)).unwrap();
        assert_eq!(entry.to_body(), body(&record));
    }
}
