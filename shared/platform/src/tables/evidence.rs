//! What providers tell of sent messages. It is kept under the provider's ids, whether or not we know yet whose they are:
//! a status that comes before its message is linked is applied when it is, and the order of arrival does not matter.

use aws::dynamodb::{
    ReturnValue, TransactWriteItem, is_condition_failed, item_of_failed_condition,
};
use domain::{
    Delivery, Dispatch, Evidence, MessageId, Outbound, ProviderRef, VendorId, WabaId, limits,
};
use jiff::{SignedDuration, Timestamp};

use super::Tables;
use super::item::{Change, Item, Reader, key, n, s, seconds};
use super::outbound_item::message_key;
use crate::error::AwsError;

/// What became of a piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It changed what is known of this message.
    Applied(MessageId),
    /// Kept until its message is known.
    Kept,
    /// Nothing new.
    Old,
}

/// Where a provider's id of a message leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Heard {
    message: Option<MessageId>,
    delivery: Delivery,
    failure: Option<String>,
}

/// Where everything that is heard under one of a provider's ids stands.
pub(super) fn reference_pk(vendor: &VendorId, waba: &WabaId, reference: &str) -> String {
    format!("{vendor}#ref#{waba}#{reference}")
}

fn reference_key(vendor: &VendorId, waba: &WabaId, reference: &str) -> Item {
    key(reference_pk(vendor, waba, reference), "reference")
}

impl Tables {
    /// Notes evidence under every id it names, and applies it to the message as soon as one of them leads there. Of an accepted message whose ids
    /// led there lately it goes to the message alone: what is kept under an id is for the time before it leads somewhere.
    pub async fn note(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        reference: &ProviderRef,
        evidence: &Evidence,
        now: Timestamp,
    ) -> Result<Noted, AwsError> {
        let ids: Vec<String> = reference
            .keys()
            .map(|id| reference_pk(vendor, waba, &id))
            .collect();
        if let Some(message) = self.leads.message(&ids, now)
            && let Some(is_new) = self.apply_to_accepted(vendor, &message, evidence).await?
        {
            return Ok(told(message, is_new));
        }
        let mut noted = Noted::Old;
        let mut unknown = Vec::new();
        for id in reference.keys() {
            let Some(heard) = self
                .hear(reference_key(vendor, waba, &id), evidence, now)
                .await?
            else {
                continue;
            };
            noted = Noted::Kept;
            match heard.message {
                None => unknown.push(id),
                Some(message) => {
                    let applied = self.apply(vendor, &message, evidence).await?;
                    self.join(vendor, waba, (&unknown, &message), now).await?;
                    if !unknown.is_empty() {
                        self.keep_key_id(vendor, &message, reference).await?;
                    }
                    self.leads.keep(&ids, &message, now);
                    return Ok(told(message, applied));
                }
            }
        }
        Ok(noted)
    }

    /// An id that leads to a message makes the other ids of the same event lead there too.
    async fn join(
        &self,
        vendor: &VendorId,
        waba: &WabaId,
        (unknown, message): (&[String], &MessageId),
        now: Timestamp,
    ) -> Result<(), AwsError> {
        for id in unknown {
            self.point(reference_key(vendor, waba, id), message, now)
                .await?;
        }
        Ok(())
    }

    /// Keeps the evidence under one id unless better is kept there: `None` if it tells nothing new.
    async fn hear(
        &self,
        key: Item,
        evidence: &Evidence,
        now: Timestamp,
    ) -> Result<Option<Heard>, AwsError> {
        let expires = now + SignedDuration::from_hours(limits::ORPHAN_STATUS_HOURS);
        let change = Change::of(&self.names.messages, key)
            .owned()
            .set_if_absent("expiresAt", seconds(expires));
        let change = match evidence {
            // The same evidence again is applied again: the first time may have died half-way.
            Evidence::Reached { delivery } => change
                .set("rank", n(delivery.rank()))
                .when("attribute_not_exists(#rank) OR #rank <= :rank"),
            Evidence::Failed { reason } => change.set("failure", s(reason)),
        };
        let request = change
            .request(&self.client)
            .return_values(ReturnValue::AllNew);
        match Self::update(request).await {
            Ok(answer) => Ok(Some(read(&answer.attributes.unwrap_or_default()))),
            Err(error) if is_condition_failed(&error) => Ok(None),
            Err(error) => Err(AwsError::of("keeping a status", &error)),
        }
    }

    /// Raises a message's delivery, or notes its failure. `false` if it was known already.
    async fn apply(
        &self,
        vendor: &VendorId,
        message: &MessageId,
        evidence: &Evidence,
    ) -> Result<bool, AwsError> {
        if let Some(is_new) = self.apply_to_accepted(vendor, message, evidence).await? {
            return Ok(is_new);
        }
        let (change, new) = self.applied(vendor, message, evidence);
        let request = change
            .when(&format!("attribute_exists(pk) AND {new}"))
            .request(&self.client)
            .return_values(ReturnValue::AllNew);
        let item = match Self::update(request).await {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(error) if is_condition_failed(&error) => return Ok(false),
            Err(error) => return Err(AwsError::of("applying a status", &error)),
        };
        if Reader::new(&item, "a message").text_opt("dispatch") == Some(Dispatch::Unknown.as_str())
        {
            self.settle_unknown(vendor, message).await?;
        }
        Ok(true)
    }

    /// The same of an accepted message, after which nobody needs to ask any more. `None` if it is not accepted, is not there, or the evidence
    /// does not tell enough.
    async fn apply_to_accepted(
        &self,
        vendor: &VendorId,
        message: &MessageId,
        evidence: &Evidence,
    ) -> Result<Option<bool>, AwsError> {
        if matches!(evidence, Evidence::Reached { delivery } if *delivery < Delivery::Sent) {
            return Ok(None);
        }
        let (change, new) = self.applied(vendor, message, evidence);
        let request = unasked(change, new)
            .request(&self.client)
            .return_values_on_condition_check_failure(ReturnValue::AllOld);
        let Err(error) = Self::update(request).await else {
            return Ok(Some(true));
        };
        let item = item_of_failed_condition(&error);
        if item.as_ref().is_some_and(is_accepted) {
            return Ok(Some(false));
        }
        if is_condition_failed(&error) {
            return Ok(None);
        }
        Err(AwsError::of("applying a status", &error))
    }

    /// What evidence changes of a message, and on which condition it is new.
    fn applied(
        &self,
        vendor: &VendorId,
        message: &MessageId,
        evidence: &Evidence,
    ) -> (Change, &'static str) {
        let change = Change::of(&self.names.messages, message_key(vendor, message));
        match evidence {
            Evidence::Reached { delivery } => (
                change.set("delivery", n(delivery.rank())),
                "#delivery < :delivery",
            ),
            Evidence::Failed { reason } => (
                change
                    .set("failure", s(reason))
                    .bind("rejected", s(Dispatch::Rejected.as_str())),
                "#dispatch <> :rejected",
            ),
        }
    }

    /// Proof that the provider has the message: what was unknown is accepted.
    async fn settle_unknown(&self, vendor: &VendorId, message: &MessageId) -> Result<(), AwsError> {
        let change = Change::of(&self.names.messages, message_key(vendor, message))
            .set("dispatch", s(Dispatch::Accepted.as_str()))
            .set("looks", n(0))
            .add("revision", 1)
            .when("#dispatch = :unknown")
            .bind("unknown", s(Dispatch::Unknown.as_str()));
        self.commit("settling an unknown send", vec![change.transact()])
            .await
            .map(|_| ())
    }

    /// Which of our messages these ids lead to.
    pub async fn known(
        &self,
        vendor: &VendorId,
        waba: &WabaId,
        reference: &ProviderRef,
    ) -> Result<Option<MessageId>, AwsError> {
        for id in reference.keys() {
            let item = self
                .get(
                    "looking up a provider's id",
                    &self.names.messages,
                    reference_key(vendor, waba, &id),
                )
                .await?;
            if let Some(message) = item.as_ref().and_then(|item| read(item).message) {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// Makes a provider's ids lead to a message, and applies what was heard of them before. An echo is proof too: what was unknown is accepted.
    pub async fn link(
        &self,
        message: &Outbound,
        reference: &ProviderRef,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        for id in reference.keys() {
            let heard = self
                .point(
                    reference_key(&message.vendor, &message.waba, &id),
                    &message.id,
                    now,
                )
                .await?;
            if let Some(reason) = heard.failure {
                self.apply(&message.vendor, &message.id, &Evidence::Failed { reason })
                    .await?;
            }
            let delivery = heard.delivery.max(Delivery::Pending);
            self.apply(
                &message.vendor,
                &message.id,
                &Evidence::Reached { delivery },
            )
            .await?;
        }
        self.keep_ids(message, reference).await
    }

    async fn keep_ids(&self, message: &Outbound, reference: &ProviderRef) -> Result<(), AwsError> {
        let mut change = Change::of(
            &self.names.messages,
            message_key(&message.vendor, &message.id),
        );
        if let Some(id) = &reference.key_id {
            change = change.set_if_absent("keyId", s(id.as_str()));
        }
        if let Some(number) = reference.msg_id {
            change = change.set_if_absent("msgId", n(number));
        }
        if reference.keys().next().is_none() {
            return Ok(());
        }
        let attempted = "keeping a provider's id";
        if reference.key_id.is_some() {
            // What is told under it finds the message from now on: nobody needs to ask.
            let joined = unasked(change.clone(), "attribute_exists(pk)");
            let kept = self.commit(attempted, vec![joined.transact()]).await?;
            if kept.is_done() {
                return Ok(());
            }
        }
        let kept = change.when("attribute_exists(pk)").transact();
        self.commit(attempted, vec![kept]).await.map(|_| ())
    }

    /// Writes WhatsApp's id on a message that a status has joined it to, so that no echo is matched with it any more.
    async fn keep_key_id(
        &self,
        vendor: &VendorId,
        message: &MessageId,
        reference: &ProviderRef,
    ) -> Result<(), AwsError> {
        let Some(id) = &reference.key_id else {
            return Ok(());
        };
        let change = Change::of(&self.names.messages, message_key(vendor, message))
            .set_if_absent("keyId", s(id.as_str()))
            .when("attribute_exists(pk)");
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(()),
            Err(error) if is_condition_failed(&error) => Ok(()),
            Err(error) => Err(AwsError::of("keeping a provider's id", &error)),
        }
    }

    /// Makes one id lead to a message and answers with what was heard under it before.
    async fn point(
        &self,
        key: Item,
        message: &MessageId,
        now: Timestamp,
    ) -> Result<Heard, AwsError> {
        let request = self
            .pointer(key, message, now)
            .request(&self.client)
            .return_values(ReturnValue::AllOld);
        let answer = Self::update(request)
            .await
            .map_err(|error| AwsError::of("linking a provider's id", &error))?;
        Ok(read(&answer.attributes.unwrap_or_default()))
    }

    fn pointer(&self, key: Item, message: &MessageId, now: Timestamp) -> Change {
        let expires = now + SignedDuration::from_hours(24 * limits::CLAIM_DAYS);
        Change::of(&self.names.messages, key)
            .owned()
            .set("messageId", s(message.as_str()))
            .set("expiresAt", seconds(expires))
    }

    /// The part of a transaction that links an id which is no other message's.
    pub(super) fn link_unclaimed(
        &self,
        message: &Outbound,
        id: &str,
        now: Timestamp,
    ) -> TransactWriteItem {
        let unclaimed = "attribute_not_exists(#messageId) OR #messageId = :messageId";
        self.link_when(unclaimed, message, (id, now))
    }

    /// The part of a transaction that links an id nothing was heard of yet.
    pub(super) fn link_unheard(
        &self,
        message: &Outbound,
        id: &str,
        now: Timestamp,
    ) -> TransactWriteItem {
        let unheard = "attribute_not_exists(#rank) AND attribute_not_exists(#failure)";
        self.link_when(unheard, message, (id, now))
    }

    fn link_when(
        &self,
        condition: &str,
        message: &Outbound,
        (id, now): (&str, Timestamp),
    ) -> TransactWriteItem {
        let key = reference_key(&message.vendor, &message.waba, id);
        let pointer = self.pointer(key, &message.id, now);
        pointer.when(condition).transact()
    }
}

fn told(message: MessageId, is_new: bool) -> Noted {
    if is_new {
        Noted::Applied(message)
    } else {
        Noted::Old
    }
}

/// The change of an accepted message after which the sweep need not look at it.
fn unasked(change: Change, condition: &str) -> Change {
    change
        .set("dueShard", None)
        .set("dueAt", None)
        .when(&format!("#dispatch = :accepted AND {condition}"))
        .bind("accepted", s(Dispatch::Accepted.as_str()))
}

fn is_accepted(item: &Item) -> bool {
    let dispatch = Reader::new(item, "a message").text_opt("dispatch");
    dispatch == Some(Dispatch::Accepted.as_str())
}

fn read(item: &Item) -> Heard {
    let from = Reader::new(item, "a provider's id");
    Heard {
        message: from.parsed_opt("messageId"),
        delivery: from
            .number_opt("rank")
            .and_then(Delivery::from_rank)
            .unwrap_or_default(),
        failure: from.text_opt("failure").map(str::to_owned),
    }
}
