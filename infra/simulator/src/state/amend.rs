//! What happens to a message after it was taken.

use jiff::Timestamp;

use super::State;
use crate::baileys;
use crate::message::Message;
use crate::op::{Op, Refusal};
use crate::signal::{Signal, SignalRecord};

impl State {
    /// A message of this session by WhatsApp's id.
    pub(crate) fn message_with_key(&self, session: u32, key_id: &str) -> Option<&Message> {
        let is_meant = |message: &&Message| message.session == session && message.key_id == key_id;
        self.messages.iter().rev().find(is_meant)
    }

    pub(super) fn amend(&mut self, op: &Op, now: Timestamp) -> Result<(), Refusal> {
        match op {
            Op::Resend {
                session,
                msg_id,
                steps,
                failure,
            } => {
                let message = self.message_mut(*session, *msg_id)?;
                let steps = steps.iter().map(|step| (now + step.after, step.status));
                message.steps = steps.collect();
                message.failure.clone_from(failure);
            }
            Op::Edit {
                session,
                msg_id,
                text,
            } => {
                let message = self.message_mut(*session, *msg_id)?;
                message.content = baileys::edited(&message.content, text);
                message.edited = Some(now);
            }
            Op::Revoke { session, msg_id } => self.message_mut(*session, *msg_id)?.revoked = true,
            Op::Vote {
                session,
                key_id,
                voter,
                options,
            } => {
                let msg_id = self
                    .message_with_key(*session, key_id)
                    .map(|poll| poll.msg_id);
                let poll = self.message_mut(*session, msg_id.ok_or(Refusal::UnknownMessage)?)?;
                poll.votes.insert(voter.clone(), options.clone());
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn signal(
        &mut self,
        session: u32,
        signal: &Signal,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let session = self.session(session).ok_or(Refusal::UnknownSession)?;
        let record = SignalRecord {
            session: session.label.clone(),
            signal: signal.clone(),
            at: now,
        };
        self.signals.push(record);
        Ok(())
    }

    fn message_mut(&mut self, session: u32, msg_id: i64) -> Result<&mut Message, Refusal> {
        let index = self.by_id.get(&(session, msg_id)).copied();
        index
            .and_then(|index| self.messages.get_mut(index))
            .ok_or(Refusal::UnknownMessage)
    }
}
