//! Several short messages are one question: each waits for the next, if the vendor wants that.

use std::time::Duration;

use domain::burst::{self, Burst, Gathering};
use domain::conversation::Conversation;
use domain::engine::Question;
use domain::entry::{InboundEntry, LaterEntry, LaterJob};
use domain::{Content, Identity, MessageId};
use flows::batch::Handled;
use platform::AwsError;
use platform::tables::{Commit, Merged, Next};

use crate::App;
use crate::asking::{InHand, Said};

impl App {
    /// Asks about a message with all that waited for it, or has it wait for the next.
    pub(crate) async fn gathered(
        &self,
        mut question: Question,
        conversation: &mut Conversation,
        hand: InHand<'_>,
    ) -> Result<Said, AwsError> {
        let lasts = hand.config.settings.burst();
        let lasts = lasts.filter(|_| hand.heard.message.group.is_none());
        let message = (hand.heard.id, &question.content);
        let now = self.platform.clock.now();
        match burst::gathered(conversation.burst.as_ref(), message, lasts, now) {
            Gathering::Wait(burst) => return Ok(Said::Gathers(burst)),
            Gathering::Ask { with } if with.is_empty() => {}
            Gathering::Ask { with } => {
                let before = self.said(conversation, &with).await?;
                question.content = burst::joined(&before, &question.content);
            }
        }
        let said = self.ask(&question, conversation, hand).await?;
        Ok(match said {
            Said::Decided(mut verdict) => {
                verdict.joined = conversation.ends_burst(hand.heard.id);
                Said::Decided(verdict)
            }
            waits @ (Said::Waits(_) | Said::Gathers(_)) => waits,
        })
    }

    async fn said(
        &self,
        conversation: &Conversation,
        messages: &[MessageId],
    ) -> Result<Vec<Content>, AwsError> {
        let tables = &self.platform.tables;
        tables.said(&conversation.vendor, messages).await
    }

    /// Writes that a message waits. `None`: the conversation moved meanwhile.
    pub(crate) async fn gathers(
        &self,
        entry: &InboundEntry,
        hand: InHand<'_>,
        (conversation, burst): (Conversation, Burst),
        (new_aliases, merged): (&[Identity], Option<&Merged>),
    ) -> Result<Option<Handled>, AwsError> {
        let conversation = Conversation {
            burst: Some(burst.clone()),
            version: conversation.version + 1,
            ..conversation
        };
        let next = Next {
            conversation: &conversation,
            new_aliases,
            merged,
        };
        let now = self.platform.clock.now();
        let (message, claim) = ((entry, hand.heard), hand.claimed);
        let waiting = (&next, &burst);
        let tables = &self.platform.tables;
        match tables.wait_for_more(message, claim, waiting, now).await? {
            Commit::Done => {}
            // The first part is the claim: another invocation has it.
            Commit::Lost(parts) if parts.contains(&0) => return Ok(Some(Handled::Again(None))),
            Commit::Lost(_) => return Ok(None),
        }
        let wait = Duration::try_from(burst.due_at.duration_since(now)).unwrap_or_default();
        // The queue counts whole seconds, and what comes too early would wait for the sweep's timer.
        let delay = Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        let later = LaterEntry {
            vendor_id: entry.vendor_id.clone(),
            waba_id: entry.waba_id.clone(),
            received_at: entry.received_at,
            job: LaterJob::Turn {
                message_id: hand.heard.id.clone(),
            },
        };
        if let Err(error) = self.platform.queues.later(&later, delay).await {
            tracing::warn!(message.id = %hand.heard.id, error = %error, "a message waits for the sweep");
        }
        Ok(Some(Handled::Done))
    }
}
