//! The turn of one queue entry, until the provider is called.

use std::time::Duration;

use domain::entry::OutboundEntry;
use domain::restore::Restore;
use domain::turn::{Entry, Turn, stopped, turn};
use domain::{Dispatch, Failure, Lane, Outbound, ParkReason, RejectClass, SendOutcome, limits};
use flows::batch::Handled;
use flows::breaker::HeldUntil;
use flows::{call, lane, restore, settle};
use jiff::Timestamp;
use platform::tables::{Commit, Control, Sendable, TAKE_CONTROL};
use platform::{AwsError, NoAnswer};
use providers::ProviderRequest;
use providers::wasender::{self, Session};
use tokio::time::Instant;

use crate::App;
use crate::outcome::{Dwelt, Outcome};

/// A message that was in hand for longer than this before it left waited for its turn.
const PACED: Duration = Duration::from_millis(200);

/// How often a turn is decided anew because the message or its lane moved meanwhile.
const TRIES: usize = 6;

impl App {
    pub(crate) async fn entry(
        &self,
        entry: &OutboundEntry,
        visit: Visit,
    ) -> Result<Handled, AwsError> {
        let mut control = None;
        for _ in 0..TRIES {
            // Boxed: a step holds its message in several states.
            match Box::pin(self.step(entry, control.as_ref(), visit)).await? {
                Step::Handled(handled) => return Ok(handled),
                Step::Moved => {}
                Step::ControlMoved(moved) => control = Some(moved),
            }
        }
        Ok(Handled::Again(Some(Duration::from_secs(1))))
    }

    /// Reads, decides, and does what was decided.
    async fn step(
        &self,
        entry: &OutboundEntry,
        control: Option<&Control>,
        visit: Visit,
    ) -> Result<Step, AwsError> {
        let tables = &self.platform.tables;
        let held = self.held.known(self.platform.clock.now());
        let at = (&entry.vendor_id, &entry.waba_id);
        let Some(read) = tables
            .sendable(at, &entry.message_id, held.is_none())
            .await?
        else {
            tracing::error!(message.id = %entry.message_id, "an outbound entry has no message");
            return Ok(Step::Handled(Handled::Done));
        };
        if self.waits_for_a_restore(&read.lane).await? {
            let again = Handled::Again(Some(limits::RESTORE_LOOK));
            return Ok(Step::Handled(again));
        }
        let now = self.platform.clock.now();
        let HeldUntil(held_until) = held.unwrap_or_else(|| self.held.keep(read.held_until, now));
        let said = Entry {
            generation: entry.generation,
            control_epoch: control.map_or(read.control_epoch, |control| control.epoch),
            doubt_until: control
                .and_then(|control| control.doubt.as_ref())
                .map(|(until, _)| *until),
            held_until,
        };
        match turn(&read.message, &read.lane, said, now) {
            Turn::Drop(reason) => {
                tracing::info!(message.id = %entry.message_id, ?reason, "an outbound entry is dropped");
                Ok(Step::Handled(Handled::Done))
            }
            Turn::InFlight(until) => {
                Ok(Step::Handled(Handled::Again(Some(wait_until(until, now)))))
            }
            Turn::Wait(due) => self.waited(&read, (due, now), visit.begun).await,
            Turn::Park { message, lane } => {
                let parked = tables
                    .park((&read.message, &read.lane), (&message, &lane), now)
                    .await?;
                if parked.is_done() {
                    lane::count_parked(&read.message.vendor, &read.lane, &lane);
                    // A drain may have stopped at it while it was being sent.
                    settle::list_shorter(&self.platform, &read.message).await?;
                }
                Ok(Step::done_if(parked.is_done()))
            }
            Turn::End(message) => Ok(Step::done_if(
                settle::end(&self.platform, &read.message, *message, now).await?,
            )),
            Turn::Send { message, lane } => {
                let lane = self.under_the_restore(lane);
                self.taken(&read, (&message, &lane), visit).await
            }
        }
    }

    /// Whether the tables were restored from a backup, and that is not worked through. The transaction that takes a send checks it again.
    async fn waits_for_a_restore(&self, lane: &Lane) -> Result<bool, AwsError> {
        let restore = self.platform.restore;
        if restore.is_none_or(|restore| lane.restored == Some(restore.moment())) {
            return Ok(false);
        }
        restore::is_pending(&self.platform, restore).await
    }

    /// The lane that a send leaves by: its first one after a restore notes that.
    fn under_the_restore(&self, lane: Lane) -> Lane {
        let restore = self.platform.restore.map(Restore::moment);
        Lane {
            restored: restore.or(lane.restored),
            ..lane
        }
    }

    /// Waits for a message that is due soon; gives back one that is due later; parks one that is due much later.
    async fn waited(
        &self,
        read: &Sendable,
        (due, now): (Timestamp, Timestamp),
        begun: Instant,
    ) -> Result<Step, AwsError> {
        let wait = wait_until(due, now);
        if begun.elapsed() + wait <= limits::SENDER_WAITS {
            self.platform.clock.sleep_until(due).await;
            return Ok(Step::Moved);
        }
        if wait <= limits::REQUEUE_WAITS {
            return Ok(Step::Handled(Handled::Again(Some(wait))));
        }
        self.stand_still(read, (ParkReason::RateLimited, Some(due)), now)
            .await
    }

    /// Stops the lane with this message on its list.
    async fn stand_still(
        &self,
        read: &Sendable,
        stop: (ParkReason, Option<Timestamp>),
        now: Timestamp,
    ) -> Result<Step, AwsError> {
        let Turn::Park { message, lane } =
            stopped(read.message.clone(), read.lane.clone(), stop, now)
        else {
            return Ok(Step::Moved);
        };
        let parked = self
            .platform
            .tables
            .park((&read.message, &read.lane), (&message, &lane), now)
            .await?;
        if parked.is_done() {
            lane::count_parked(&read.message.vendor, &read.lane, &lane);
        }
        Ok(Step::done_if(parked.is_done()))
    }

    async fn taken(
        &self,
        read: &Sendable,
        (message, lane): (&Outbound, &Lane),
        visit: Visit,
    ) -> Result<Step, AwsError> {
        let begun = visit.begun;
        let (prepared, quoted) = match self.prepared(message, read).await {
            Ok(prepared) => prepared,
            Err(unprepared) => return self.unsent(read, unprepared).await,
        };
        let message = &message.clone().quoting(quoted);
        if left(begun) < limits::SEND_NEEDS {
            return Ok(Step::Handled(Handled::Again(Some(Duration::from_secs(1)))));
        }
        let tables = &self.platform.tables;
        match tables
            .take(read, message, lane, self.platform.clock.now())
            .await?
        {
            Commit::Done => {}
            Commit::Lost(parts) if parts == [TAKE_CONTROL] => {
                return self.control_moved(message).await;
            }
            Commit::Lost(_) => return Ok(Step::Moved),
        }
        if left(begun) < limits::CALL_NEEDS {
            // Taking took long; the call would outlive the invocation. No byte left yet.
            let untried = message.clone().untried();
            let queued = self.queued_again(&untried, Duration::from_secs(1)).await?;
            return Ok(Step::Handled(queued));
        }
        let cause = visit.waited_for(message);
        let called = Instant::now();
        let outcome = match call::perform(&self.platform.http, prepared).await {
            Ok(answer) => Outcome::Told(wasender::read_send(
                answer.status().as_u16(),
                answer.headers(),
                answer.body(),
            )),
            Err(NoAnswer::NotReached) => Outcome::NotReached,
            Err(NoAnswer::Lost) => Outcome::Told(SendOutcome::Unknown),
        };
        let dwelt = Dwelt {
            cause,
            asked_at: read.asked_at,
            provider: called.elapsed(),
        };
        let settling = self.settle(message, lane, (outcome, dwelt));
        settling.await.map(Step::Handled)
    }

    /// The conversation was taken over, stopped or paused, or waits for evidence of an earlier message, unless that is settled by now.
    async fn control_moved(&self, message: &Outbound) -> Result<Step, AwsError> {
        let tables = &self.platform.tables;
        let control = tables
            .control(&message.vendor, &message.conversation)
            .await?;
        let now = self.platform.clock.now();
        if let Some((_, of)) = control.doubt.as_ref().filter(|(until, _)| *until > now) {
            let doubted = tables.outbound(&message.vendor, of).await?;
            let in_doubt = |doubted: Outbound| {
                doubted.dispatch == Dispatch::Unknown && doubted.follow_up.discarded_at.is_none()
            };
            if !doubted.is_some_and(in_doubt) {
                tables.end_doubt(message, of).await?;
                return Ok(Step::Moved);
            }
        }
        Ok(Step::ControlMoved(control))
    }

    /// The request to the provider, from what is known before anything is taken, and whether it holds the quote that was asked for.
    async fn prepared(
        &self,
        message: &Outbound,
        read: &Sendable,
    ) -> Result<(ProviderRequest, bool), Unprepared> {
        let to = self.recipient(message).await.map_err(Unprepared::Later)?;
        let to = to.ok_or(Unprepared::Unsendable("no_recipient"))?;
        let quote = self.number_to_quote(message).await?;
        // A session whose key was refused is tried with the key that the store has now.
        let at_hand = if read.message.attempts > 0 {
            self.platform.secrets.read(&message.vendor).await
        } else {
            self.platform.secrets.vendor(&message.vendor).await
        };
        let secrets = at_hand.map_err(Unprepared::Later)?.secrets;
        let api_key = secrets
            .as_ref()
            .and_then(|secrets| secrets.of(&message.waba))
            .and_then(|instance| instance.api_key.clone());
        let api_key = api_key.ok_or(Unprepared::NoKey)?;
        let session = Session {
            base_url: &self.wasender_api_url,
            api_key: &api_key,
        };
        let request = session
            .send_message(&to, &message.content, quote)
            .map_err(|cause| Unprepared::Unsendable(cause.code()))?;
        Ok((request, quote.is_some()))
    }

    /// The provider's number of the message to quote. Without one the message is worth sending alone.
    async fn number_to_quote(&self, message: &Outbound) -> Result<Option<i64>, Unprepared> {
        let Some(id) = &message.quote else {
            return Ok(None);
        };
        let reading = self.platform.tables.quotable(&message.vendor, id);
        let found = reading.await.map_err(Unprepared::Later)?;
        Ok(found.and_then(|found| found.msg_id))
    }

    async fn unsent(&self, read: &Sendable, unprepared: Unprepared) -> Result<Step, AwsError> {
        let now = self.platform.clock.now();
        match unprepared {
            Unprepared::Later(error) => Err(error),
            Unprepared::Unsendable(code) => {
                let mut ended = read.message.clone().moved_to(Dispatch::Rejected);
                ended.failure = Some(Failure::new(RejectClass::Unsendable, code).to_string());
                Ok(Step::done_if(
                    settle::end(&self.platform, &read.message, ended, now).await?,
                ))
            }
            Unprepared::NoKey => {
                tracing::error!(vendor.id = %read.message.vendor, "a session has no API key; its lane stops");
                let resume_at = now.checked_add(limits::PROBE_AFTER).ok();
                self.stand_still(read, (ParkReason::Credentials, resume_at), now)
                    .await
            }
        }
    }
}

/// One visit of a queue entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) begun: Instant,
    /// Whether the entry was never here before.
    pub(crate) is_first: bool,
}

impl Visit {
    /// What the message waited for longest before it left, as far as it and its entry tell.
    fn waited_for(self, message: &Outbound) -> &'static str {
        if message.expires.is_some() {
            "parked"
        } else if message.not_before.is_some() {
            "held"
        } else if !self.is_first || self.begun.elapsed() > PACED {
            "paced"
        } else {
            "queue"
        }
    }
}

/// How one step of a turn ended.
enum Step {
    Handled(Handled),
    /// The message or its lane moved: decide anew.
    Moved,
    /// The conversation says something else than before.
    ControlMoved(Control),
}

impl Step {
    const fn done_if(done: bool) -> Self {
        if done {
            Self::Handled(Handled::Done)
        } else {
            Self::Moved
        }
    }
}

/// Why no request could be made.
enum Unprepared {
    Later(AwsError),
    Unsendable(&'static str),
    NoKey,
}

/// What is left of the invocation.
fn left(begun: Instant) -> Duration {
    limits::SENDER_FUNCTION_TIMEOUT.saturating_sub(begun.elapsed())
}

fn wait_until(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default()
}
