mod completions;
mod messages;
mod migrate;
mod profiles;
mod send;
mod vendors;

use clap::Subcommand;

use super::context::Context;
use super::output::Outcome;
use super::{Exit, Failure};

/// One group of commands a file; each has a `run` that is given what was asked for and the [`Context`].
#[derive(Subcommand)]
pub(crate) enum Command {
    Migrate(migrate::Migrate),
    /// Looks vendors up
    #[command(subcommand)]
    Vendors(vendors::Vendors),
    Messages(messages::Messages),
    Send(send::Send),
    /// Names gateways and keeps their keys, in a file for you alone
    #[command(subcommand)]
    Profiles(profiles::ProfilesCommand),
    Completions(completions::Completions),
}

/// Does what was asked, and answers what there is to show.
pub(crate) async fn run(command: Command, context: &Context) -> Result<Outcome, Failure> {
    match command {
        Command::Migrate(command) => command.run(context).await,
        Command::Vendors(command) => command.run(context).await,
        Command::Messages(command) => command.run(context).await,
        Command::Send(command) => command.run(context).await,
        Command::Profiles(command) => command.run(context),
        Command::Completions(command) => command.run(context),
    }
}
