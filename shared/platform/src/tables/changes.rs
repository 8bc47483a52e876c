//! Edits and deletions of messages that the ledger has, in either direction.

use domain::entry;
use domain::{Alteration, Changeable, Content, Effect, GroupId, MessageChange, MessageId};
use domain::{ProviderRef, VendorId, WabaId};
use jiff::Timestamp;

use super::Tables;
use super::item::{Change, Item, Reader, json, ms, s};
use super::outbound_item::message_key;
use crate::error::AwsError;

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The message is as the change says.
    Applied,
    /// It was so before, or it is not theirs to change.
    Nothing,
    /// The message is not there, or not decided about yet.
    NotThere,
}

/// What was changed of a message, as lists show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub edited_at: Option<Timestamp>,
    /// What it said before the first edit.
    pub first_text: Option<String>,
    pub deleted_at: Option<Timestamp>,
}

/// How often a change is decided anew because the message changed meanwhile.
const TRIES: usize = 4;

impl Tables {
    /// Applies a change to the message that it names.
    pub async fn change_message(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        change: &MessageChange,
        received_at: Timestamp,
    ) -> Result<Changed, AwsError> {
        for _ in 0..TRIES {
            let Some((id, item)) = self.target((vendor, waba), change).await? else {
                return Ok(Changed::NotThere);
            };
            let Some(before) = read(&item)? else {
                return Ok(Changed::NotThere);
            };
            let content = Reader::new(&item, "reading a message to change").text("content")?;
            let write = Change::of(&self.names.messages, message_key(vendor, &id));
            let write = match change.effect(&before, received_at) {
                Effect::Nothing => return Ok(Changed::Nothing),
                Effect::Refused => {
                    tracing::warn!(vendor.id = %vendor, message.id = %id, "a message was not theirs to change");
                    return Ok(Changed::Nothing);
                }
                Effect::Edit(edited, at) => write
                    .keep_first("firstContent", "content")
                    .set("content", json(&*edited))
                    .set("editedAt", ms(at))
                    .when("#content = :before")
                    .bind("before", s(content)),
                Effect::Delete(at) => write
                    .set("deletedAt", ms(at))
                    .when("attribute_exists(pk) AND attribute_not_exists(#deletedAt)"),
            };
            let changed = self.commit("changing a message", vec![write.transact()]);
            if changed.await?.is_done() {
                return Ok(Changed::Applied);
            }
        }
        Err(AwsError::contended("changing a message"))
    }

    /// The message that a change names: one of the vendor's for a change by the vendor, else one that came in.
    async fn target(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        change: &MessageChange,
    ) -> Result<Option<(MessageId, Item)>, AwsError> {
        if change.from_me {
            let reference = ProviderRef {
                key_id: Some(change.target.clone()),
                msg_id: None,
            };
            if let Some(id) = self.known(vendor, waba, &reference).await? {
                return self.named(vendor, id).await;
            }
            if change.alteration != Alteration::Deleted {
                return Ok(None);
            }
        }
        let id = entry::inbound_id(vendor, waba, change.target.as_str());
        self.named(vendor, id).await
    }

    async fn named(
        &self,
        vendor: &VendorId,
        id: MessageId,
    ) -> Result<Option<(MessageId, Item)>, AwsError> {
        let key = message_key(vendor, &id);
        let item = self
            .get("reading a message to change", &self.names.messages, key)
            .await?;
        Ok(item.map(|item| (id, item)))
    }
}

/// `None` for a message that came in and is not decided: its claim would write over the change.
fn read(item: &Item) -> Result<Option<Changeable>, AwsError> {
    let from = Reader::new(item, "reading a message to change");
    let is_outbound = from.text("direction")? == "outbound";
    if !is_outbound && from.text_opt("state") != Some("decided") {
        return Ok(None);
    }
    Ok(Some(Changeable {
        is_outbound,
        contact: from.json("contact")?,
        group: from
            .text_opt("groupId")
            .or_else(|| from.text_opt("group"))
            .map(|id| GroupId(id.to_owned())),
        content: from.json("content")?,
        edited_at: from.time_opt("editedAt"),
        deleted_at: from.time_opt("deletedAt"),
    }))
}

/// What was changed of a message.
pub(super) fn changes(from: &Reader<'_>) -> Changes {
    let first: Option<Content> = from.json("firstContent").ok();
    Changes {
        edited_at: from.time_opt("editedAt"),
        first_text: first.and_then(|content| content.text),
        deleted_at: from.time_opt("deletedAt"),
    }
}
