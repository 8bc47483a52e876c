use aws::dynamodb::{
    ReturnValue, TransactWriteItem, is_condition_failed, item_of_failed_condition,
};
use domain::conversation::Heard;
use domain::entry::{InboundEntry, InboundEvent};
use domain::outage::Waited;
use domain::{Contact, Content, Fingerprint, InboundMessage, MessageId, VendorId, WabaId, limits};
use jiff::{SignedDuration, Timestamp};

use super::item::{Change, Item, Reader, json, ms, n, s, seconds};
use super::outbound_item::{message_key, message_pk};
use super::{Commit, Decided, Tables, burst, media, message_shard};
use crate::error::AwsError;

/// Who may decide about an inbound message.
#[derive(Clone, Debug)]
pub enum Claim {
    /// This invocation, until its lease ends.
    New(Claimed),
    /// Nobody: it was decided, and these are its replies.
    Seen(Box<InboundRow>),
    /// Another invocation, until this time.
    InFlight(Timestamp),
}

/// The proof of a claim: only its holder can write the decision.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub(super) token: String,
    /// How the message waited for its engine before.
    pub waited: Option<Waited>,
}

/// What is kept of an inbound message that was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct InboundRow {
    pub replies: Vec<MessageId>,
    pub contact: Contact,
    pub content: Content,
    /// The provider's own number of it.
    pub msg_id: Option<i64>,
    pub edited_at: Option<Timestamp>,
}

/// What the sweep finds of a message that came in.
#[derive(Clone, Debug)]
pub enum LeftBehind {
    /// The queue refused it, and it waits to be enqueued.
    Spilled(Box<InboundEntry>),
    /// Its file was not fetched yet; the number that it came to.
    Media(WabaId),
    /// It waits to be answered with the next, until then.
    Waiting(Box<InboundEntry>, Timestamp),
}

impl Tables {
    /// Claims a message, keeping it in the same write: nobody else decides about it until the lease ends.
    pub async fn claim(
        &self,
        entry: &InboundEntry,
        message: &InboundMessage,
        invocation: &str,
        now: Timestamp,
    ) -> Result<Claim, AwsError> {
        let id = entry.message_id();
        let token =
            Fingerprint::of(&[invocation, id.as_str(), &now.as_millisecond().to_string()]).short();
        let lease_until = now.checked_add(limits::CLAIM_LEASE).ok();
        let change = self
            .kept(entry, message, now)
            .set("state", s("received"))
            .set("claim", s(&token))
            .set("leaseUntil", lease_until.map(ms))
            .set("dueShard", None)
            .set("dueAt", None)
            .when("attribute_not_exists(pk) OR #state = :undispatched OR #state = :enqueued OR (#state = :state AND #leaseUntil < :now) OR (#state = :waiting AND #turnDueAt <= :soon)")
            .bind("undispatched", s("undispatched"))
            .bind("enqueued", s("enqueued"))
            .bind("now", ms(now));
        let request = burst::claimable(change, now)
            .request(&self.client)
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValue::AllOld);
        let error = match Self::update(request).await {
            Ok(claimed) => {
                let waited = claimed.attributes.as_ref().and_then(waited);
                return Ok(Claim::New(Claimed { token, waited }));
            }
            Err(error) => error,
        };
        let Some(item) = item_of_failed_condition(&error) else {
            return Err(AwsError::of("claiming a message", &error));
        };
        let from = Reader::new(&item, "reading a claim");
        match from.text("state")? {
            "decided" | "waiting" => Ok(Claim::Seen(Box::new(read(&item)?))),
            // The first try of this very request was carried out and its answer lost.
            _ if from.text_opt("claim") == Some(&token) => {
                let waited = waited(&item);
                Ok(Claim::New(Claimed { token, waited }))
            }
            _ => Ok(Claim::InFlight(from.time("leaseUntil")?)),
        }
    }

    /// Lets a claim go, so that the message can be claimed again as soon as it comes back, with how it waits for its engine.
    pub async fn waits_for_engine(
        &self,
        (vendor, id): (&VendorId, &MessageId),
        claim: &Claimed,
        waited: &Waited,
    ) -> Result<(), AwsError> {
        let change = Change::of(&self.names.messages, message_key(vendor, id))
            .set("waited", json(waited))
            .set("leaseUntil", n(0))
            .when("#state = :received AND #claim = :token")
            .bind("received", s("received"))
            .bind("token", s(&claim.token));
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(()),
            // Another invocation has it since.
            Err(error) if is_condition_failed(&error) => Ok(()),
            Err(error) => Err(AwsError::of("letting a message wait", &error)),
        }
    }

    /// Takes back a message that was kept by a claim: it came to a vendor that was deleted.
    pub async fn unclaim(
        &self,
        (vendor, id): (&VendorId, &MessageId),
        claim: &Claimed,
    ) -> Result<(), AwsError> {
        let kept = Change::of(&self.names.messages, message_key(vendor, id))
            .when("#claim = :token")
            .bind("token", s(&claim.token));
        self.commit("dropping a message", vec![kept.delete()])
            .await
            .map(|_| ())
    }

    /// Keeps an entry that the queue refused, for the sweep to enqueue.
    pub async fn spill(&self, entry: &InboundEntry, now: Timestamp) -> Result<(), AwsError> {
        let pk = message_pk(&entry.vendor_id, &entry.message_id());
        let change = match &entry.event {
            InboundEvent::Message(message) => self.kept(entry, message, now),
            InboundEvent::Echo(_) => self.passing(entry, "echo", now),
            InboundEvent::Change(_) => self.passing(entry, "change", now),
        };
        let change = change
            .set("state", s("undispatched"))
            .set("entry", s(entry.to_body()))
            .set("dueShard", s(message_shard(&pk)))
            .set("dueAt", ms(now))
            .when("attribute_not_exists(pk)");
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(()),
            // It is kept already, by an earlier delivery.
            Err(error) if is_condition_failed(&error) => Ok(()),
            Err(error) => Err(AwsError::of("keeping an undispatched message", &error)),
        }
    }

    /// What waits of a message that came in, if anything does.
    pub async fn left_behind(
        &self,
        vendor: &VendorId,
        id: &MessageId,
    ) -> Result<Option<LeftBehind>, AwsError> {
        let item = self
            .get(
                "reading a message left behind",
                &self.names.messages,
                message_key(vendor, id),
            )
            .await?;
        let Some(item) = item else { return Ok(None) };
        let from = Reader::new(&item, "reading a message left behind");
        if let Some((entry, due_at)) = burst::waits(&item)? {
            return Ok(Some(LeftBehind::Waiting(Box::new(entry), due_at)));
        }
        if from.text_opt("state") != Some("undispatched") {
            return Ok(media::waits(&item).map(LeftBehind::Media));
        }
        entry_of(&from).map(|entry| Some(LeftBehind::Spilled(Box::new(entry))))
    }

    /// Notes that a message kept because the queue refused it is in the queue.
    pub async fn unspilled(&self, entry: &InboundEntry) -> Result<(), AwsError> {
        let change = Change::of(
            &self.names.messages,
            message_key(&entry.vendor_id, &entry.message_id()),
        )
        .set("state", s("enqueued"))
        .set("entry", None)
        .set("dueShard", None)
        .set("dueAt", None)
        .when("#state = :undispatched")
        .bind("undispatched", s("undispatched"));
        self.commit("marking a message as enqueued", vec![change.transact()])
            .await
            .map(|_| ())
    }

    /// Adds what a richer variant of a decided message tells; a file that is new has its source still, and is to be fetched. `Lost` if
    /// the message was edited since it was read.
    pub async fn enrich(
        &self,
        (vendor, id): (&VendorId, &MessageId),
        row: &InboundRow,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let change = Change::of(&self.names.messages, message_key(vendor, id))
            .set("contact", json(&row.contact))
            .set("msgId", row.msg_id.map(n));
        let change = match row.edited_at {
            Some(at) => change.when("#editedAt = :before").bind("before", ms(at)),
            None => change.when("attribute_exists(pk) AND attribute_not_exists(#editedAt)"),
        };
        let mut change = media::with_content(change, &row.content);
        if row.content.source().is_some() {
            change = media::marked(change, (vendor, id), &row.content, now);
        }
        self.commit("enriching a message", vec![change.transact()])
            .await
    }

    /// The part of a decision that ends the claim. It fails if another invocation claimed the message since.
    pub(super) fn inbound_decided(
        &self,
        heard: Heard<'_>,
        claim: &Claimed,
        decided: &Decided<'_>,
        now: Timestamp,
    ) -> TransactWriteItem {
        let decision = decided.decision;
        let conversation = &decision.conversation;
        let replies: Vec<_> = super::conversations::reply_ids(&decision.replies);
        let at = (&conversation.vendor, heard.id);
        let change = Change::of(&self.names.messages, message_key(at.0, at.1));
        let change = super::actions::with_actions(change, decided.actions.as_ref());
        media::marked(change, at, &heard.message.content, now)
            .set("state", s("decided"))
            .set("contact", json(&heard.message.contact))
            .set("conversationId", s(conversation.id.as_str()))
            .set("intent", decision.intent.as_deref().map(s))
            .set("outcome", s(decided.outcome))
            .set("outcomeReason", decided.reason.map(s))
            .set("waited", None)
            .set("turnDueAt", None)
            .set("replies", json(&replies))
            .set("choice", decision.choice.as_ref().map(json))
            .set("claim", None)
            .set("leaseUntil", None)
            .set("entry", None)
            .when("#state = :received AND #claim = :token")
            .bind("received", s("received"))
            .bind("token", s(&claim.token))
            .transact()
    }

    /// What is no message of its own, and gone once it is enqueued and handled.
    fn passing(&self, entry: &InboundEntry, direction: &str, now: Timestamp) -> Change {
        let expires = now + SignedDuration::from_hours(limits::ORPHAN_STATUS_HOURS);
        let key = message_key(&entry.vendor_id, &entry.message_id());
        Change::of(&self.names.messages, key)
            .owned()
            .set("direction", s(direction))
            .set("expiresAt", seconds(expires))
    }

    fn kept(&self, entry: &InboundEntry, message: &InboundMessage, now: Timestamp) -> Change {
        let id = entry.message_id();
        let list_key = domain::order(entry.received_at, 0, &id);
        let change = Change::of(&self.names.messages, message_key(&entry.vendor_id, &id));
        media::with_content(change, &message.content)
            .set("schema", n(1))
            .set("direction", s("inbound"))
            .set("vendorId", s(entry.vendor_id.as_str()))
            .set("listKey", s(list_key))
            .set("wabaId", s(entry.waba_id.as_str()))
            .set("contact", json(&message.contact))
            .set("groupId", message.group.as_ref().map(|group| s(&group.0)))
            .set(
                "replyTo",
                message.reply_to.as_ref().map(|id| s(id.as_str())),
            )
            .set("keyId", s(message.key_id.as_str()))
            .set("msgId", message.msg_id.map(n))
            .set("occurredAt", message.occurred_at.map(ms))
            .set("createdAt", ms(entry.received_at))
            .set(
                "expiresAt",
                seconds(now + SignedDuration::from_hours(24 * limits::MESSAGE_DAYS)),
            )
    }
}

/// The entry that a message is kept with.
pub(super) fn entry_of(from: &Reader<'_>) -> Result<InboundEntry, AwsError> {
    InboundEntry::from_body(from.text("entry")?).map_err(|_| from.unreadable())
}

/// What is not understood of it is as good as nothing: the message waits from now on.
fn waited(item: &Item) -> Option<Waited> {
    Reader::new(item, "reading a claim").json("waited").ok()
}

fn read(item: &Item) -> Result<InboundRow, AwsError> {
    let from = Reader::new(item, "reading a decided message");
    Ok(InboundRow {
        replies: from.json("replies")?,
        contact: from.json("contact")?,
        content: from.json("content")?,
        msg_id: from.number_opt("msgId"),
        edited_at: from.time_opt("editedAt"),
    })
}
