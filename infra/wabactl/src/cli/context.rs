use wabactl::{AdminClient, Patience};

use super::arguments::Global;
use super::output::Output;
use super::profiles::Profiles;
use super::target::Target;
use super::{Failure, environment};

/// What a command is given beside its own arguments.
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) output: Output,
}

impl Context {
    pub(crate) fn new(global: Global, output: Output) -> Self {
        Self { global, output }
    }

    /// The gateway that is meant, with its key.
    pub(crate) fn client(&self) -> Result<AdminClient, Failure> {
        let target = Target::find(&self.global, environment::variable, Profiles::open)?;
        let client = AdminClient::new(&target.url, &target.key)
            .map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(client.patient(Patience::USUAL.times(self.global.retries)))
    }
}
