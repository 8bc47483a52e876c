//! One customer message: claimed once, decided once, its replies enqueued.

use std::time::Duration;

use domain::conversation::{Conversation, Heard, Plan};
use domain::decision::{Decision, decide};
use domain::entry::InboundEntry;
use domain::{Content, InboundMessage, Kind, MessageId, ProviderRef};
use flows::batch::Handled;
use flows::{dispatch, people};
use platform::tables::{Claim, Claimed, Commit, Decided, InboundRow};
use platform::{AwsError, telemetry};

use crate::App;
use crate::asking::{InHand, Said, Verdict};
use crate::who::Whose;

/// How often a decision is made anew because the conversation moved meanwhile.
const TRIES: usize = 4;

impl App {
    pub(crate) async fn message(
        &self,
        entry: &InboundEntry,
        message: &InboundMessage,
        invocation: &str,
    ) -> Result<Handled, AwsError> {
        let (tables, now) = (&self.platform.tables, self.platform.clock.now());
        let id = entry.message_id();
        match tables.claim(entry, message, invocation, now).await? {
            Claim::New(claimed) => self.decided(entry, message, (&id, &claimed)).await,
            Claim::Seen(row) => {
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
        message: &InboundMessage,
        (id, claimed): (&MessageId, &Claimed),
    ) -> Result<Handled, AwsError> {
        let quoted = self.quoted(entry, message).await?;
        let mut message = message.clone();
        let mut looked_up_at = None;
        for _ in 0..TRIES {
            let who = match self.who(entry, &mut message, &mut looked_up_at).await? {
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
            let mut conversation = found.conversation.hears(heard).minding(&config, heard);
            let hand = InHand {
                config: &config,
                heard,
                claimed,
            };
            let verdict = match self.answered(&mut conversation, hand).await? {
                Said::Decided(verdict) => verdict,
                Said::Waits(wait) => return Ok(Handled::Again(Some(wait))),
            };
            let now = self.platform.clock.now();
            let decision = decide(conversation, (&config, heard), verdict.answer, now);
            let outcome = if decision.replies.is_empty() && verdict.outcome == "answered" {
                "no_reply"
            } else {
                verdict.outcome
            };
            let decided = Decided {
                decision: &decision,
                outcome,
                reason: verdict.reason.as_deref(),
                new_aliases: &found.new_aliases,
                merged: found.merged.as_ref(),
            };
            match self
                .platform
                .tables
                .decide(heard, claimed, &decided, now)
                .await?
            {
                Commit::Done => {
                    // The replies first: nobody waits for the file.
                    let enqueued = self.enqueued(&decision).await;
                    self.ask_for_file(entry, id, &message.content).await;
                    self.waits_no_more(&decision.conversation, hand).await;
                    return enqueued;
                }
                // The first part is the claim: another invocation has it.
                Commit::Lost(parts) if parts.contains(&0) => return Ok(Handled::Again(None)),
                Commit::Lost(_) => {}
            }
        }
        Ok(Handled::Again(Some(Duration::from_secs(1))))
    }

    /// The answer to a message, and the outcome as the ledger keeps it.
    async fn answered(
        &self,
        conversation: &mut Conversation,
        hand: InHand<'_>,
    ) -> Result<Said, AwsError> {
        Ok(match conversation.plan(hand.config, hand.heard) {
            Plan::Ask(question) => self.ask(&question, conversation, hand).await?,
            Plan::Say(answer, outcome) => Said::Decided(Verdict::new(*answer, outcome)),
            Plan::Quiet(reason) => {
                let message = hand.heard.id;
                tracing::info!(message.id = %message, reason = reason.as_str(), "message kept without an answer");
                Said::Decided(Verdict::quiet(reason))
            }
        })
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
            telemetry::count_for("PersonCalled", priority.as_str(), vendor);
        }
        let refused = dispatch::dispatch(&self.platform, &decision.replies).await?;
        tracing::info!(
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
