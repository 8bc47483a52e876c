//! A reply to a question whose engine answers later: it goes to whoever asked, and is as automatic as if it had come at once.

use std::slice::from_mut;
use std::time::Duration;

use domain::deferred::{Deferred, NotTaken};
use domain::{Contact, GroupId, Identity, MessageId, Outbound, engine};
use flows::deferral::{self, Asker};
use flows::problem::Problem;
use platform::tables::{Question, Staff};

use crate::attending::busy;
use crate::body::invalid;
use crate::call::Call;
use crate::draft::Wanted;
use crate::{Answer, App, unavailable};

/// How often a reply is written anew because its question or its conversation moved meanwhile.
const TRIES: usize = 4;

impl App {
    /// Queues a late reply; the same key and body give the same message.
    pub(crate) async fn answer_later(
        &self,
        call: &Call<'_>,
        (wanted, id): (&Wanted, &MessageId),
        known: Option<(&str, &str)>,
    ) -> Answer {
        let vendor = &call.vendor()?;
        let handover = self.row(vendor).await?.config.handover();
        for _ in 0..TRIES {
            let (question, before) = self.deferred(call, id).await?;
            let asker = deferral::asker(&self.platform, &before).await;
            let Some(asker) = asker.map_err(|error| unavailable(&error))? else {
                return Err(unknown());
            };
            let now = self.platform.clock.now();
            let after = before.answered(asker.epoch, now).map_err(not_taken)?;
            let to = deferral::recipient(&question, &asker.conversation);
            fits(wanted, &after, &to)?;
            let drafted = after.reply(to, wanted.content.clone());
            let drafted = self.quoting(vendor, wanted, drafted).await?;
            let mut message = Outbound {
                asked_by: Some(call.caller.name.clone()),
                ..drafted.queued(now)
            };
            let mut conversation = followed(asker, (&wanted.answer, handover), now);
            conversation.holds(from_mut(&mut message), Duration::ZERO, now);
            conversation.offers(&message);
            let staff = Staff {
                message: &message,
                conversation: &conversation,
                new_aliases: &[],
                idempotency: known,
                answers: Some((&before, &after)),
            };
            if let Some(answer) = self.kept(staff, now).await? {
                return Ok(answer);
            }
        }
        Err(busy())
    }

    /// The question, which waits for its answer, or did.
    async fn deferred(
        &self,
        call: &Call<'_>,
        id: &MessageId,
    ) -> Result<(Question, Deferred), Problem> {
        let found = self.platform.tables.question(&call.vendor()?, id).await;
        let Some(question) = found.map_err(|error| unavailable(&error))? else {
            return Err(unknown());
        };
        match question.deferred.clone() {
            Some(deferred) => Ok((question, deferred)),
            // The engine was quicker than the decision that follows its word.
            None if !question.is_decided => Err(busy()),
            None => Err(conflict(
                "not_deferred",
                "its engine did not say that it answers later",
                "answer 202 to the question first, or write without inReplyTo",
            )),
        }
    }
}

/// The conversation after a reply.
fn followed(
    asker: Asker,
    (answer, handover): (&engine::Answer, Duration),
    now: jiff::Timestamp,
) -> domain::conversation::Conversation {
    let mut conversation = asker.conversation;
    conversation.version += 1;
    conversation.follows(answer, handover, now);
    conversation
}

/// Whoever is named must be who asked, at the number where they did.
fn fits(
    wanted: &Wanted,
    question: &Deferred,
    (contact, group): &(Contact, Option<GroupId>),
) -> Result<(), Problem> {
    let is_asker = |to: &Identity| match to {
        Identity::Group(to) => group.as_ref() == Some(to),
        Identity::Phone(_) | Identity::Lid(_) => contact.identities().any(|of| of == *to),
    };
    if wanted.to.as_ref().is_some_and(|to| !is_asker(to)) {
        return Err(invalid("to", "did not ask; leave it out"));
    }
    if wanted
        .waba
        .as_ref()
        .is_some_and(|waba| *waba != question.waba)
    {
        return Err(invalid("wabaId", "the question came to another number"));
    }
    if !wanted.content.mentions.is_empty() && group.is_none() {
        return Err(crate::draft::only_in_groups());
    }
    Ok(())
}

fn unknown() -> Problem {
    invalid("inReplyTo", "the vendor was sent no such message")
}

fn not_taken(reason: NotTaken) -> Problem {
    match reason {
        NotTaken::TooLate => conflict(
            "too_late",
            "its time is over",
            "reply within five minutes of the question",
        ),
        NotTaken::Superseded => conflict(
            "superseded",
            "somebody else attends to its conversation since",
            "say nothing",
        ),
        NotTaken::TooMany => conflict(
            "too_many_replies",
            "it has as many replies as a question may have",
            "say more in one message",
        ),
    }
}

fn conflict(code: &'static str, detail: &str, hint: &'static str) -> Problem {
    Problem::new(409, code, "Conflict", format!("inReplyTo: {detail}"))
        .field("inReplyTo")
        .hint(hint)
}
