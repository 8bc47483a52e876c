use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::baileys;
use crate::contacts::Contact;
use crate::events::{Event, Stamp};
use crate::fault::FaultKind;
use crate::groups::Group;
use crate::hub::{Hub, Posted};
use crate::inbound_media::{self, InboundMedia};
use crate::inner::Inner;
use crate::op::Op;
use crate::session::Session;

mod act;
mod key;

pub use act::{Act, DeleteVariant, EditVariant, ReactionVariant, ReceiptVariant, VoteVariant};

/// A message that comes in over a vendor's number. Only the vendor, a sender and some content are needed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Inbound {
    /// Whose session gets it.
    pub vendor_id: String,
    /// That session's label, for a vendor with several.
    pub instance: Option<String>,
    /// The customer's number. It may be empty for a customer who is known by a LID only.
    pub from: String,
    /// What the customer writes.
    pub text: String,
    /// The customer's name on WhatsApp.
    pub name: Option<String>,
    /// The digits of the customer's LID: the message is then addressed by it.
    pub lid: Option<String>,
    /// Leaves the number out of the event; `pn-from-lid` still knows it.
    pub hide_phone: bool,
    /// The digits of a group that the customer writes in.
    pub group: Option<String>,
    /// Another chat that it comes in, as a JID: `status@broadcast`, or a channel's.
    pub chat: Option<String>,
    /// The vendor typed it on the phone; `from` is then the recipient.
    pub from_me: bool,
    /// The WhatsApp id, to send one again.
    pub key_id: Option<String>,
    /// The event's name; otherwise the first that the session subscribed to.
    pub event: Option<String>,
    /// How the message lies in the event; otherwise as documented for the event's name.
    pub shape: Option<Shape>,
    /// A file, with `text` as its caption.
    pub media: Option<InboundMedia>,
    /// A WhatsApp message object in place of a plain text, for any other kind.
    pub message: Option<Value>,
    /// What the customer does other than write.
    pub act: Option<Act>,
}

/// The forms in which integrators found messages in events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `data.messages` is the message: documented for `*.received`.
    Object,
    /// `data.messages` is a list: documented for `messages.upsert`.
    Array,
    /// `data` is the message: the older form.
    Flat,
}

/// What the gateway made of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InboundAnswer {
    /// The message's WhatsApp id.
    pub key_id: String,
    /// The gateway's last HTTP status; `None` if it could not be reached or no webhook left.
    pub status: Option<u16>,
    /// The gateway's answer.
    pub body: Value,
}

impl Hub {
    /// A message comes in; waits for the gateway's answer.
    pub(crate) async fn receive(&self, inbound: Inbound) -> Result<InboundAnswer> {
        let (key_id, posted) = self
            .change_and_wait(|inner, now| receive(inner, inbound, (&self.url, now)))
            .await?;
        let Posted { status, body } = posted.unwrap_or_default();
        Ok(InboundAnswer {
            key_id,
            status,
            body,
        })
    }
}

fn receive(
    inner: &mut Inner,
    mut inbound: Inbound,
    (base_url, now): (&str, Timestamp),
) -> Result<(String, Vec<u64>)> {
    ensure!(
        !inbound.from.is_empty() || inbound.lid.is_some(),
        "a message needs a sender: `from`, `lid` or both"
    );
    ensure!(
        !inbound.text.is_empty()
            || inbound.message.is_some()
            || inbound.media.is_some()
            || inbound.act.is_some(),
        "a message needs a content: `text`, `media`, `message` or `act`"
    );
    if let Some(media) = inbound.media.take() {
        let told = inbound_media::message(inner, &media, &inbound.text, (base_url, now))?;
        inbound.message = Some(told);
    }
    let inbound = &inbound;
    let session = recipient(inner, inbound)
        .context("this vendor has no such session")?
        .clone();
    let fresh = || baileys::received_id(inner.state.outbox.last_serial(), now);
    let key_id = inbound.key_id.clone().unwrap_or_else(fresh);
    let both = inner
        .faults
        .for_session(FaultKind::BothEventNames, &session);
    meet(inner, inbound, now)?;
    if session.cuts(&key::chat(inbound)) {
        return Ok((key_id, Vec::new()));
    }
    let told = match &inbound.act {
        Some(act) => act.told(inner, &session, inbound, &key_id, now)?,
        None => Told::Message(Box::new(inbound.clone())),
    };
    let names = told.event_names(&session, inbound, both);
    let events = names
        .into_iter()
        .map(|name| told.event(name, &key_id, now))
        .collect();
    let serials = inner.queue(&session, events, now)?;
    Ok((key_id, serials))
}

fn recipient<'a>(inner: &'a Inner, inbound: &Inbound) -> Option<&'a Session> {
    let is_meant = |session: &&Session| {
        session.vendor_id.as_deref() == Some(&inbound.vendor_id)
            && inbound
                .instance
                .as_ref()
                .is_none_or(|instance| *instance == session.label)
    };
    inner.state.sessions().find(is_meant)
}

/// Remembers who writes: the number behind a LID, the member of a group.
fn meet(inner: &mut Inner, inbound: &Inbound, now: Timestamp) -> Result<()> {
    if inbound.from.is_empty() {
        return Ok(());
    }
    if let Some(lid) = &inbound.lid {
        let contact = Contact {
            phone: inbound.from.clone(),
            lid: Some(lid.clone()),
            ..Contact::default()
        };
        inner.apply(&Op::Learn { contact }, now)?;
    }
    if let Some(group) = &inbound.group
        && !inner.state.groups.has(group, &inbound.from)
    {
        let group = Group {
            group: group.clone(),
            subject: String::new(),
            participants: vec![inbound.from.clone()],
        };
        inner.apply(&Op::LearnGroup { group }, now)?;
    }
    Ok(())
}

/// What an event tells.
enum Told {
    /// A message, under one of the names that messages come under.
    Message(Box<Inbound>),
    /// Something that has event names of its own.
    Data {
        names: &'static [&'static str],
        data: Value,
        stamp: Stamp,
    },
}

impl Told {
    /// An event that was asked for by name leaves without subscription; none leaves if webhooks are off.
    fn event_names(&self, session: &Session, inbound: &Inbound, both: bool) -> Vec<String> {
        let (candidates, other) = match self {
            Self::Message(message) => (names_of(message), "messages.upsert"),
            Self::Data { names, .. } => (names.to_vec(), *names.last().unwrap_or(&"")),
        };
        let asked = inbound.event.clone();
        let asked = asked.filter(|_| session.in_force().webhook_enabled);
        let subscribed = || {
            let mut candidates = candidates.iter();
            candidates
                .find(|name| session.wants(name))
                .map(|name| (*name).to_owned())
        };
        let mut names: Vec<_> = asked.or_else(subscribed).into_iter().collect();
        if both && names.first().is_some_and(|name| name != other) {
            names.push(other.to_owned());
        }
        names
    }

    fn event(&self, name: String, key_id: &str, now: Timestamp) -> Event {
        match self {
            Self::Message(message) => event(message, name, key_id, now),
            Self::Data { data, stamp, .. } => Event {
                name,
                data: data.clone(),
                stamp: *stamp,
                key_id: Some(key_id.to_owned()),
                after: Duration::ZERO,
            },
        }
    }
}

/// The names that a message may come under, the likeliest first.
fn names_of(inbound: &Inbound) -> Vec<&'static str> {
    if inbound.from_me {
        return vec!["messages.upsert"];
    }
    let chat = key::chat(inbound);
    let narrow = match chat.split_once('@') {
        Some((_, "g.us")) => "messages-group.received",
        Some((_, "newsletter")) => "messages-newsletter.received",
        _ => "messages-personal.received",
    };
    vec!["messages.received", narrow, "messages.upsert"]
}

fn event(inbound: &Inbound, name: String, key_id: &str, now: Timestamp) -> Event {
    let documented = if name == "messages.upsert" {
        Shape::Array
    } else {
        Shape::Object
    };
    let element = element(inbound, key_id, now);
    let data = match inbound.shape.unwrap_or(documented) {
        Shape::Object => json!({"messages": element}),
        Shape::Array => json!({"messages": [element]}),
        Shape::Flat => element,
    };
    Event {
        name,
        data,
        stamp: Stamp::Seconds,
        key_id: Some(key_id.to_owned()),
        after: Duration::ZERO,
    }
}

fn element(inbound: &Inbound, key_id: &str, now: Timestamp) -> Value {
    let mut element = json!({
        "key": key::of(inbound, key_id),
        "messageBody": inbound.text,
        "message": inbound.message.clone().unwrap_or_else(|| json!({"conversation": inbound.text})),
        "messageTimestamp": now.as_second(),
        "broadcast": false,
    });
    if let Some(name) = &inbound.name {
        element["pushName"] = json!(name);
    }
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbound() -> Inbound {
        Inbound {
            vendor_id: "vendor_001".to_owned(),
            from: "+221700000001".to_owned(),
            text: "Bonjour".to_owned(),
            ..Inbound::default()
        }
    }

    #[test]
    fn a_plain_message_has_the_documented_shape() {
        let inbound = Inbound {
            name: Some("Awa".to_owned()),
            ..inbound()
        };
        let event = event(
            &inbound,
            "messages.received".to_owned(),
            "3A1",
            Timestamp::from_second(1_800_000_000).expect("a time"),
        );
        let expected = json!({"messages": {
            "key": {
                "id": "3A1",
                "fromMe": false,
                "remoteJid": "221700000001@s.whatsapp.net",
                "addressingMode": "pn",
                "senderPn": "221700000001@s.whatsapp.net",
                "cleanedSenderPn": "221700000001",
            },
            "messageBody": "Bonjour",
            "message": {"conversation": "Bonjour"},
            "messageTimestamp": 1_800_000_000,
            "broadcast": false,
            "pushName": "Awa",
        }});
        assert_eq!(event.data, expected);
    }

    #[test]
    fn every_known_shape_can_be_asked_for() {
        let data = |shape| {
            event(
                &Inbound { shape, ..inbound() },
                "messages.upsert".to_owned(),
                "3A1",
                Timestamp::UNIX_EPOCH,
            )
            .data
        };
        assert!(data(None)["messages"].is_array());
        assert!(data(Some(Shape::Object))["messages"].is_object());
        assert_eq!(data(Some(Shape::Flat))["key"]["id"], "3A1");
    }
}
