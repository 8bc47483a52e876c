use std::time::Duration;

use serde_json::{Map, Value};

use crate::compose;
use crate::content::Content;
use crate::engine::{Action, Answer};
use crate::limits;

/// The kinds of message that an engine may reply with, as `type` names them.
pub const REPLY_KINDS: [&str; 8] = [
    "text", "buttons", "list", "image", "document", "audio", "video", "location",
];

/// Reads the body of an answer. What is wrong is named part by part and never quoted; members that the contract does not know are left alone.
pub fn read(body: &[u8]) -> Result<Answer, String> {
    let Ok(whole) = serde_json::from_slice::<Value>(body) else {
        return Err("the body is not JSON in UTF-8, or nested too deep".to_owned());
    };
    let Some(members) = whole.as_object() else {
        return Err("the body is not an object".to_owned());
    };
    let mut reading = Reading {
        members,
        wrong: Vec::new(),
    };
    let answer = Answer {
        replies: reading.replies(),
        intent: reading.name("intent"),
        next_step: reading.name("nextStep"),
        requires_human: reading.flag("requiresHuman"),
        actions: reading.actions(),
        delay: reading.delay(),
        ..Answer::default()
    };
    if reading.wrong.is_empty() {
        Ok(answer)
    } else {
        Err(reading.wrong.join("; "))
    }
}

/// The members of an answer, and what was wrong with them so far. An absent member and a null one are the same.
struct Reading<'a> {
    members: &'a Map<String, Value>,
    wrong: Vec<String>,
}

impl<'a> Reading<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn wrong(&mut self, part: &str, detail: &str) {
        if self.wrong.len() < limits::WRONG_PARTS_NAMED {
            self.wrong.push(format!("{part}: {detail}"));
        }
    }

    fn flag(&mut self, name: &str) -> bool {
        let flag = self.get(name).map(Value::as_bool);
        if flag == Some(None) {
            self.wrong(name, "must be true or false");
        }
        flag.flatten().unwrap_or_default()
    }

    fn name(&mut self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        let read = value.as_str().filter(|text| is_name(text));
        if read.is_none() {
            self.wrong(name, NAME);
        }
        read.map(str::to_owned)
    }

    fn delay(&mut self) -> Duration {
        let Some(value) = self.get("delayMs") else {
            return Duration::ZERO;
        };
        let delay = value.as_u64().map(Duration::from_millis);
        let delay = delay.filter(|delay| *delay <= limits::ENGINE_DELAY);
        if delay.is_none() {
            let most = limits::ENGINE_DELAY.as_millis();
            self.wrong(
                "delayMs",
                &format!("must be a whole number from 0 to {most}"),
            );
        }
        delay.unwrap_or_default()
    }

    /// A list of at most so many; what is no list, or a longer one, has nothing in it.
    fn list(&mut self, name: &str, most: usize) -> &'a [Value] {
        let Some(value) = self.get(name) else {
            return &[];
        };
        let listed = value.as_array().filter(|listed| listed.len() <= most);
        if listed.is_none() {
            self.wrong(name, &format!("must be a list of at most {most}"));
        }
        listed.map_or(&[], Vec::as_slice)
    }

    fn replies(&mut self) -> Vec<Content> {
        let listed = self.list("replies", limits::REPLIES_PER_DECISION);
        let mut replies = Vec::with_capacity(listed.len());
        for (place, value) in listed.iter().enumerate() {
            match reply(value) {
                Ok(content) => replies.push(content),
                Err((field, detail)) => {
                    let dot = if field.is_empty() { "" } else { "." };
                    self.wrong(&format!("replies[{place}]{dot}{field}"), &detail);
                }
            }
        }
        replies
    }

    fn actions(&mut self) -> Vec<Action> {
        let listed = self.list("actions", limits::ENGINE_ACTIONS);
        let mut actions = Vec::with_capacity(listed.len());
        for (place, value) in listed.iter().enumerate() {
            match action(value) {
                Ok(action) => actions.push(action),
                Err((field, detail)) => self.wrong(&format!("actions[{place}]{field}"), detail),
            }
        }
        let bytes = serde_json::to_string(&actions).map_or(0, |text| text.len());
        if bytes > limits::ENGINE_ACTIONS_BYTES {
            let most = limits::ENGINE_ACTIONS_BYTES;
            self.wrong("actions", &format!("may have {most} bytes in all"));
        }
        actions
    }
}

/// One message to send, as the admin API has them, of a kind that engines reply with.
fn reply(value: &Value) -> Result<Content, (String, String)> {
    let wrong = |field: &str, detail: &str| Err((field.to_owned(), detail.to_owned()));
    let Some(members) = value.as_object() else {
        return wrong("", "must be an object");
    };
    let kind = members.get("type").and_then(Value::as_str);
    if !kind.is_some_and(|kind| REPLY_KINDS.contains(&kind)) {
        return wrong(
            "type",
            &format!("must be one of {}", REPLY_KINDS.join(", ")),
        );
    }
    let has = |name: &&str| members.get(*name).is_some_and(|it| !it.is_null());
    if let Some(other) = ["mentions", "message"].iter().find(|name| has(name)) {
        return wrong(other, "is not for engines");
    }
    if kind == Some("text") && !has(&"text") {
        return wrong("text", "is missing or empty");
    }
    // No kind that engines reply with holds a phone number, whose country would have to be known.
    compose::lenient(members, "").map_err(|refused| (refused.field, refused.detail))
}

fn action(value: &Value) -> Result<Action, (&'static str, &'static str)> {
    let members = value.as_object().ok_or(("", "must be an object"))?;
    let kind = members.get("type").and_then(Value::as_str);
    let kind = kind.filter(|kind| is_name(kind)).ok_or((".type", NAME))?;
    let data = match members.get("data") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(data)) => data.clone(),
        Some(_) => return Err((".data", "must be an object")),
    };
    if !data
        .values()
        .all(|value| is_within(value, limits::ENGINE_ACTION_DEPTH))
    {
        return Err((".data", "is nested too deep"));
    }
    let kind = kind.to_owned();
    Ok(Action { kind, data })
}

/// What an intent, a step or the type of an action must be.
pub const NAME: &str = "must have 1 to 64 characters of a-z, A-Z, 0-9, '_', '-', '.' and ':'";

/// Whether an intent, a step or the type of an action may be called so.
pub fn is_name(text: &str) -> bool {
    (1..=limits::ENGINE_NAME_BYTES).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte))
}

fn is_within(value: &Value, depth: usize) -> bool {
    let Some(left) = depth.checked_sub(1) else {
        return false;
    };
    match value {
        Value::Array(items) => items.iter().all(|item| is_within(item, left)),
        Value::Object(members) => members.values().all(|member| is_within(member, left)),
        _ => true,
    }
}
