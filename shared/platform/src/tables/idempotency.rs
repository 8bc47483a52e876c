use domain::conversation::Conversation;
use domain::deferred::Deferred;
use domain::{Identity, MessageId, Outbound, VendorId, limits};
use jiff::{SignedDuration, Timestamp};

use super::item::{Reader, Writer, key, put, s, seconds};
use super::people::{Epoch, Next};
use super::{Commit, Tables};
use crate::error::AwsError;

/// What an idempotency key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Staffed {
    /// The message was written.
    Written,
    /// The same request came before, and this is its message.
    Repeated(MessageId),
    /// The key came before with another request.
    Conflict,
    /// The conversation changed meanwhile: read it again.
    Lost,
}

/// A staff message and what is written with it.
#[derive(Debug)]
pub struct Staff<'a> {
    pub message: &'a Outbound,
    pub conversation: &'a Conversation,
    pub new_aliases: &'a [Identity],
    /// The caller's idempotency key and the fingerprint of what it asked for, neither readable.
    pub idempotency: Option<(&'a str, &'a str)>,
    /// The question that it answers later, as it was read and with this reply.
    pub answers: Option<(&'a Deferred, &'a Deferred)>,
}

impl Tables {
    /// Writes a message of the vendor's staff, once per idempotency key.
    pub async fn keep_staff(&self, staff: Staff<'_>, now: Timestamp) -> Result<Staffed, AwsError> {
        let vendor = &staff.message.vendor;
        let mut parts = match staff.answers {
            Some((before, after)) => {
                let mut parts = self.deferred_settled(before, after);
                parts.push(self.new_reply(staff.message, before.asked_at, now));
                parts
            }
            None => vec![self.new_outbound(staff.message, now)],
        };
        let next = Next {
            conversation: staff.conversation,
            new_aliases: staff.new_aliases,
            merged: None,
        };
        parts.extend(self.conversation_parts(&next, Epoch::Stays, now));
        if let Some((name, asked)) = staff.idempotency {
            let expires = now + SignedDuration::from_hours(24 * limits::IDEMPOTENCY_DAYS);
            let item = Writer::at(idempotency_key(vendor, name))
                .owned()
                .with("messageId", s(staff.message.id.as_str()))
                .with("asked", s(asked))
                .with("expiresAt", seconds(expires));
            parts.push(put(
                &self.names.messages,
                item.item(),
                Some("attribute_not_exists(pk)"),
            ));
        }
        let last = parts.len() - 1;
        match self.commit("keeping a staff message", parts).await? {
            Commit::Done => Ok(Staffed::Written),
            Commit::Lost(parts) if staff.idempotency.is_some() && parts.contains(&last) => {
                self.repeated(vendor, staff.idempotency, now).await
            }
            Commit::Lost(_) => Ok(Staffed::Lost),
        }
    }

    /// What an idempotency key led to before, if it is remembered. A key whose time is over is forgotten here, for DynamoDB may take days.
    pub async fn repeated(
        &self,
        vendor: &VendorId,
        idempotency: Option<(&str, &str)>,
        now: Timestamp,
    ) -> Result<Staffed, AwsError> {
        let Some((name, asked)) = idempotency else {
            return Ok(Staffed::Lost);
        };
        let item_key = idempotency_key(vendor, name);
        let Some(item) = self
            .get(
                "reading an idempotency key",
                &self.names.messages,
                item_key.clone(),
            )
            .await?
        else {
            return Ok(Staffed::Lost);
        };
        let from = Reader::new(&item, "reading an idempotency key");
        if from.number::<i64>("expiresAt")? <= now.as_second() {
            let request = self
                .client
                .delete_item()
                .table_name(&self.names.messages)
                .key(item_key);
            request
                .send()
                .await
                .map_err(|error| AwsError::of("forgetting an idempotency key", &error))?;
            return Ok(Staffed::Lost);
        }
        if from.text("asked")? == asked {
            Ok(Staffed::Repeated(from.parsed("messageId")?))
        } else {
            Ok(Staffed::Conflict)
        }
    }
}

fn idempotency_key(vendor: &VendorId, name: &str) -> super::item::Item {
    key(format!("{vendor}#idempotency#{name}"), "idempotency")
}
