//! What `shared/flows` does between the decisions: enqueue, settle, drain, stop and start.

use domain::turn::drain as drain_list;
use domain::{Dispatch, Lane, LaneState, Outbound, Pacing, SessionStatus, limits};

use crate::world::World;

const TRIES: usize = 8;
const BATCHES: usize = 8;

/// Enqueues what is marked, in its order, and clears the marks. The answer is how many the queue refused.
pub(crate) async fn dispatch(world: &World, messages: &[Outbound]) -> usize {
    let waits = |message: &&Outbound| message.undispatched && message.dispatch == Dispatch::Queued;
    let waiting: Vec<_> = messages.iter().filter(waits).cloned().collect();
    if waiting.is_empty() {
        return 0;
    }
    let entry = |message: &Outbound| (message.id.clone(), message.generation);
    let entries: Vec<_> = waiting.iter().map(entry).collect();
    let taken = world
        .io(|state| {
            let taken = state.queue.send(&entries, state.now);
            state.laws.queued(&waiting[..taken], &state.ledger);
            taken
        })
        .await;
    world.io(|state| state.dispatched(&waiting[..taken])).await;
    waiting.len() - taken
}

/// Enqueues what was decided together and is not in the queue yet. What is on the lane's list is enqueued by the drainer, in its order.
pub(crate) async fn dispatch_decision(world: &World, decision: usize) {
    let mut messages = world.io(|state| state.ledger.decided(decision)).await;
    messages.retain(|message| !message.listed);
    dispatch(world, &messages).await;
}

/// Writes a message that ends here, and goes on with the lane's list if it stood there.
pub(crate) async fn end(world: &World, before: &Outbound, ended: Outbound) -> bool {
    let ended = Outbound {
        listed: false,
        ..ended
    };
    if !world.io(|state| state.decide(before, &ended)).await {
        return false;
    }
    if ended.dispatch == Dispatch::Unknown {
        let read = world.io(|state| state.ledger.message(&ended.id)).await;
        if read.dispatch == Dispatch::Unknown && read.delivery >= domain::Delivery::Pending {
            let accepted = read.clone().moved_to(Dispatch::Accepted);
            world.io(|state| state.decide(&read, &accepted)).await;
        }
    }
    list_shorter(world, before).await;
    true
}

pub(crate) async fn list_shorter(world: &World, before: &Outbound) {
    if before.listed {
        drain(world).await;
    }
}

/// Changes the lane by a decision on what it is now. `None`: others changed it all the time.
pub(crate) async fn change(world: &World, decide: impl Fn(Lane) -> Lane) -> Option<Lane> {
    for _ in 0..TRIES {
        let before = world.io(|state| state.ledger.lane.clone()).await;
        let after = decide(before.clone());
        if world.io(|state| state.change_lane(&before, &after)).await {
            return Some(after);
        }
    }
    None
}

/// What a session told of itself; a link is verified by a job of its own, which may get lost.
pub(crate) async fn session_told(world: &World, status: SessionStatus) {
    let now = world.now();
    change(world, |lane| lane.told(status, now)).await;
}

/// Looks whose number the session is, as often as it is linked anew meanwhile.
pub(crate) async fn verify(world: &World) {
    for _ in 0..TRIES {
        let lane = world.io(|state| state.ledger.lane.clone()).await;
        if !lane.is_held_for_its_number() {
            break;
        }
        if !world.io(|state| state.provider.connected).await {
            let now = world.now();
            change(world, |lane| {
                lane.looked_at(SessionStatus::Disconnected, now)
            })
            .await;
            continue;
        }
        let epoch = lane.epoch;
        let verified = change(world, |lane| lane.verified(epoch)).await;
        if verified.is_some_and(|lane| lane.state == LaneState::Draining) {
            drain(world).await;
        }
    }
}

pub(crate) async fn resume(world: &World) {
    let lane = change(world, Lane::resumed).await;
    if lane.is_some_and(|lane| lane.state == LaneState::Draining) {
        drain(world).await;
    } else {
        verify(world).await;
    }
}

/// The vendor's number is registered to send at another pace.
pub(crate) async fn pace(world: &World, pacing: &Pacing) {
    let now = world.now();
    let lane = change(world, |lane| lane.paced(pacing, now)).await;
    if lane.is_some_and(|lane| lane.state == LaneState::Draining) {
        drain(world).await;
    }
}

pub(crate) async fn drain(world: &World) {
    let Some(claimed) = claim_drain(world).await else {
        return;
    };
    let reach = if claimed.drains_singly() {
        1
    } else {
        limits::DRAIN_BATCH * BATCHES
    };
    move_batches(world, claimed.epoch, reach).await;
    let release = |lane: Lane| {
        if lane.epoch == claimed.epoch {
            lane.drain_released()
        } else {
            lane
        }
    };
    change(world, release).await;
}

async fn claim_drain(world: &World) -> Option<Lane> {
    for _ in 0..TRIES {
        let before = world.io(|state| state.ledger.lane.clone()).await;
        let claimed = before.clone().drain_claimed(world.now())?;
        if world.io(|state| state.change_lane(&before, &claimed)).await {
            return Some(claimed);
        }
    }
    None
}

async fn move_batches(world: &World, epoch: u64, reach: usize) {
    let places: Vec<_> = world
        .io(|state| state.ledger.list.values().take(reach).cloned().collect())
        .await;
    for batch in places.chunks(limits::DRAIN_BATCH) {
        let messages: Vec<_> = world
            .io(|state| batch.iter().map(|id| state.ledger.message(id)).collect())
            .await;
        let (reached, now) = (messages.len(), world.now());
        let drained = drain_list(messages, epoch, now);
        let ends = drained.len() < reached;
        let moves: Vec<_> = drained
            .iter()
            .filter(|(before, after)| before != after)
            .cloned()
            .collect();
        if !moves.is_empty() && !world.io(|state| state.drain(epoch, &moves)).await {
            return;
        }
        let queued: Vec<_> = drained.into_iter().map(|(_, after)| after).collect();
        if dispatch(world, &queued).await > 0 || ends {
            return;
        }
    }
}
