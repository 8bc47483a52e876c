//! One customer message: claimed once, decided once, its replies enqueued.

use std::time::Duration;

use domain::conversation::{Conversation, Heard, Plan, Quiet};
use domain::decision::{Decision, decide};
use domain::deferred::Deferred;
use domain::entry::InboundEntry;
use domain::restore::record::{Record, What};
use domain::{Content, Identity, InboundMessage, Kind, MessageId, ProviderRef};
use flows::batch::Handled;
use flows::{deferral, dispatch, people};
use jiff::Timestamp;
use platform::tables::{Claim, Claimed, Commit, ContactRow, Decided, InboundRow, Merged};
use platform::telemetry::Metric;
use platform::{AwsError, telemetry};

use crate::App;
use crate::actions::recorded;
use crate::aside::Visit;
use crate::asking::{InHand, Said, Verdict};
use crate::who::Whose;

/// How often a decision is made anew because the conversation moved meanwhile.
const TRIES: usize = 4;

impl App {
    pub(crate) async fn message(
        &self,
        entry: &InboundEntry,
        message: &InboundMessage,
        visit: Visit<'_>,
    ) -> Result<Handled, AwsError> {
        let (tables, now) = (&self.platform.tables, self.platform.clock.now());
        let id = entry.message_id();
        telemetry::concerns(&entry.vendor_id, Some(&id));
        let own = visit.others.map(|group| (group, now));
        let contact = tables.contact(&entry.vendor_id, message.identities(), own);
        let contact = contact.await?;
        // Before the claim: a message of a burst that goes behind the next one waits on, for that to join it.
        if contact.is_aside {
            return Ok(Handled::Again(Some(Duration::ZERO)));
        }
        match tables.claim(entry, message, visit.invocation, now).await? {
            Claim::New(claimed) => {
                if claimed.waited.is_none() {
                    waited("queue", entry, now);
                }
                self.decided(entry, (message, contact), (&id, &claimed))
                    .await
            }
            Claim::Seen(row) => {
                telemetry::count_for(Metric::Duplicate, "message", &entry.vendor_id);
                self.enrich(entry, message, (&id, &row)).await?;
                let replies = tables.outbounds(&entry.vendor_id, &row.replies).await?;
                let refused = dispatch::again(&self.platform, replies).await?;
                Ok(enqueued(refused))
            }
            Claim::InFlight(until) => Ok(Handled::Again(
                Duration::try_from(until.duration_since(now)).ok(),
            )),
        }
    }

    async fn decided(
        &self,
        entry: &InboundEntry,
        (message, contact): (&InboundMessage, ContactRow),
        (id, claimed): (&MessageId, &Claimed),
    ) -> Result<Handled, AwsError> {
        let quoted = self.quoted(entry, message).await?;
        let mut message = message.clone();
        let (mut looked_up_at, mut contact) = (None, Some(contact));
        for _ in 0..TRIES {
            let who = match self
                .who(entry, (&mut message, contact.take()), &mut looked_up_at)
                .await?
            {
                Whose::Known(who) => who,
                Whose::Unborn => {
                    // The vendor's secret exists and its configuration does not: its creation is under way.
                    tracing::warn!(vendor.id = %entry.vendor_id, "a message came before its vendor's configuration");
                    return Ok(Handled::Again(None));
                }
                Whose::Erased => return self.dropped(entry, (id, claimed)).await,
            };
            let heard = Heard {
                id,
                waba: &entry.waba_id,
                message: &message,
                received_at: entry.received_at,
                quoted: quoted.as_ref(),
            };
            let (config, found) = (who.config, who.found);
            let mut conversation = if found.conversation.waits_for(id) {
                found.conversation
            } else {
                found.conversation.hears(heard).minding(&config, heard)
            };
            let hand = InHand {
                config: &config,
                heard,
                claimed,
            };
            let joined = (found.new_aliases.as_slice(), found.merged.as_ref());
            let said = self.answered(&mut conversation, hand).await?;
            let handled = match said {
                Said::Decided(verdict) => {
                    let decided = (conversation, verdict);
                    self.written(entry, hand, decided, joined).await?
                }
                Said::Waits(wait) => Some(Handled::Again(Some(wait))),
                Said::Gathers(burst) => {
                    let waits = (conversation, burst);
                    self.gathers(entry, hand, waits, joined).await?
                }
            };
            if let Some(handled) = handled {
                return Ok(handled);
            }
        }
        Ok(Handled::Again(Some(Duration::from_secs(1))))
    }

    /// Writes a decision and does what follows from it; `None`: the conversation moved meanwhile.
    async fn written(
        &self,
        entry: &InboundEntry,
        hand: InHand<'_>,
        (conversation, verdict): (Conversation, Verdict),
        (new_aliases, merged): (&[Identity], Option<&Merged>),
    ) -> Result<Option<Handled>, AwsError> {
        let (heard, now) = (hand.heard, self.platform.clock.now());
        let decision = decide(conversation, (hand.config, heard), verdict.answer, now);
        let later = verdict.outcome == "deferred";
        let deferred = later.then(|| Deferred::open(&decision, heard, now));
        let is_silent = decision.replies.is_empty() && verdict.outcome == "answered";
        let told = self.tells(&decision, heard.id);
        let decided = Decided {
            decision: &decision,
            outcome: if is_silent {
                "no_reply"
            } else {
                verdict.outcome
            },
            reason: verdict.reason.as_deref(),
            joined: verdict.joined.as_ref(),
            new_aliases,
            merged,
            deferred: deferred.as_ref(),
            actions: recorded(&decision, heard, told.as_deref()),
        };
        self.recorded(&decision.conversation, heard).await?;
        let tables = &self.platform.tables;
        match tables.decide(heard, hand.claimed, &decided, now).await? {
            Commit::Done => {
                if hand.claimed.waited.is_some() {
                    waited("engine", entry, now);
                }
                let whose = (heard.id, &heard.message.content);
                let carried_out = self.carried_out(entry, whose, &decided).await;
                self.waits_no_more(&decision.conversation, hand).await;
                carried_out.map(Some)
            }
            // The first part is the claim: another invocation has it.
            Commit::Lost(parts) if parts.contains(&0) => Ok(Some(Handled::Again(None))),
            Commit::Lost(_) => Ok(None),
        }
    }

    /// The answer to a message, and the outcome as the ledger keeps it.
    async fn answered(
        &self,
        conversation: &mut Conversation,
        hand: InHand<'_>,
    ) -> Result<Said, AwsError> {
        if self.may_be_answered_before(hand.heard) {
            conversation.is_answered_alone(hand.heard.id);
            return Ok(Said::Decided(Verdict::quiet(Quiet::Restored)));
        }
        Ok(match conversation.plan(hand.config, hand.heard) {
            Plan::Ask(question) => self.gathered(*question, conversation, hand).await?,
            Plan::Say(answer, outcome) => {
                conversation.is_answered_alone(hand.heard.id);
                Said::Decided(Verdict::new(*answer, outcome))
            }
            Plan::Quiet(reason) => {
                conversation.is_answered_alone(hand.heard.id);
                let message = hand.heard.id;
                tracing::info!(success = true, message.id = %message, reason = reason.as_str(), "message kept without an answer");
                Said::Decided(Verdict::quiet(reason))
            }
        })
    }

    /// Whether the message may have been answered by what tables that were restored from a backup know nothing of.
    fn may_be_answered_before(&self, heard: Heard<'_>) -> bool {
        let (received_at, occurred_at) = (heard.received_at, heard.message.occurred_at);
        let restore = self.platform.restore;
        restore.is_some_and(|restore| restore.may_have_answered(received_at, occurred_at))
    }

    /// Records a customer's word on whether they are written to outside the tables, so that a restore of them does not undo it.
    async fn recorded(
        &self,
        conversation: &Conversation,
        heard: Heard<'_>,
    ) -> Result<(), AwsError> {
        if !conversation.rules.is_changed_by(heard.id) {
            return Ok(());
        }
        let (vendor, id) = (conversation.vendor.clone(), conversation.id.clone());
        let record = Record {
            at: heard.received_at,
            what: What::Written(vendor, id, !conversation.is_opted_out()),
        };
        let now = self.platform.clock.now();
        self.platform.records.keep(&record, now).await
    }

    /// What follows a decision that is written. The replies first: nobody waits for the rest.
    async fn carried_out(
        &self,
        entry: &InboundEntry,
        (id, content): (&MessageId, &Content),
        decided: &Decided<'_>,
    ) -> Result<Handled, AwsError> {
        let enqueued = self.enqueued(decided.decision).await;
        self.wakes(decided.deferred).await;
        let tells = decided.actions.is_some_and(|it| it.told.is_some());
        self.has_told(entry, id, tells).await;
        self.ask_for_file(entry, id, content).await;
        enqueued
    }

    /// The deadline of an answer that comes later is kept by the queue, and by the sweep if that refuses.
    async fn wakes(&self, deferred: Option<&Deferred>) {
        if let Some(deferred) = deferred
            && let Err(error) = deferral::wake(&self.platform, deferred).await
        {
            tracing::warn!(message.id = %deferred.question, error = %error, "a deadline is kept by the sweep alone");
        }
    }

    /// A message to a vendor that was deleted leaves nothing behind.
    async fn dropped(
        &self,
        entry: &InboundEntry,
        (id, claimed): (&MessageId, &Claimed),
    ) -> Result<Handled, AwsError> {
        tracing::info!(vendor.id = %entry.vendor_id, "a message to a deleted vendor is dropped");
        let tables = &self.platform.tables;
        tables.unclaim((&entry.vendor_id, id), claimed).await?;
        Ok(Handled::Done)
    }

    /// The content of the message of ours that a text quotes, for it may be a menu; `None` if it is not known whose it is.
    async fn quoted(
        &self,
        entry: &InboundEntry,
        message: &InboundMessage,
    ) -> Result<Option<Content>, AwsError> {
        let (tables, vendor) = (&self.platform.tables, &entry.vendor_id);
        let is_text = message.content.kind == Kind::Text;
        let Some(key_id) = message.reply_to.clone().filter(|_| is_text) else {
            return Ok(None);
        };
        let reference = ProviderRef {
            key_id: Some(key_id),
            msg_id: None,
        };
        let Some(id) = tables.known(vendor, &entry.waba_id, &reference).await? else {
            return Ok(None);
        };
        let quoted = tables.outbound(vendor, &id).await?;
        Ok(quoted.map(|quoted| quoted.content))
    }

    /// What the queue refuses here stays marked, and the sweep enqueues it.
    async fn enqueued(&self, decision: &Decision) -> Result<Handled, AwsError> {
        if let Some(priority) = decision.calls_person {
            let vendor = &decision.conversation.vendor;
            telemetry::count_for(Metric::PersonCalled, priority.as_str(), vendor);
        }
        let vendor = &decision.conversation.vendor;
        telemetry::add(Metric::Replies, decision.replies.len(), vendor);
        let refused = dispatch::dispatch(&self.platform, &decision.replies).await?;
        tracing::info!(
            success = refused == 0,
            vendor.id = %decision.conversation.vendor,
            conversation.id = %decision.conversation.id,
            intent = decision.intent.as_deref().unwrap_or("none"),
            replies = decision.replies.len(),
            refused,
            "message decided"
        );
        Ok(enqueued(refused))
    }

    /// A variant of a decided message that tells more: what is new of it is added, nothing is decided again.
    async fn enrich(
        &self,
        entry: &InboundEntry,
        message: &InboundMessage,
        (id, row): (&MessageId, &InboundRow),
    ) -> Result<(), AwsError> {
        let richer = richer(row, message);
        if richer == *row {
            return Ok(());
        }
        let now = self.platform.clock.now();
        if !self
            .platform
            .tables
            .enrich((&entry.vendor_id, id), &richer, now)
            .await?
            .is_done()
        {
            return Err(AwsError::contended("enriching a message"));
        }
        self.ask_for_file(entry, id, &richer.content).await;
        if message.group.is_some() {
            return Ok(());
        }
        people::join(&self.platform, &entry.vendor_id, &richer.contact).await
    }
}

/// Tells how long a message waited since it came, and for what.
fn waited(reason: &'static str, entry: &InboundEntry, now: Timestamp) {
    let waited = Duration::try_from(now.duration_since(entry.received_at)).unwrap_or_default();
    telemetry::timed(Metric::Dwell, reason, waited, &entry.vendor_id);
}

/// While the queue refuses replies, their question comes back, so that no later one of its group is answered before.
const fn enqueued(refused: usize) -> Handled {
    if refused == 0 {
        Handled::Done
    } else {
        Handled::Again(Some(Duration::from_secs(5)))
    }
}

fn richer(row: &InboundRow, message: &InboundMessage) -> InboundRow {
    let mut richer = row.clone();
    richer.contact.enrich(&message.contact);
    richer.content.enrich(&message.content);
    richer.msg_id = row.msg_id.or(message.msg_id);
    richer
}
