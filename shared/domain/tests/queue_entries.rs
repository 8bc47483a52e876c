//! The sample queue events in `events/sqs/` are what this build writes and reads; a deployed queue holds entries like them.

use std::fs;
use std::path::{Path, PathBuf};

use domain::entry::{Aside, InboundEntry, LaterEntry, LaterJob, OutboundEntry};
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

/// The groups of the same entries in the queue of the releases that gave each customer a group.
const OWN_GROUPS: [&str; 2] = [
    "bab136cd21832ae3b45ec03b8ef2b077222692dd65bd9d758bbce8bfb8bd4641",
    "833a421f9f8ac272d5df1e5bb4854c316451c5c7f48418d5bce955755ab8aa77",
];

#[test]
fn an_entry_that_is_set_aside_goes_behind_those_of_its_customer_that_older_releases_enqueued() {
    let entries = records("inbound.json");
    let entries = entries
        .iter()
        .map(|record| InboundEntry::from_body(body(record)));
    let groups: Vec<_> = entries.map(|entry| entry.unwrap().own_group_id()).collect();
    assert_eq!(groups, OWN_GROUPS);
}

/// What an entry that was set aside looks like; the release before reads it as the entry that it is.
const ASIDE: &str = r#"{"v":1,"aside":{"since":"2026-11-22T17:28:03Z","until":"2026-11-22T17:28:05Z"},"vendorId":"vendor_001","wabaId":"waba_vendor_001","receivedAt":"2026-11-22T17:28:02Z","message":{"keyId":"3EB0A00000000000000001","contact":{"phone":"+221700000001"},"content":{"kind":"text","text":"Bonjour"}}}"#;

#[test]
fn an_entry_that_was_set_aside_is_an_entry_of_this_version() {
    let entry = InboundEntry::from_body(ASIDE).unwrap();
    let aside = Aside::of(ASIDE).unwrap();
    assert_eq!(entry.to_body_aside(aside), ASIDE);
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

/// What the newest kinds of entries look like; the build after this one reads them too.
const CHANGES: [&str; 3] = [
    r#"{"v":1,"vendorId":"vendor_001","wabaId":"waba_vendor_001","receivedAt":"2026-11-22T10:30:00Z","change":{"target":"3EB0A00000000000000001","fromMe":false,"contact":{"phone":"+221700000001"},"alteration":{"edited":{"kind":"text","text":"Bonsoir"}},"occurredAt":"2026-11-22T10:00:00Z"}}"#,
    r#"{"v":1,"vendorId":"vendor_001","wabaId":"waba_vendor_001","receivedAt":"2026-11-22T10:30:00Z","change":{"target":"3EB0A00000000000000001","fromMe":true,"contact":{},"group":"120363000000000001","alteration":"deleted"}}"#,
    r#"{"v":1,"vendorId":"vendor_001","wabaId":"waba_vendor_001","receivedAt":"2026-11-22T10:30:00Z","message":{"keyId":"CALL1","msgId":4711,"contact":{"phone":"+221700000001"},"content":{"kind":"call","call":{"video":false,"group":false,"status":"offer"}}}}"#,
];

#[test]
fn changes_calls_and_numbers_are_entries_of_this_version() {
    for body in CHANGES {
        let entry = InboundEntry::from_body(body).unwrap();
        assert_eq!(entry.to_body(), body);
    }
    let edit = CHANGES[0].replace(r#""change":{"#, r#""change":{"waits":2,"#);
    let entry = LaterEntry::from_body(&edit).unwrap();
    let LaterJob::Change(waiting) = &entry.job else {
        panic!("{entry:?}")
    };
    assert_eq!(waiting.waits, 2);
    assert_eq!(LaterEntry::from_body(&entry.to_body()), Ok(entry));
}

/// What this release sends to `later` beside the samples.
const LATER: [(&str, &str); 3] = [
    (
        "actions",
        r#"{"v":1,"vendorId":"vendor_001","wabaId":"waba_vendor_001","receivedAt":"2026-11-22T17:28:03Z","actions":{"messageId":"msg_386d08d9f5f908ac8577fe52da63949a"}}"#,
    ),
    (
        "deadline",
        r#"{"v":1,"vendorId":"vendor_001","wabaId":"waba_vendor_001","receivedAt":"2026-11-22T17:28:03Z","deadline":{"messageId":"msg_386d08d9f5f908ac8577fe52da63949a"}}"#,
    ),
    (
        "release",
        r#"{"v":1,"vendorId":"vendor_001","wabaId":"waba_vendor_001","receivedAt":"2026-11-22T17:28:03Z","release":{"messageId":"msg_386d08d9f5f908ac8577fe52da63949a"}}"#,
    ),
];

#[test]
fn what_waits_is_an_entry_of_ids_alone() {
    for (kind, body) in LATER {
        let entry = LaterEntry::from_body(body).unwrap();
        assert_eq!((entry.to_body().as_str(), entry.job.as_str()), (body, kind));
        assert!(entry.job.message().is_some());
    }
}

#[test]
fn a_change_is_neither_its_message_nor_another_change() {
    let message = body(&records("inbound.json")[0]).to_owned();
    let message = InboundEntry::from_body(&message).unwrap();
    let changes = [CHANGES[0], CHANGES[1]].map(|body| InboundEntry::from_body(body).unwrap());
    assert_ne!(changes[0].dedup_id(), changes[1].dedup_id());
    for change in &changes {
        assert_ne!(change.message_id(), message.message_id());
        assert_ne!(
            change.message_id(),
            InboundEntry::from_body(CHANGES[2]).unwrap().message_id()
        );
    }
    let others = InboundEntry::from_body(CHANGES[2]).unwrap();
    assert_eq!(
        changes[0].group_id(),
        others.group_id(),
        "a change keeps its place among its contact's messages"
    );
}
