//! Secrets Manager: a pure state machine ([`State`]), shared and journalled behind [`Secrets`], and the protocol around it.

mod answer;
mod error;
mod operation;
mod secret;
mod state;
pub(crate) mod wire;

use std::sync::Arc;

use jiff::Timestamp;
use platform::Clock;

pub use error::SecretsError;
pub use operation::{Operation, Outcome, Written};
pub use secret::{Secret, SecretValue, Version};
pub use state::State;

use crate::store::Store;

/// The secrets of the running stack. Clones share them.
#[derive(Clone, Debug)]
pub struct Secrets {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    store: Store<State>,
    clock: Clock,
    /// What stands before the name in an ARN.
    arn_prefix: String,
}

impl Secrets {
    pub(crate) fn new(store: Store<State>, clock: Clock, (region, account): (&str, &str)) -> Self {
        let arn_prefix = format!("arn:aws:secretsmanager:{region}:{account}:secret:");
        Self {
            shared: Arc::new(Shared {
                store,
                clock,
                arn_prefix,
            }),
        }
    }

    /// The names of the secrets that are not scheduled for deletion, in order.
    pub fn names(&self) -> Vec<String> {
        self.read(|state, now| {
            let alive = state.all(now).filter(|secret| secret.deletion.is_none());
            alive.map(|secret| secret.name.clone()).collect()
        })
    }

    fn arn(&self, secret: &Secret) -> String {
        format!(
            "{}{}-{}",
            self.shared.arn_prefix, secret.name, secret.suffix
        )
    }

    fn run(&self, operation: &Operation) -> Result<Outcome, SecretsError> {
        self.shared.store.run(self.shared.clock.now(), operation)
    }

    fn read<R>(&self, look: impl FnOnce(&State, Timestamp) -> R) -> R {
        let now = self.shared.clock.now();
        self.shared.store.read(|state| look(state, now))
    }
}
