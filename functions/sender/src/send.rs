//! The turn of one queue entry, until the provider is called.

use std::time::Duration;

use domain::entry::OutboundEntry;
use domain::turn::{Entry, Turn, turn};
use domain::{Lane, Outbound, RejectClass, SendOutcome, limits};
use flows::batch::Handled;
use flows::{call, settle};
use jiff::Timestamp;
use platform::tables::{Commit, Sendable, TAKE_EPOCH};
use platform::{AwsError, NoAnswer};
use providers::wasender::{self, Session};
use providers::{ProviderRequest, Recipient};
use tokio::time::Instant;

use crate::App;
use crate::outcome::Outcome;

/// How often a turn is decided anew because the message or its lane moved meanwhile.
const TRIES: usize = 6;

impl App {
    pub(crate) async fn entry(
        &self,
        entry: &OutboundEntry,
        begun: Instant,
    ) -> Result<Handled, AwsError> {
        let mut epoch = None;
        for _ in 0..TRIES {
            let tables = &self.platform.tables;
            let Some(read) = tables
                .sendable(&entry.vendor_id, &entry.waba_id, &entry.message_id)
                .await?
            else {
                tracing::error!(message.id = %entry.message_id, "an outbound entry has no message");
                return Ok(Handled::Done);
            };
            let control_epoch = epoch.unwrap_or(read.control_epoch);
            let now = self.platform.clock.now();
            match turn(
                &read.message,
                &read.lane,
                Entry {
                    generation: entry.generation,
                    control_epoch,
                },
                now,
            ) {
                Turn::Drop(reason) => {
                    tracing::info!(message.id = %entry.message_id, ?reason, "an outbound entry is dropped");
                    return Ok(Handled::Done);
                }
                Turn::InFlight(until) => return Ok(Handled::Again(Some(wait_until(until, now)))),
                Turn::Wait(due) => {
                    if let Some(handled) = self.waited(&read, (due, now), begun).await? {
                        return Ok(handled);
                    }
                }
                Turn::Park { message, lane } => {
                    if tables
                        .park((&read.message, &read.lane), (&message, &lane), now)
                        .await?
                        .is_done()
                    {
                        return Ok(Handled::Done);
                    }
                }
                Turn::End(message) => {
                    if settle::end(&self.platform, &read.message, *message, now).await? {
                        return Ok(Handled::Done);
                    }
                }
                Turn::Send { message, lane } => {
                    match self.taken(&read, &message, &lane, begun).await? {
                        Taken::Handled(handled) => return Ok(handled),
                        Taken::EpochMoved => {
                            epoch = Some(
                                tables
                                    .control_epoch(&entry.vendor_id, &read.message.conversation)
                                    .await?,
                            );
                        }
                        Taken::Lost => {}
                    }
                }
            }
        }
        Ok(Handled::Again(Some(Duration::from_secs(1))))
    }

    /// Waits for a message that is due soon; gives back one that is due later; parks one that is due much later.
    async fn waited(
        &self,
        read: &Sendable,
        (due, now): (Timestamp, Timestamp),
        begun: Instant,
    ) -> Result<Option<Handled>, AwsError> {
        let wait = wait_until(due, now);
        if begun.elapsed() + wait <= limits::SENDER_WAITS {
            self.platform.clock.sleep_until(due).await;
            return Ok(None);
        }
        if wait <= limits::REQUEUE_WAITS {
            return Ok(Some(Handled::Again(Some(wait))));
        }
        let lane = read
            .lane
            .clone()
            .parked(domain::ParkReason::RateLimited, Some(due));
        let Turn::Park { message, lane } = domain::turn::park(read.message.clone(), lane, now)
        else {
            return Ok(None);
        };
        let parked = self
            .platform
            .tables
            .park((&read.message, &read.lane), (&message, &lane), now)
            .await?;
        Ok(parked.is_done().then_some(Handled::Done))
    }

    async fn taken(
        &self,
        read: &Sendable,
        message: &Outbound,
        lane: &Lane,
        begun: Instant,
    ) -> Result<Taken, AwsError> {
        let prepared = match self.prepared(message, read).await {
            Ok(prepared) => prepared,
            Err(unprepared) => return self.unsent(read, unprepared).await,
        };
        if limits::SENDER_FUNCTION_TIMEOUT.saturating_sub(begun.elapsed()) < limits::SEND_NEEDS {
            return Ok(Taken::Handled(Handled::Again(Some(Duration::from_secs(1)))));
        }
        match self
            .platform
            .tables
            .take(read, message, lane, self.platform.clock.now())
            .await?
        {
            Commit::Done => {}
            Commit::Lost(parts) if parts == [TAKE_EPOCH] => return Ok(Taken::EpochMoved),
            Commit::Lost(_) => return Ok(Taken::Lost),
        }
        let outcome = match call::perform(&self.platform.http, prepared).await {
            Ok(answer) => Outcome::Told(wasender::read_send(
                answer.status().as_u16(),
                answer.headers(),
                answer.body(),
            )),
            Err(NoAnswer::NotReached) => Outcome::NotReached,
            Err(NoAnswer::Lost) => Outcome::Told(SendOutcome::Unknown),
        };
        self.settle(message, lane, outcome)
            .await
            .map(Taken::Handled)
    }

    /// The request to the provider, from what is known before anything is taken.
    async fn prepared(
        &self,
        message: &Outbound,
        read: &Sendable,
    ) -> Result<ProviderRequest, Unprepared> {
        let to = Recipient::of(&message.to, None).ok_or(Unprepared::Unsendable("no_recipient"))?;
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
        session
            .send_message(&to, &message.content, None)
            .map_err(|cause| Unprepared::Unsendable(cause.code()))
    }

    async fn unsent(&self, read: &Sendable, unprepared: Unprepared) -> Result<Taken, AwsError> {
        let now = self.platform.clock.now();
        let done = match unprepared {
            Unprepared::Later(error) => return Err(error),
            Unprepared::Unsendable(code) => {
                let mut ended = read.message.clone().moved_to(domain::Dispatch::Rejected);
                ended.failure = Some(format!("{}: {code}", RejectClass::Unsendable.as_str()));
                settle::end(&self.platform, &read.message, ended, now).await?
            }
            Unprepared::NoKey => {
                tracing::error!(vendor.id = %read.message.vendor, "a session has no API key; its lane stops");
                let stop = (
                    domain::ParkReason::Credentials,
                    now.checked_add(limits::PROBE_AFTER).ok(),
                );
                let Turn::Park { message, lane } =
                    domain::turn::stopped(read.message.clone(), read.lane.clone(), stop, now)
                else {
                    return Ok(Taken::Lost);
                };
                self.platform
                    .tables
                    .park((&read.message, &read.lane), (&message, &lane), now)
                    .await?
                    .is_done()
            }
        };
        Ok(if done {
            Taken::Handled(Handled::Done)
        } else {
            Taken::Lost
        })
    }
}

/// How taking a send went on.
enum Taken {
    Handled(Handled),
    /// The conversation was taken over, stopped or paused.
    EpochMoved,
    /// The message or its lane moved.
    Lost,
}

/// Why no request could be made.
enum Unprepared {
    Later(AwsError),
    Unsendable(&'static str),
    NoKey,
}

fn wait_until(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default()
}
