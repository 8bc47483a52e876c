//! A provider that takes messages, refuses them, asks for patience, and loses answers.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{MessageId, Outbound, Quota, RejectClass, SendOutcome, limits};

use crate::world::{State, World, pause};

pub(crate) struct Provider {
    pub(crate) connected: bool,
    /// Whether it logs what it takes.
    pub(crate) logs: bool,
    /// What it does with the next calls; after that it takes everything.
    pub(crate) script: VecDeque<Behaviour>,
    /// Messages whose echo was not told yet.
    pub(crate) echoes: Vec<MessageId>,
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            connected: true,
            logs: false,
            script: VecDeque::new(),
            echoes: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Takes,
    TakesAndLosesTheAnswer,
    LosesTheRequest,
    Refuses,
    /// It asks for a wait of so many seconds, or of a time that it does not name.
    AsksToWait(Option<u16>),
    /// It takes the last message of its window, which ends in so many seconds, or of its day.
    TakesTheLast {
        seconds: u16,
        of_the_day: bool,
    },
    /// It is out of service, and may name a time.
    Unavailable(Option<u16>),
    NotConnected,
    Unauthorized,
    /// No byte reaches it.
    Unreachable,
}

/// What the sender learns of a call.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Told(SendOutcome),
    NotReached,
}

/// One call: the sender may die before the provider hears of it, or before the answer comes, or wait too long for it.
pub(crate) async fn call(world: &World, message: &Outbound) -> Outcome {
    let begun = world.now();
    let outcome = world.io(|state| state.offered(message)).await;
    pause().await;
    if world.now() >= begun + limits::PROVIDER_TIMEOUT {
        return Outcome::Told(SendOutcome::Unknown);
    }
    outcome
}

impl State {
    fn offered(&mut self, message: &Outbound) -> Outcome {
        let behaviour = if self.provider.connected {
            self.provider.script.pop_front().unwrap_or(Behaviour::Takes)
        } else {
            Behaviour::NotConnected
        };
        let takes = matches!(
            behaviour,
            Behaviour::Takes | Behaviour::TakesTheLast { .. } | Behaviour::TakesAndLosesTheAnswer
        );
        if takes || matches!(behaviour, Behaviour::LosesTheRequest | Behaviour::Refuses) {
            self.laws.left();
        }
        if behaviour != Behaviour::Unreachable {
            self.laws.offered(message, takes, &self.ledger);
        }
        if takes {
            self.provider.echoes.push(message.id.clone());
        }
        outcome(behaviour)
    }
}

fn outcome(behaviour: Behaviour) -> Outcome {
    let seconds = |seconds: Option<u16>| seconds.map(|seconds| Duration::from_secs(seconds.into()));
    Outcome::Told(match behaviour {
        Behaviour::Takes => accepted(Quota::default()),
        Behaviour::TakesTheLast {
            seconds: left,
            of_the_day,
        } => accepted(Quota {
            used_up_for: seconds((!of_the_day).then_some(left)),
            day_used_up_for: seconds(of_the_day.then_some(left)),
        }),
        Behaviour::TakesAndLosesTheAnswer | Behaviour::LosesTheRequest => SendOutcome::Unknown,
        Behaviour::Refuses => SendOutcome::Rejected {
            class: RejectClass::Other,
            reason: String::new(),
        },
        Behaviour::AsksToWait(asked) => SendOutcome::RetryLater {
            after: seconds(asked),
        },
        Behaviour::Unavailable(asked) => SendOutcome::Unavailable {
            after: seconds(asked),
        },
        Behaviour::NotConnected => SendOutcome::NotConnected,
        Behaviour::Unauthorized => SendOutcome::Unauthorized,
        Behaviour::Unreachable => return Outcome::NotReached,
    })
}

const fn accepted(quota: Quota) -> SendOutcome {
    SendOutcome::Accepted {
        msg_id: None,
        key_id: None,
        quota,
    }
}
