//! One pass of `functions/sweep`.

use std::time::Duration;

use domain::turn::{Entry, Turn, turn};
use domain::{Dispatch, Lane, LaneState, MessageId, Outbound, ParkReason, limits};

use crate::flows;
use crate::world::{State, World};

const PUT_OFF: Duration = Duration::from_mins(2);

/// Everything that is due: messages in no particular order (their index has shards), then the lane.
pub(crate) async fn pass(world: &World) {
    let due: Vec<_> = world
        .io(|state| {
            let is_due = |at: Option<_>| at.is_some_and(|at| at <= state.now);
            let rows = state.ledger.rows.iter();
            rows.filter(|(_, row)| is_due(row.due_at))
                .map(|(id, _)| id.clone())
                .collect()
        })
        .await;
    for id in &due {
        due_message(world, id).await;
    }
    if world
        .io(|state| state.ledger.lane_due.is_some_and(|at| at <= state.now))
        .await
    {
        due_lane(world).await;
    }
}

async fn due_message(world: &World, id: &MessageId) {
    world
        .io(|state| {
            let until = state.now + PUT_OFF;
            let row = state.ledger.rows.get_mut(id).expect("it is kept");
            row.due_at = row.due_at.map(|_| until);
        })
        .await;
    let message = world.io(|state| state.ledger.message(id)).await;
    match message.dispatch {
        Dispatch::Queued if message.listed => {}
        Dispatch::Queued if message.undispatched => {
            let decision = |state: &mut State| state.ledger.rows[id].decision;
            let decision = world.io(decision).await;
            flows::dispatch_decision(world, decision).await;
        }
        Dispatch::Queued => {
            let again = message.clone().asked_after();
            if world.io(|state| state.decide(&message, &again)).await {
                flows::dispatch(world, &[again]).await;
            }
        }
        Dispatch::Parked if message.is_expired(world.now()) => {
            let expired = message.clone().moved_to(Dispatch::Expired);
            flows::end(world, &message, expired).await;
        }
        Dispatch::Sending => dead_sender(world, message).await,
        Dispatch::Unknown | Dispatch::Accepted => look(world, message).await,
        Dispatch::Parked | Dispatch::Rejected | Dispatch::Cancelled | Dispatch::Expired => {}
    }
}

/// The provider's log tells of some of what it took, and proves nothing by its silence.
async fn look(world: &World, message: Outbound) {
    let proved = world
        .io(|state| {
            state.provider.logs
                && message.dispatch == Dispatch::Unknown
                && state.laws.took.contains(&message.id)
        })
        .await;
    let after = if proved {
        message.clone().moved_to(Dispatch::Accepted)
    } else {
        message.clone().looked_at()
    };
    world.io(|state| state.decide(&message, &after)).await;
}

async fn dead_sender(world: &World, message: Outbound) {
    let entry = Entry {
        generation: message.generation,
        ..Entry::default()
    };
    if let Turn::End(ended) = turn(&message, &Lane::default(), entry, world.now()) {
        flows::end(world, &message, *ended).await;
    }
}

async fn due_lane(world: &World) {
    let until = world.now() + limits::PROBE_AFTER;
    let Some(looked_at) = flows::change(world, |lane| lane.put_off(until)).await else {
        return;
    };
    match looked_at.state {
        LaneState::Open => {}
        LaneState::Draining => flows::drain(world).await,
        LaneState::Parked {
            reason: ParkReason::RateLimited | ParkReason::DailyCap,
            ..
        } => flows::resume(world).await,
        LaneState::Parked {
            reason: ParkReason::Identity,
            ..
        } => flows::verify(world).await,
        LaneState::Parked {
            reason:
                ParkReason::NotConnected
                | ParkReason::Credentials
                | ParkReason::Doubt
                | ParkReason::Platform,
            ..
        } => {
            if world.io(|state| state.provider.connected).await {
                flows::resume(world).await;
            }
        }
    }
}
