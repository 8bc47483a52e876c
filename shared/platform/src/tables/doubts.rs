//! Sends in doubt: what proves them, what their conversations wait for, and what people decide about them.

use aws::dynamodb::{TransactWriteItem, is_condition_failed};
use domain::action::Retry;
use domain::{ConversationId, Dispatch, MessageId, Origin, Outbound, VendorId, limits};
use jiff::Timestamp;

use super::conversations::conversation_key;
use super::item::{Change, Reader, ms, n, s};
use super::{Commit, Tables};
use crate::error::AwsError;

/// What a conversation says of sending in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// Automatic replies must have been decided under this.
    pub epoch: u64,
    /// Until when it waits for evidence, and of which message.
    pub doubt: Option<(Timestamp, MessageId)>,
}

impl Tables {
    /// A conversation's control epoch, and what it waits for.
    pub async fn control(
        &self,
        vendor: &VendorId,
        id: &ConversationId,
    ) -> Result<Control, AwsError> {
        let item = self
            .get(
                "reading what a conversation says",
                &self.names.conversations,
                conversation_key(vendor, id),
            )
            .await?;
        let Some(item) = item else {
            return Ok(Control::default());
        };
        let from = Reader::new(&item, "a conversation");
        Ok(Control {
            epoch: from.number_opt("epoch").unwrap_or_default(),
            doubt: from.time_opt("doubtUntil").zip(from.parsed_opt("doubtOf")),
        })
    }

    /// The check, within a transaction, that nobody took over, stopped or paused since an automatic reply was decided, and that the
    /// conversation does not wait for evidence.
    pub(super) fn control_check(&self, message: &Outbound, now: Timestamp) -> TransactWriteItem {
        let settled = "(attribute_not_exists(#doubtUntil) OR #doubtUntil <= :now)";
        let key = conversation_key(&message.vendor, &message.conversation);
        let check = Change::of(&self.names.conversations, key).bind("now", ms(now));
        match &message.origin {
            Origin::Automatic { epoch, .. } => check
                .when(&format!("#epoch = :epoch AND {settled}"))
                .bind("epoch", n(epoch)),
            Origin::Staff | Origin::Phone => check.when(settled),
        }
        .transact()
    }

    /// The part of a transaction by which a conversation waits for evidence of a message that came into doubt.
    pub(super) fn begin_doubt(
        &self,
        before: &Outbound,
        after: &Outbound,
        now: Timestamp,
    ) -> Option<TransactWriteItem> {
        if before.dispatch == Dispatch::Unknown || after.dispatch != Dispatch::Unknown {
            return None;
        }
        let key = conversation_key(&after.vendor, &after.conversation);
        let until = now.checked_add(limits::DOUBT_HOLDS).ok()?;
        let change = Change::of(&self.names.conversations, key)
            .set("doubtUntil", ms(until))
            .set("doubtOf", s(after.id.as_str()))
            .when("attribute_exists(pk)");
        Some(change.transact())
    }

    /// A conversation no longer waits for evidence of this message.
    pub async fn end_doubt(&self, waiting: &Outbound, of: &MessageId) -> Result<(), AwsError> {
        let key = conversation_key(&waiting.vendor, &waiting.conversation);
        let request = Change::of(&self.names.conversations, key)
            .set("doubtUntil", None)
            .set("doubtOf", None)
            .when("#doubtOf = :of")
            .bind("of", s(of.as_str()))
            .request(&self.client);
        match Self::update(request).await {
            Ok(_) => Ok(()),
            Err(error) if is_condition_failed(&error) => Ok(()),
            Err(error) => Err(AwsError::of("ending a conversation's doubt", &error)),
        }
    }

    /// Writes what the provider's log proves of a message in doubt, with the number that the log has for it. `Lost`: the message moved, or
    /// the number belongs to another.
    pub async fn prove(
        &self,
        before: &Outbound,
        proved: &Outbound,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let number = proved.reference.msg_id;
        let mut parts = vec![
            self.decided(before.revision, proved, now)
                .set("msgId", number.map(n))
                .transact(),
        ];
        parts.extend(number.map(|number| self.link_unclaimed(proved, &format!("n:{number}"), now)));
        self.commit("proving a send", parts).await
    }

    /// Writes a message that repeats another, and that it does, if nobody decided about the other since it was read.
    pub async fn keep_retry(
        &self,
        before: &Outbound,
        retry: &Retry,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let parts = vec![
            self.decided(before.revision, &retry.old, now).transact(),
            self.new_outbound(&retry.new, now),
        ];
        self.commit("sending a message again", parts).await
    }
}
