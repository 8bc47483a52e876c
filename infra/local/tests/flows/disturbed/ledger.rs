//! What the gateway knows in the end and what has left, without what differs between two runs of the same story: times, random ids, and
//! how often something had to be tried.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::world::World;

const OPEN_SEND: &str = "a send that waits for its echo";

#[derive(Debug)]
pub(super) struct Ledger {
    /// Each message under what names it: whose it is and its id, or its text if the id is random.
    messages: BTreeMap<String, Value>,
    conversations: BTreeMap<String, Value>,
    lanes: BTreeMap<String, Value>,
    /// What each recipient got from each session, in order.
    sends: BTreeMap<String, Vec<String>>,
    /// What is neither done nor given up, each with its place.
    loose_ends: BTreeSet<String>,
}

impl Ledger {
    pub(super) async fn of(world: &World) -> Self {
        let stored = world.stored().await;
        let rows = |table: &str| stored[table].as_array().into_iter().flatten().map(plain);
        let mut ledger = Self {
            messages: BTreeMap::new(),
            conversations: BTreeMap::new(),
            lanes: BTreeMap::new(),
            sends: sends(world),
            loose_ends: waiting(&stored),
        };
        for row in rows("messages") {
            match row["sk"].as_str() {
                Some("message") => ledger.message(&row),
                Some("reference") if row.get("messageId").is_none() => {
                    ledger
                        .loose_ends
                        .insert(format!("an id without a message: {}", row["pk"]));
                }
                _ => {}
            }
        }
        for row in rows("conversations") {
            let (pk, sk) = (text(&row["pk"]), text(&row["sk"]));
            if sk.starts_with("open#") {
                ledger.loose_ends.insert(format!("{OPEN_SEND}: {pk}"));
            } else {
                ledger
                    .conversations
                    .insert(format!("{pk} {sk}"), lasting(&row));
            }
        }
        for row in rows("lanes") {
            let kept =
                ["state", "listed", "doubts"].map(|name| (name.to_owned(), row[name].clone()));
            let name = format!("{} {}", text(&row["pk"]), text(&row["sk"]));
            ledger
                .lanes
                .insert(name, Value::Object(Map::from_iter(kept)));
        }
        ledger
    }

    fn message(&mut self, row: &Value) {
        // A staff message has a random id, and two of them may say the same.
        let name = match row["origin"].as_str() {
            Some("staff") => {
                let name = format!(
                    "{} staff {} {}",
                    row["vendorId"], row["contact"], row["content"]
                );
                let twin = self.messages.contains_key(&name);
                if twin { format!("{name} again") } else { name }
            }
            _ => text(&row["pk"]),
        };
        let mut kept = lasting(row);
        for id in ["keyId", "msgId"] {
            if row["direction"] == "outbound" {
                kept[id] = json!(row.get(id).is_some());
            }
        }
        self.messages.insert(name, kept);
    }

    pub(super) fn without_open_sends(mut self) -> Self {
        self.loose_ends.retain(|end| !end.starts_with(OPEN_SEND));
        self
    }

    /// Compares with the clean run, part by part.
    #[track_caller]
    pub(super) fn is(&self, clean: &Self) {
        same(&self.messages, &clean.messages);
        self.is_around(clean);
    }

    #[track_caller]
    pub(super) fn is_but_for_delivery(&self, clean: &Self) {
        let without = |messages: &BTreeMap<String, Value>| {
            let mut messages = messages.clone();
            for message in messages.values_mut() {
                message["delivery"] = Value::Null;
            }
            messages
        };
        same(&without(&self.messages), &without(&clean.messages));
        self.is_around(clean);
    }

    #[track_caller]
    fn is_around(&self, clean: &Self) {
        same(&self.conversations, &clean.conversations);
        same(&self.lanes, &clean.lanes);
        assert_eq!(self.sends, clean.sends);
        assert_eq!(self.loose_ends, clean.loose_ends);
    }

    /// The clean run itself: everything was answered, delivered and read, and nothing is left over.
    #[track_caller]
    pub(super) fn is_whole(&self) {
        assert_eq!(self.loose_ends, BTreeSet::new());
        assert!(
            self.deliveries().iter().all(|delivery| *delivery == 4),
            "{self:#?}"
        );
        let sent: usize = self.sends.values().map(Vec::len).sum();
        assert_eq!(sent, self.deliveries().len(), "{self:#?}");
    }

    /// How far each message that left is known to have come, in the order of their names.
    pub(super) fn deliveries(&self) -> Vec<u64> {
        let outbound = self
            .messages
            .values()
            .filter(|message| message["direction"] == "outbound");
        outbound
            .map(|message| message["delivery"].as_u64().unwrap_or_default())
            .collect()
    }
}

/// Tells what differs, and nothing else.
#[track_caller]
fn same(disturbed: &BTreeMap<String, Value>, clean: &BTreeMap<String, Value>) {
    let mut differ = Vec::new();
    let names: BTreeSet<_> = disturbed.keys().chain(clean.keys()).collect();
    for name in names {
        match (disturbed.get(name), clean.get(name)) {
            (Some(disturbed), Some(clean)) if disturbed != clean => {
                let fields = [disturbed, clean].map(|row| row.as_object().into_iter().flatten());
                let names: BTreeSet<_> =
                    fields.into_iter().flatten().map(|(name, _)| name).collect();
                let fields = names
                    .into_iter()
                    .filter(|field| disturbed.get(field) != clean.get(field));
                let told = |field: &String| {
                    format!(
                        "{field}: {:?}, not {:?}",
                        disturbed.get(field),
                        clean.get(field)
                    )
                };
                differ.push(format!(
                    "{name}: {:?}",
                    fields.map(told).collect::<Vec<_>>()
                ));
            }
            (None, Some(row)) => differ.push(format!("{name} is missing: {row}")),
            (Some(row), None) => differ.push(format!("{name} is too much: {row}")),
            _ => {}
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

/// What left, in each conversation in its order.
fn sends(world: &World) -> BTreeMap<String, Vec<String>> {
    let mut sends: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for send in world.simulator().sends() {
        let said = format!("{}: {}", send.kind, send.text.unwrap_or_default());
        sends
            .entry(format!("{} to {}", send.session, send.to))
            .or_default()
            .push(said);
    }
    sends
}

/// What is still in a queue.
fn waiting(stored: &Value) -> BTreeSet<String> {
    let queues = stored.as_object().into_iter().flatten();
    let queues = queues.filter(|(name, _)| name.starts_with("local-"));
    let entries = queues.flat_map(|(name, bodies)| {
        let bodies = bodies.as_array().into_iter().flatten();
        bodies.map(move |body| format!("{name}: {}", text(body)))
    });
    entries.collect()
}

/// An item of DynamoDB as plain JSON, with what it holds as JSON text opened.
fn plain(item: &Value) -> Value {
    let attributes = item.as_object().into_iter().flatten();
    let attributes = attributes.map(|(name, typed)| {
        let (kind, value) = typed
            .as_object()
            .and_then(|typed| typed.iter().next())
            .unzip();
        let value = value.cloned().unwrap_or_default();
        let parsed = value
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok());
        let is_number = kind.is_some_and(|kind| kind == "N");
        let opened = parsed.filter(|parsed: &Value| is_number || parsed.is_object());
        (name.clone(), opened.unwrap_or(value))
    });
    Value::Object(attributes.collect())
}

/// Without times and without the bookkeeping of tries and leases.
fn lasting(row: &Value) -> Value {
    const PASSING: [&str; 9] = [
        "claim",
        "dueShard",
        "generation",
        "keyId",
        "listKey",
        "msgId",
        "revision",
        // It means nothing once the message has left.
        "undispatched",
        "version",
    ];
    let Value::Object(row) = row else {
        return row.clone();
    };
    let lasts =
        |name: &str| !(name.ends_with("At") || name.ends_with("Until") || PASSING.contains(&name));
    let kept = row.iter().filter(|(name, _)| lasts(name));
    let kept = kept.map(|(name, value)| (name.clone(), lasting(value)));
    let mut kept = Value::Object(kept.collect());
    if row.get("origin").is_some_and(|origin| origin == "staff") {
        kept["pk"] = Value::Null;
    }
    kept
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
