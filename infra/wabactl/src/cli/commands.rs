mod audit;
mod completions;
mod conversations;
mod doctor;
mod keys;
mod messages;
mod migrate;
mod numbers;
mod profiles;
mod qr;
mod replay;
mod restore;
mod secrets;
mod send;
mod sessions;
mod set_aside;
mod status;
mod tail;
mod vendors;

use clap::Subcommand;

use super::context::Context;
use super::output::Outcome;
use super::{Exit, Failure};

/// One group of commands a file; each has a `run` that is given what was asked for and the [`Context`].
#[derive(Subcommand)]
pub(crate) enum Command {
    Migrate(migrate::Migrate),
    /// Looks vendors up, changes and deletes them
    #[command(subcommand)]
    Vendors(vendors::Vendors),
    /// A vendor's numbers
    #[command(subcommand)]
    Numbers(numbers::Numbers),
    Messages(messages::Messages),
    Send(send::Send),
    Status(status::Status),
    Tail(tail::Tail),
    Connect(sessions::Connect),
    /// Lets a number's session go: nothing leaves from it until it is connected again
    Disconnect(sessions::Number),
    /// Starts a connected session anew, by the settings that are stored at the provider
    Restart(sessions::Number),
    /// Shows the token by which a session that waits for a passkey is linked
    Passkey(sessions::Number),
    Qr(qr::Qr),
    /// Sets a number's session up at the provider: address, events and secret of its webhook
    SetupWebhook(sessions::Number),
    RotateSecret(secrets::RotateSecret),
    /// Has the provider make another API key of a number's session
    RegenerateKey(sessions::Number),
    /// Conversations with customers
    #[command(subcommand)]
    Conversations(conversations::Conversations),
    Takeover(conversations::Takeover),
    /// Has the engine answer a conversation again
    Release(conversations::Conversation),
    /// Stops all messages of a conversation that are queued or parked
    Cancel(conversations::Conversation),
    Replay(replay::Replay),
    /// Queue entries that were given up
    #[command(subcommand)]
    Dlq(set_aside::DeadLetters),
    /// Webhooks that were genuine and not understood
    #[command(subcommand)]
    Quarantine(set_aside::Quarantine),
    Doctor(doctor::Doctor),
    Smoke(doctor::Smoke),
    /// Makes, lists and revokes admin keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// What became of a restore from backup
    #[command(subcommand)]
    Restore(restore::Restore),
    Audit(audit::Audit),
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
        Command::Numbers(command) => command.run(context).await,
        Command::Messages(command) => command.run(context).await,
        Command::Send(command) => command.run(context).await,
        Command::Tail(command) => command.run(context).await,
        Command::Status(command) => command.run(context).await,
        Command::Connect(command) => command.run(context).await,
        Command::Disconnect(number) => number.does("disconnect", context).await,
        Command::Restart(number) => number.does_once("restart", context).await,
        Command::Passkey(number) => number.does("passkey", context).await,
        Command::Qr(command) => command.run(context).await,
        Command::SetupWebhook(number) => number.does("setup-wasender-webhook", context).await,
        Command::RotateSecret(command) => command.run(context).await,
        Command::RegenerateKey(number) => number.does_once("regenerate-api-key", context).await,
        Command::Conversations(command) => command.run(context).await,
        Command::Takeover(command) => command.run(context).await,
        Command::Release(conversation) => conversation.does("release", context).await,
        Command::Cancel(conversation) => conversation.does("cancel", context).await,
        Command::Replay(command) => command.run(context).await,
        Command::Dlq(command) => command.run(context).await,
        Command::Quarantine(command) => command.run(context).await,
        Command::Doctor(command) => command.run(context).await,
        Command::Smoke(command) => command.run(context).await,
        Command::Keys(command) => command.run(context).await,
        Command::Restore(command) => command.run(context).await,
        Command::Audit(command) => command.run(context).await,
        Command::Profiles(command) => command.run(context),
        Command::Completions(command) => command.run(context),
    }
}
