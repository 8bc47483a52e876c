//! What `functions/sender` does with an entry.

use std::time::Duration;

use domain::turn::{Entry, Turn, park, stopped, turn};
use domain::{
    Dispatch, Lane, MessageId, Origin, Outbound, ParkReason, Quota, SendOutcome, backoff, limits,
};
use jiff::Timestamp;

use crate::flows;
use crate::ledger::{Pair, Taken};
use crate::provider::{Outcome, call};
use crate::queue::Record;
use crate::world::{State, World};

const DECISIONS: usize = 6;
const TRIES: usize = 8;

/// What becomes of an entry.
enum Handled {
    Done,
    Again(Duration),
}

enum Step {
    Handled(Handled),
    Moved,
    EpochMoved(u64),
    InDoubt(Timestamp),
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

/// One entry, from the queue's hand until it is deleted or given back.
pub(crate) async fn one(world: &World, record: &Record) {
    match entry(world, record).await {
        Handled::Done => world.io(|state| state.queue.delete(record)).await,
        Handled::Again(wait) => {
            world
                .io(|state| state.queue.hide(record, wait, state.now))
                .await;
        }
    }
}

async fn entry(world: &World, record: &Record) -> Handled {
    let (begun, mut epoch, mut doubt) = (world.now(), None, None);
    for _ in 0..DECISIONS {
        match step(world, record, (epoch, doubt), begun).await {
            Step::Handled(handled) => return handled,
            Step::Moved => {}
            Step::EpochMoved(moved) => epoch = Some(moved),
            Step::InDoubt(until) => doubt = Some(until),
        }
    }
    Handled::Again(Duration::from_secs(1))
}

async fn step(
    world: &World,
    record: &Record,
    (epoch, doubt_until): (Option<u64>, Option<Timestamp>),
    begun: Timestamp,
) -> Step {
    let read = world
        .io(|state| state.ledger.sendable(&record.message))
        .await;
    let carried = match &read.message.origin {
        Origin::Automatic { epoch, .. } => *epoch,
        Origin::Staff | Origin::Phone => 0,
    };
    let now = world.now();
    let entry = Entry {
        generation: record.generation,
        control_epoch: epoch.unwrap_or(carried),
        doubt_until,
        held_until: None,
    };
    match turn(&read.message, &read.lane, entry, now) {
        Turn::Drop(_) => Step::Handled(Handled::Done),
        Turn::InFlight(until) => Step::Handled(Handled::Again(wait_until(until, now))),
        Turn::Wait(due) => waited(world, &read, due, begun).await,
        Turn::Park { message, lane } => put_away(world, &read, *message, lane).await,
        Turn::End(ended) => Step::done_if(flows::end(world, &read.message, *ended).await),
        Turn::Send { message, lane } => {
            let taken = Pair {
                message: *message,
                lane,
            };
            taken_and_called(world, &read, &taken, begun).await
        }
    }
}

async fn put_away(world: &World, read: &Pair, message: Outbound, lane: Lane) -> Step {
    let after = Pair { message, lane };
    let parked = world.io(|state| state.park(read, &after)).await;
    if parked {
        flows::list_shorter(world, &read.message).await;
    }
    Step::done_if(parked)
}

async fn waited(world: &World, read: &Pair, due: Timestamp, begun: Timestamp) -> Step {
    let now = world.now();
    let wait = wait_until(due, now);
    if wait_until(now, begun) + wait <= limits::SENDER_WAITS {
        world.sleep_until(due).await;
        return Step::Moved;
    }
    if wait <= limits::REQUEUE_WAITS {
        return Step::Handled(Handled::Again(wait));
    }
    let stop = (ParkReason::RateLimited, Some(due));
    match stopped(read.message.clone(), read.lane.clone(), stop, now) {
        Turn::Park { message, lane } => put_away(world, read, *message, lane).await,
        _ => Step::Moved,
    }
}

async fn taken_and_called(world: &World, read: &Pair, taken: &Pair, begun: Timestamp) -> Step {
    let left = limits::SENDER_FUNCTION_TIMEOUT.saturating_sub(wait_until(world.now(), begun));
    if left < limits::SEND_NEEDS {
        return Step::Handled(Handled::Again(Duration::from_secs(1)));
    }
    match world.io(|state| state.take(read, taken)).await {
        Taken::Done => {}
        Taken::Lost => return Step::Moved,
        Taken::EpochMoved(epoch) => return Step::EpochMoved(epoch),
        Taken::InDoubt(until, of) => return in_doubt(world, &taken.message, (until, of)).await,
    }
    let outcome = call(world, &taken.message).await;
    Step::Handled(settle(world, taken, outcome).await)
}

/// The conversation waits, unless what it waits for is settled by now.
async fn in_doubt(world: &World, message: &Outbound, (until, of): (Timestamp, MessageId)) -> Step {
    let settled = |state: &mut State| state.ledger.message(&of).dispatch != Dispatch::Unknown;
    if !world.io(settled).await {
        return Step::InDoubt(until);
    }
    world.io(|state| state.undoubt(&message.id, &of)).await;
    Step::Moved
}

async fn settle(world: &World, taken: &Pair, outcome: Outcome) -> Handled {
    let message = &taken.message;
    let now = world.now();
    let probe = now.checked_add(limits::PROBE_AFTER).ok();
    if !may_have_left(&outcome) && taken.lane.pace.day_cap.is_some() {
        flows::change(world, |lane| lane.given_back(now)).await;
    }
    let untried = message.clone().untried();
    let parked = |reason| move |lane: Lane| lane.parked(reason, probe);
    match outcome {
        Outcome::Told(SendOutcome::Accepted { quota, .. }) => accepted(world, taken, quota).await,
        Outcome::Told(SendOutcome::Unknown) => doubted(world, message).await,
        Outcome::Told(SendOutcome::NotConnected) => {
            stop(world, &untried, parked(ParkReason::NotConnected)).await
        }
        Outcome::Told(SendOutcome::Unauthorized) if message.attempts < 2 => {
            queued_again(world, message, Duration::from_secs(1)).await
        }
        Outcome::Told(SendOutcome::Unauthorized) => {
            stop(world, &untried, parked(ParkReason::Credentials)).await
        }
        Outcome::Told(SendOutcome::RetryLater { after }) => {
            put_off(world, &untried, taken.lane.pace.wait(after)).await
        }
        Outcome::Told(SendOutcome::Unavailable { after }) => {
            unavailable(world, message, after).await
        }
        Outcome::NotReached if message.attempts < limits::ATTEMPTS => {
            queued_again(world, message, backoff(message.attempts)).await
        }
        Outcome::NotReached => stop(world, &untried, parked(ParkReason::Doubt)).await,
        Outcome::Told(SendOutcome::Rejected { .. }) => rejected(world, message).await,
    }
}

const fn may_have_left(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Told(
            SendOutcome::Accepted { .. } | SendOutcome::Rejected { .. } | SendOutcome::Unknown
        )
    )
}

async fn accepted(world: &World, taken: &Pair, quota: Quota) -> Handled {
    let now = world.now();
    let accepted = Outbound {
        listed: false,
        ..taken.message.clone().moved_to(Dispatch::Accepted)
    };
    if !world
        .io(|state| state.decide(&taken.message, &accepted))
        .await
    {
        world.io(|state| state.proved(&accepted.id)).await;
    }
    if taken.lane.doubts > 0 {
        let certain = |lane: Lane| Lane {
            doubts: 0,
            revision: lane.revision + 1,
            ..lane
        };
        flows::change(world, certain).await;
    }
    let told = |lane: Lane| lane.told_its_quota(quota, now);
    if told(taken.lane.clone()) != taken.lane {
        flows::change(world, told).await;
    }
    flows::list_shorter(world, &taken.message).await;
    Handled::Done
}

async fn rejected(world: &World, taken: &Outbound) -> Handled {
    let rejected = taken.clone().moved_to(Dispatch::Rejected);
    flows::end(world, taken, rejected).await;
    Handled::Done
}

async fn doubted(world: &World, taken: &Outbound) -> Handled {
    let now = world.now();
    let unknown = taken.clone().moved_to(Dispatch::Unknown);
    flows::end(world, taken, unknown).await;
    flows::change(world, |lane| lane.doubted(now)).await;
    Handled::Done
}

/// Back to queued in the same generation: the entry in hand comes back, and keeps its place.
async fn queued_again(world: &World, taken: &Outbound, wait: Duration) -> Handled {
    let queued = taken.clone().moved_to(Dispatch::Queued);
    world.io(|state| state.decide(taken, &queued)).await;
    Handled::Again(wait)
}

async fn put_off(world: &World, taken: &Outbound, wait: Duration) -> Handled {
    let now = world.now();
    let told = |lane: Lane| lane.told_to_wait(wait, now);
    if wait > limits::REQUEUE_WAITS {
        return stop(world, taken, told).await;
    }
    flows::change(world, told).await;
    queued_again(world, taken, wait).await
}

async fn unavailable(world: &World, taken: &Outbound, asked: Option<Duration>) -> Handled {
    if taken.attempts >= limits::ATTEMPTS {
        return rejected(world, taken).await;
    }
    let wait = asked.unwrap_or_default().max(backoff(taken.attempts));
    if wait > limits::REQUEUE_WAITS {
        let resume_at = world.now().checked_add(wait).ok();
        let parked = |lane: Lane| lane.parked(ParkReason::RateLimited, resume_at);
        return stop(world, taken, parked).await;
    }
    queued_again(world, taken, wait).await
}

/// Stops the lane and parks the message first in its list.
async fn stop(world: &World, taken: &Outbound, stopped: impl Fn(Lane) -> Lane) -> Handled {
    for _ in 0..TRIES {
        let lane = world.io(|state| state.ledger.lane.clone()).await;
        let before = Pair {
            message: taken.clone(),
            lane: lane.clone(),
        };
        let Turn::Park { message, lane } = park(taken.clone(), stopped(lane), world.now()) else {
            break;
        };
        let after = Pair {
            message: *message,
            lane,
        };
        if world.io(|state| state.park(&before, &after)).await {
            return Handled::Done;
        }
    }
    Handled::Again(Duration::from_secs(2))
}

fn wait_until(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default()
}
