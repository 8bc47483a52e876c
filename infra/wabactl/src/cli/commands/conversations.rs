use std::num::NonZeroUsize;

use clap::{Args, Subcommand, ValueEnum};
use domain::VendorId;
use serde_json::json;
use wabactl::Ask;

use super::{Context, Failure, Outcome};
use crate::cli::answers::Columns;

const COLUMNS: &Columns = &[
    ("CONVERSATION", "/conversationId"),
    ("STATUS", "/status"),
    ("BY", "/attendedBy"),
    ("UNTIL", "/attendedUntil"),
    ("PHONE", "/contact/phone"),
    ("NAME", "/contact/name"),
    ("INTENT", "/intent"),
    ("UPDATED", "/updatedAt"),
];

#[derive(Subcommand)]
pub(crate) enum Conversations {
    /// Lists a vendor's conversations, the one in which something happened last first
    List {
        #[arg(value_parser = VendorId::parse)]
        vendor: VendorId,
        /// Only those that the engine answers, or that a person attends to
        #[arg(long)]
        status: Option<Status>,
        /// How many at most
        #[arg(long, value_name = "N", default_value = "50")]
        limit: NonZeroUsize,
    },
    /// Shows one with what is still to be sent in it and its last messages
    Show(Conversation),
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Status {
    Bot,
    Human,
}

/// A conversation of a vendor.
#[derive(Args)]
pub(crate) struct Conversation {
    #[arg(value_parser = VendorId::parse)]
    vendor: VendorId,
    conversation: String,
}

/// Leaves a conversation to a person: the engine is not asked any more
#[derive(Args)]
pub(crate) struct Takeover {
    #[command(flatten)]
    conversation: Conversation,
    /// Who takes it over; else the name of the key
    #[arg(long)]
    by: Option<String>,
    /// For how long; else until it is released
    #[arg(long)]
    minutes: Option<u32>,
}

impl Conversations {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        match self {
            Self::List {
                vendor,
                status,
                limit,
            } => {
                let status = status.map(|status| match status {
                    Status::Bot => "bot",
                    Status::Human => "human",
                });
                let ask = Ask::get(&["vendors", vendor.as_str(), "conversations"]);
                let ask = ask.query("status", status);
                context
                    .lists(&ask, "conversations", limit.get(), COLUMNS)
                    .await
            }
            Self::Show(conversation) => context.shows(&Ask::get(&conversation.path())).await,
        }
    }
}

impl Conversation {
    fn path(&self) -> [&str; 4] {
        let (vendor, conversation) = (self.vendor.as_str(), &self.conversation);
        ["vendors", vendor, "conversations", conversation]
    }

    /// Asks for something that may be asked for twice.
    pub(crate) async fn does(&self, what: &str, context: &Context) -> Result<Outcome, Failure> {
        let path = [&self.path()[..], &[what]].concat();
        context.shows(&Ask::post(&path).repeatable()).await
    }
}

impl Takeover {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let path = [&self.conversation.path()[..], &["takeover"]].concat();
        let body = json!({"by": self.by, "minutes": self.minutes});
        context
            .shows(&Ask::post(&path).json(&body).repeatable())
            .await
    }
}
