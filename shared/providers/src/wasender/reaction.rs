use domain::{Element, Fingerprint, ProviderMessageId, ProviderRef};
use jiff::Timestamp;

use super::content::{self, Said};
use super::key;
use super::message::{Utterance, echo, ignored, inbound, writer};
use crate::json::Json;
use crate::moment;

/// Reads one item of `messages.reaction`: `{key, reaction:{text, key}}`. The outer key is of the message reacted to, the inner of
/// the reaction itself, which is a message like any other (it may also come by `messages.upsert`, under the same id).
pub(super) fn read(item: &Json<'_>, received_at: Timestamp) -> Element {
    let reaction = item.at("reaction");
    if !reaction.is_object() {
        return Element::NotUnderstood("reaction");
    }
    // Without a key of its own, the reaction is by the other side of the chat.
    let own = if reaction.at("key").is_object() {
        reaction
    } else {
        item
    };
    let chat = key::chat(own);
    if let Some(ignored) = ignored(&chat) {
        return ignored;
    }
    let said = Said {
        content: content::reaction(reaction, item.at("key")),
        reply_to: None,
    };
    let occurred_at = moment::read(reaction.at("senderTimestampMs"), received_at);
    let utterance = Utterance {
        chat,
        said,
        occurred_at,
    };
    let key_id = key::message_id(reaction.at("key").at("id"));
    if reaction.at("key").at("fromMe").is_true() {
        return echo(
            own,
            ProviderRef {
                key_id,
                msg_id: None,
            },
            utterance,
        );
    }
    let key_id = key_id.or_else(|| derived_id(item, own));
    inbound(own, key_id, utterance)
}

/// The id of a reaction that came without one: the same for the same emoji by the same person on the same message at the same time.
fn derived_id(item: &Json<'_>, own: &Json<'_>) -> Option<ProviderMessageId> {
    let reaction = item.at("reaction");
    let (author, _) = writer(own, key::chat(own));
    let author = author.identities().next()?.key();
    let on = key::id(item)?;
    let emoji = reaction.at("text").word().unwrap_or_default();
    let at = reaction
        .at("senderTimestampMs")
        .integer()
        .unwrap_or_default()
        .to_string();
    let hash = Fingerprint::of(&["reaction", on.as_str(), &author, emoji, &at]).short();
    ProviderMessageId::parse(&format!("derived-{hash}"))
}
