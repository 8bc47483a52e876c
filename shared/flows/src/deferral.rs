//! Questions that their engines answer later: the deadline is kept, and what is said then is said once.

use std::time::Duration;

use domain::conversation::Conversation;
use domain::deferred::{Deferred, DeferredState, Overdue};
use domain::entry::{LaterEntry, LaterJob};
use domain::{Contact, MessageId, Outbound, VendorConfig, VendorId, fallback};
use jiff::Timestamp;
use platform::tables::{Question, Settled};
use platform::{AwsError, Platform};

use crate::dispatch;

/// How often it is decided anew because the question or its conversation moved meanwhile.
const TRIES: usize = 4;

/// Has the end of a question's time looked at. The sweep looks too, should this be lost.
pub async fn wake(platform: &Platform, deferred: &Deferred) -> Result<(), AwsError> {
    let entry = LaterEntry {
        vendor_id: deferred.vendor.clone(),
        waba_id: deferred.waba.clone(),
        received_at: deferred.asked_at,
        job: LaterJob::Deadline {
            message_id: deferred.question.clone(),
        },
    };
    let left = deferred.answer_by.duration_since(platform.clock.now());
    // SQS counts whole seconds, and an entry that is early would have to be sent again.
    let left = Duration::try_from(left).unwrap_or_default() + Duration::from_secs(1);
    platform.queues.later(&entry, left).await
}

/// What a conversation says to a question that waits for its answer in it.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The conversation that it is by now, if it was found to be another.
    pub conversation: Conversation,
    /// The control epoch of the one that it was asked in.
    pub epoch: u64,
}

/// Reads the conversation that a question was asked in; `None` if it was erased.
pub async fn asker(platform: &Platform, deferred: &Deferred) -> Result<Option<Asker>, AwsError> {
    let (tables, vendor, id) = (&platform.tables, &deferred.vendor, &deferred.conversation);
    // Before the epoch: whoever takes over between the two moves the conversation that is written.
    let Some(conversation) = tables.conversation(vendor, id).await? else {
        return Ok(None);
    };
    let epoch = tables.control(vendor, id).await?.epoch;
    Ok(Some(Asker {
        conversation,
        epoch,
    }))
}

/// To whom the replies to a question go: the number that wrote, or the group.
pub fn recipient(
    question: &Question,
    conversation: &Conversation,
) -> (Contact, Option<domain::GroupId>) {
    if question.group.is_some() {
        return (Contact::default(), question.group.clone());
    }
    let mut to = question.contact.clone();
    to.enrich(&conversation.contact);
    (to, None)
}

/// Ends a question whose time is over: the fallback is said and a person goes on, unless it was answered or somebody else spoke.
pub async fn overdue(
    platform: &Platform,
    vendor: &VendorId,
    id: &MessageId,
) -> Result<(), AwsError> {
    for _ in 0..TRIES {
        let question = platform.tables.question(vendor, id).await?;
        let Some((question, deferred)) =
            question.and_then(|question| Some((question.clone(), question.deferred?)))
        else {
            return Ok(());
        };
        let now = platform.clock.now();
        if deferred.state == DeferredState::Open && now < deferred.answer_by {
            return wake(platform, &deferred).await;
        }
        if let Some(done) = ended(platform, (&question, &deferred), now).await? {
            return dispatch::dispatch(platform, &done).await.map(|_| ());
        }
    }
    Err(AwsError::contended("ending a question"))
}

/// What was written to be sent; `None` if the question or its conversation moved meanwhile.
async fn ended(
    platform: &Platform,
    (question, before): (&Question, &Deferred),
    now: Timestamp,
) -> Result<Option<Vec<Outbound>>, AwsError> {
    let Some(asker) = asker(platform, before).await? else {
        return Ok(Some(Vec::new()));
    };
    let row = platform.tables.vendor(&before.vendor).await?;
    let config = row.map(|row| row.config);
    let speaks = |config: &VendorConfig| config.active && config.auto_reply;
    let speaking = config.filter(speaks);
    let (after, said) = match before.overdue((asker.epoch, speaking.is_none()), now) {
        Overdue::Settled | Overdue::NotYet(_) => return Ok(Some(Vec::new())),
        Overdue::Superseded(after) => (after, None),
        Overdue::Missed(after) => {
            let said = speaking.map(|config| said(&after, question, asker, &config, now));
            (after, said.flatten())
        }
    };
    let settled = Settled {
        before,
        after: &after,
        said: said
            .as_ref()
            .map(|(conversation, reply)| (conversation, reply)),
    };
    let commit = platform.tables.settle_deferred(settled, now).await?;
    if commit.is_done() {
        tracing::info!(vendor.id = %before.vendor, message.id = %before.question, state = after.state.as_str(), "a question's time is over");
        platform::telemetry::count_for(
            platform::telemetry::Metric::AnswerMissed,
            after.state.as_str(),
            &before.vendor,
        );
    }
    let written = said.map(|(_, reply)| reply).into_iter().collect();
    Ok(commit.is_done().then_some(written))
}

/// The conversation after the fallback, and the fallback.
fn said(
    after: &Deferred,
    question: &Question,
    asker: Asker,
    config: &VendorConfig,
    now: Timestamp,
) -> Option<(Conversation, Outbound)> {
    let answer = fallback::answer(config);
    let mut conversation = asker.conversation;
    conversation.version += 1;
    conversation.follows(&answer, config.handover(), now);
    let content = answer.replies.into_iter().next()?;
    let to = recipient(question, &conversation);
    let mut reply = after.reply(to, content).queued(now);
    conversation.holds(std::slice::from_mut(&mut reply), Duration::ZERO, now);
    conversation.offers(&reply);
    Some((conversation, reply))
}
