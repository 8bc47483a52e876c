//! What an engine has the vendor's other systems do: recorded with the decision, and told by the sweep.

use std::time::Duration;

use domain::conversation::Heard;
use domain::decision::Decision;
use domain::entry::{InboundEntry, LaterEntry, LaterJob};
use domain::{MessageId, actions};
use platform::tables::Recorded;

use crate::App;

impl App {
    /// What is told of a decision's actions, if there are any and somebody is to be told.
    pub(crate) fn tells(&self, decision: &Decision, id: &MessageId) -> Option<String> {
        let tells = self.tells_actions && !decision.actions.is_empty();
        tells.then(|| actions::body(&decision.conversation, id, &decision.actions))
    }

    /// Has actions told at once; the sweep's timer does so too, should this be lost.
    pub(crate) async fn has_told(&self, entry: &InboundEntry, id: &MessageId, tells: bool) {
        if !tells {
            return;
        }
        let later = LaterEntry {
            vendor_id: entry.vendor_id.clone(),
            waba_id: entry.waba_id.clone(),
            received_at: entry.received_at,
            job: LaterJob::Actions {
                message_id: id.clone(),
            },
        };
        if let Err(error) = self.platform.queues.later(&later, Duration::ZERO).await {
            tracing::warn!(message.id = %id, error = %error, "actions are told by the timer alone");
        }
    }
}

/// What is recorded of a decision's actions.
pub(crate) fn recorded<'a>(
    decision: &'a Decision,
    heard: Heard<'a>,
    told: Option<&'a str>,
) -> Option<Recorded<'a>> {
    (!decision.actions.is_empty()).then(|| Recorded {
        vendor: &decision.conversation.vendor,
        waba: heard.waba,
        message: heard.id,
        actions: &decision.actions,
        told,
    })
}
