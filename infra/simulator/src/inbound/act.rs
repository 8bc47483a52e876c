//! What a customer does other than write, in the shapes of the published examples and in those that integrators saw.

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Inbound, Told, key};
use crate::contacts::user;
use crate::events::Stamp;
use crate::inner::Inner;
use crate::message::Message;
use crate::op::Op;
use crate::session::Session;

/// Something that a customer does with a message that is there, or a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Act {
    /// Changes the text of a message of the customer's own.
    Edit {
        /// That message's WhatsApp id.
        key_id: String,
        /// What it says now.
        text: String,
        #[serde(default)]
        variant: EditVariant,
    },
    /// Deletes a message of the customer's own for everyone.
    Delete {
        /// That message's WhatsApp id.
        key_id: String,
        #[serde(default)]
        variant: DeleteVariant,
    },
    /// Reacts to a message.
    Reaction {
        /// That message's WhatsApp id.
        key_id: String,
        /// Empty takes the reaction back.
        emoji: String,
        /// The message is the vendor's, not the customer's.
        #[serde(default)]
        of_vendor: bool,
        #[serde(default)]
        variant: ReactionVariant,
    },
    /// Votes in a poll that the vendor sent.
    Vote {
        /// The poll's WhatsApp id.
        key_id: String,
        /// What the customer chose; none takes the vote back.
        options: Vec<String>,
        #[serde(default)]
        variant: VoteVariant,
    },
    /// Calls the vendor.
    Call {
        #[serde(default)]
        video: bool,
        /// `offer` if absent.
        #[serde(default)]
        status: Option<String>,
    },
    /// Has got, or read, a message that the vendor sent to a group.
    Receipt {
        /// That message's WhatsApp id.
        key_id: String,
        #[serde(default)]
        read: bool,
        #[serde(default)]
        variant: ReceiptVariant,
    },
}

/// How an edit comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditVariant {
    /// `messages.update` with `update.message.editedMessage.message`: seen.
    #[default]
    Update,
    /// A message whose content is `protocolMessage`, as the answer to an edit through the API.
    Protocol,
    /// That, wrapped in `editedMessage`.
    Wrapped,
}

/// How a deletion comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeleteVariant {
    /// `messages.delete` with `{keys: [key]}`: published.
    #[default]
    Keys,
    /// `messages.delete` with `{key}`: seen.
    Key,
    /// A message whose content is `protocolMessage`.
    Protocol,
}

/// How a reaction comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReactionVariant {
    /// `messages.reaction` with a list: published.
    #[default]
    Array,
    /// `messages.reaction` with one object: seen.
    Object,
    /// A message whose content is `reactionMessage`.
    Message,
}

/// How the votes of a poll come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoteVariant {
    /// `poll.results` with the voters' JIDs: published.
    #[default]
    Results,
    /// With `…@c.us` and the poll's question: seen.
    Named,
    /// A message whose content is `pollUpdateMessage`, the choice encrypted: seen.
    Message,
}

/// How a receipt of a group's member comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptVariant {
    /// `{message: {key, receipt: {userJid, receiptTimestamp or readTimestamp}}}`: published.
    #[default]
    Message,
    /// A list of `{key, receipt: {userJid, status, t}}`: the official clients' types.
    Array,
}

impl Act {
    /// What the event of this act tells; a vote is counted first.
    pub(super) fn told(
        &self,
        inner: &mut Inner,
        session: &Session,
        inbound: &Inbound,
        own_id: &str,
        now: Timestamp,
    ) -> Result<Told> {
        Ok(match self {
            Self::Edit {
                key_id,
                text,
                variant,
            } => edit(inbound, key_id, text, *variant, now),
            Self::Delete { key_id, variant } => delete(inbound, key_id, *variant),
            Self::Reaction {
                key_id,
                emoji,
                of_vendor,
                variant,
            } => {
                let mut on = key::of(inbound, key_id);
                on["fromMe"] = json!(of_vendor);
                reaction(inbound, &on, emoji, own_id, *variant)
            }
            Self::Vote {
                key_id,
                options,
                variant,
            } => {
                let vote = Op::Vote {
                    session: session.number,
                    key_id: key_id.clone(),
                    voter: key::author(inbound),
                    options: options.clone(),
                };
                inner.apply(&vote, now)?;
                let poll = inner.state.message_with_key(session.number, key_id);
                results(inbound, poll.context("there is no such poll")?, *variant)
            }
            Self::Call { video, status } => call(inbound, own_id, *video, status.as_deref(), now),
            Self::Receipt {
                key_id,
                read,
                variant,
            } => receipt(inbound, key_id, *read, *variant, now),
        })
    }
}

/// An event with a name of its own, in milliseconds as the examples that name a session.
fn own(names: &'static [&'static str], data: Value) -> Told {
    Told::Data {
        names,
        data,
        stamp: Stamp::Milliseconds,
    }
}

fn as_message(inbound: &Inbound, message: Value) -> Told {
    Told::Message(Box::new(Inbound {
        text: String::new(),
        message: Some(message),
        ..inbound.clone()
    }))
}

fn edit(inbound: &Inbound, key_id: &str, text: &str, variant: EditVariant, now: Timestamp) -> Told {
    let (key, edited) = (key::of(inbound, key_id), json!({"conversation": text}));
    let protocol = json!({"protocolMessage": {
        "key": key,
        "type": 14,
        "timestampMs": now.as_millisecond(),
        "editedMessage": edited,
    }});
    match variant {
        EditVariant::Update => {
            let update = json!({"message": {"editedMessage": {"message": edited}}});
            own(&["messages.update"], json!({"key": key, "update": update}))
        }
        EditVariant::Protocol => as_message(inbound, protocol),
        EditVariant::Wrapped => {
            as_message(inbound, json!({"editedMessage": {"message": protocol}}))
        }
    }
}

fn delete(inbound: &Inbound, key_id: &str, variant: DeleteVariant) -> Told {
    let key = key::of(inbound, key_id);
    match variant {
        DeleteVariant::Keys => own(&["messages.delete"], json!({"keys": [key]})),
        DeleteVariant::Key => own(&["messages.delete"], json!({"key": key})),
        DeleteVariant::Protocol => {
            as_message(inbound, json!({"protocolMessage": {"key": key, "type": 0}}))
        }
    }
}

fn reaction(
    inbound: &Inbound,
    on: &Value,
    emoji: &str,
    own_id: &str,
    variant: ReactionVariant,
) -> Told {
    let item = json!({"key": on, "reaction": {"text": emoji, "key": key::of(inbound, own_id)}});
    match variant {
        ReactionVariant::Array => own(&["messages.reaction"], json!([item])),
        ReactionVariant::Object => own(&["messages.reaction"], item),
        ReactionVariant::Message => as_message(
            inbound,
            json!({"reactionMessage": {"key": on, "text": emoji}}),
        ),
    }
}

fn results(inbound: &Inbound, poll: &Message, variant: VoteVariant) -> Told {
    if variant == VoteVariant::Message {
        let vote = json!({"encPayload": "AAAA", "encIv": "AAAA"});
        let update = json!({"pollCreationMessageKey": poll.key(), "vote": vote});
        return as_message(inbound, json!({ "pollUpdateMessage": update }));
    }
    let options = poll.request.body["poll"]["options"].as_array();
    let named = variant == VoteVariant::Named;
    let voters = |option: &Value| -> Vec<String> {
        let votes = poll.votes.iter();
        let chose = votes.filter(|(_, chosen)| chosen.iter().any(|name| option == name));
        let shown = |jid: &String| match jid.split_once('@') {
            Some((phone, "s.whatsapp.net")) if named => format!("{phone}@c.us"),
            _ => jid.clone(),
        };
        chose.map(|(voter, _)| shown(voter)).collect()
    };
    let results = options.into_iter().flatten();
    let results = results.map(|option| json!({"name": option, "voters": voters(option)}));
    let mut data = json!({"key": poll.key(), "pollResult": results.collect::<Vec<_>>()});
    if named {
        data["pollMsg"] = poll.content.clone();
    }
    own(&["poll.results"], data)
}

fn call(
    inbound: &Inbound,
    own_id: &str,
    video: bool,
    status: Option<&str>,
    now: Timestamp,
) -> Told {
    let call = json!({
        "id": own_id,
        "from": key::author(inbound),
        "date": now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "isGroup": inbound.group.is_some(),
        "isVideo": video,
        "status": status.unwrap_or("offer"),
    });
    Told::Data {
        names: &["call", "call.received"],
        data: json!({"call": call}),
        stamp: Stamp::Seconds,
    }
}

fn receipt(
    inbound: &Inbound,
    key_id: &str,
    read: bool,
    variant: ReceiptVariant,
    now: Timestamp,
) -> Told {
    let member = key::author(inbound);
    let key = json!({
        "id": key_id,
        "fromMe": true,
        "remoteJid": key::chat(inbound),
        "participant": member,
    });
    let at = now.as_second();
    let data = match variant {
        ReceiptVariant::Message => {
            let when = if read {
                "readTimestamp"
            } else {
                "receiptTimestamp"
            };
            json!({"message": {"key": key, "receipt": {"userJid": member, when: at}}})
        }
        ReceiptVariant::Array => {
            let status = if read { "read" } else { "delivered" };
            let user = user(&member);
            json!([{"key": key, "receipt": {"userJid": format!("{user}@s.whatsapp.net"), "status": status, "t": at}}])
        }
    };
    own(&["message-receipt.update"], data)
}
