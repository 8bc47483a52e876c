use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::activity::Activity;
use crate::baileys;
use crate::contacts::Contacts;
use crate::files::Files;
use crate::groups::Groups;
use crate::message::Message;
use crate::op::{Applied, Op, Refusal};
use crate::session::{Session, SessionSpec, SessionStatus};
use crate::settings::Settings;
use crate::signal::SignalRecord;
use crate::webhook::{Outbox, Planned};

mod amend;
mod change;
mod sessions;

use sessions::Sessions;

/// The pure state machine: sessions, messages, contacts and the webhooks that wait.
#[derive(Default)]
pub(crate) struct State {
    sessions: Sessions,
    messages: Vec<Message>,
    by_id: HashMap<(u32, i64), usize>,
    pub(crate) contacts: Contacts,
    pub(crate) groups: Groups,
    signals: Vec<SignalRecord>,
    activities: Vec<Activity>,
    pub(crate) files: Files,
    pub(crate) outbox: Outbox,
    last_number: u32,
}

impl State {
    pub(crate) fn apply(&mut self, op: &Op, now: Timestamp) -> Result<Applied, Refusal> {
        let mut applied = Applied::default();
        match op {
            Op::Register { spec } => applied.session = self.register(spec, now)?,
            Op::Create {
                settings,
                api_key,
                webhook_secret,
            } => {
                applied.session = self.insert(Session {
                    api_key: api_key.clone(),
                    webhook_secret: webhook_secret.clone(),
                    ..Session::new(self.last_number + 1, settings.clone(), now)
                });
            }
            Op::Update { .. }
            | Op::SetStatus { .. }
            | Op::NewCode { .. }
            | Op::Restart { .. }
            | Op::SetKey { .. } => self.change(op, now)?,
            Op::Delete { session } => self.delete(*session)?,
            Op::Accept { session, .. } => {
                applied.session = *session;
                applied.msg_id = self.accept(op, now)?;
            }
            Op::Resend { .. } | Op::Edit { .. } | Op::Revoke { .. } | Op::Vote { .. } => {
                self.amend(op, now)?;
            }
            Op::Signal { session, signal } => self.signal(*session, signal, now)?,
            Op::Learn { contact } => self.contacts.learn(contact),
            Op::LearnGroup { group } => self.groups.learn(group, now),
            Op::Keep { file } => self.files.keep(file),
            Op::Queue { session, webhooks } => {
                applied.serials = self.queue(*session, webhooks, now)?;
            }
            Op::Settle {
                session,
                serial,
                settled,
            } => {
                let label = self
                    .session(*session)
                    .ok_or(Refusal::UnknownSession)?
                    .label
                    .clone();
                self.outbox.settle(*session, &label, *serial, *settled, now);
            }
            Op::Reset => self.reset(),
        }
        Ok(applied)
    }

    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.all()
    }

    pub(crate) fn session(&self, number: u32) -> Option<&Session> {
        self.sessions.get(number)
    }

    /// The session of an API key.
    pub(crate) fn session_of_key(&self, api_key: &str) -> Option<&Session> {
        self.sessions.of_key(api_key)
    }

    /// The session of this number or label.
    pub(crate) fn session_named(&self, id: &str) -> Option<&Session> {
        let by_number = id.parse().ok().and_then(|number| self.session(number));
        by_number.or_else(|| self.sessions.of_label(id))
    }

    /// In order of acceptance.
    pub(crate) fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(crate) fn message(&self, session: u32, msg_id: i64) -> Option<&Message> {
        self.by_id
            .get(&(session, msg_id))
            .and_then(|index| self.messages.get(*index))
    }

    /// What was told without a message, in order.
    pub(crate) fn signals(&self) -> &[SignalRecord] {
        &self.signals
    }

    /// The activity log, oldest first.
    pub(crate) fn activities(&self) -> &[Activity] {
        &self.activities
    }

    /// A spec that changes nothing leaves the session as it is; any other links and connects it.
    fn register(&mut self, spec: &SessionSpec, now: Timestamp) -> Result<u32, Refusal> {
        if spec.vendor_id.is_empty() || spec.instance_id.is_empty() || !spec.phone.starts_with('+')
        {
            return Err(Refusal::IncompleteSession);
        }
        if self
            .session_of_key(&spec.api_key)
            .is_some_and(|session| session.label != spec.instance_id)
        {
            return Err(Refusal::KeyInUse);
        }
        let known = self.sessions.of_label(&spec.instance_id);
        let known = known.map(|session| session.number);
        let number = known.unwrap_or_else(|| {
            let settings = Settings::registered(&spec.instance_id, &spec.phone);
            self.insert(Session {
                label: spec.instance_id.clone(),
                ..Session::new(self.last_number + 1, settings, now)
            })
        });
        let link = |session: &mut Session| session.link(spec, now);
        let is_new = self.sessions.edit(number, link);
        if is_new.ok_or(Refusal::UnknownSession)? {
            self.activities
                .push(Activity::changed(number, SessionStatus::Connected, now));
        }
        Ok(number)
    }

    fn insert(&mut self, session: Session) -> u32 {
        let number = session.number;
        self.last_number = number;
        self.sessions.insert(session);
        number
    }

    fn edit<T>(
        &mut self,
        session: u32,
        now: Timestamp,
        change: impl FnOnce(&mut Session) -> T,
    ) -> Result<T, Refusal> {
        let changed = self.sessions.edit(session, |session| {
            session.updated_at = now;
            change(session)
        });
        changed.ok_or(Refusal::UnknownSession)
    }

    fn delete(&mut self, session: u32) -> Result<(), Refusal> {
        self.sessions
            .remove(session)
            .ok_or(Refusal::UnknownSession)?;
        self.outbox.forget_session(session);
        Ok(())
    }

    fn accept(&mut self, op: &Op, now: Timestamp) -> Result<i64, Refusal> {
        let Op::Accept {
            session: number,
            request,
            steps,
            failure,
        } = op
        else {
            return Err(Refusal::UnknownSession);
        };
        let quoted = request
            .reply_to
            .and_then(|msg_id| self.message(*number, msg_id));
        let content = baileys::content(request, quoted);
        let taken = self.sessions.edit(*number, |session| {
            let msg_id = session.next_msg_id;
            session.next_msg_id += 1;
            (msg_id, session.label.clone())
        });
        let (msg_id, label) = taken.ok_or(Refusal::UnknownSession)?;
        self.by_id.insert((*number, msg_id), self.messages.len());
        self.messages.push(Message {
            session: *number,
            label,
            msg_id,
            key_id: baileys::sent_id(*number, msg_id, now),
            request: request.clone(),
            content,
            accepted_at: now,
            steps: steps
                .iter()
                .map(|step| (now + step.after, step.status))
                .collect(),
            failure: failure.clone(),
            edited: None,
            revoked: false,
            votes: BTreeMap::new(),
        });
        Ok(msg_id)
    }

    fn queue(
        &mut self,
        session: u32,
        webhooks: &[Planned],
        now: Timestamp,
    ) -> Result<Vec<u64>, Refusal> {
        let label = self
            .session(session)
            .ok_or(Refusal::UnknownSession)?
            .label
            .clone();
        let push = |webhook: &Planned| self.outbox.push(session, &label, webhook.clone(), now);
        Ok(webhooks.iter().filter_map(push).collect())
    }

    /// Message numbers go on counting, so that the gateway sees no number twice.
    fn reset(&mut self) {
        self.messages.clear();
        self.by_id.clear();
        self.outbox.clear();
        self.contacts = Contacts::default();
        self.groups = Groups::default();
        self.signals.clear();
        self.activities.clear();
        self.files = Files::default();
        let numbers: Vec<_> = self.sessions().map(|session| session.number).collect();
        for number in numbers {
            let connect = |session: &mut Session| session.connect(&SessionStatus::Connected);
            self.sessions.edit(number, connect);
        }
    }
}

#[cfg(test)]
mod tests;
