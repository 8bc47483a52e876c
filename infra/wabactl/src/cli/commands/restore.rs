use clap::Subcommand;
use wabactl::Ask;

use super::{Context, Failure, Outcome};

#[derive(Subcommand)]
pub(crate) enum Restore {
    /// Shows how far it is, and how many of the sends that it brought into doubt wait for a person
    Status,
}

impl Restore {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let Self::Status = self;
        context.shows(&Ask::get(&["restore"])).await
    }
}
