use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use domain::VendorId;

/// Runs the vendors of a gateway: migrate, look up, send.
///
/// Exit codes: 0 done, 1 a row or a request failed, 2 wrong usage.
#[derive(Parser)]
#[command(name = "wabactl", version)]
pub(crate) struct Arguments {
    /// Where the gateway is
    #[arg(long, global = true, default_value = "http://127.0.0.1:9002")]
    pub(crate) url: String,
    /// A file that holds the admin key; without it, the key is taken from `WABA_ADMIN_KEY`
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Prints JSON, for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Registers every vendor of a CSV file; it may be run again
    Migrate {
        file: PathBuf,
        /// Checks the file and changes nothing; needs no key
        #[arg(long)]
        dry_run: bool,
    },
    /// Looks vendors up
    Vendors {
        #[command(subcommand)]
        command: Vendors,
    },
    /// Lists a vendor's messages, newest first
    Messages {
        #[arg(value_parser = VendorId::parse)]
        id: VendorId,
        #[arg(long)]
        direction: Option<Direction>,
        /// How many messages at most
        #[arg(long, value_name = "N", default_value = "50")]
        limit: NonZeroUsize,
    },
    /// Sends a text to a customer from the vendor's number
    Send {
        #[arg(value_parser = VendorId::parse)]
        id: VendorId,
        /// The customer's number, with + and the country code
        #[arg(long, value_name = "PHONE")]
        to: String,
        text: String,
        /// Names this send, so that running it again sends nothing twice; made up if it is left out
        #[arg(long, value_name = "K", value_parser = idempotency_key)]
        idempotency_key: Option<String>,
    },
}

#[derive(Subcommand)]
pub(crate) enum Vendors {
    /// Lists all vendors
    List,
    /// Shows one vendor and its numbers
    Show {
        #[arg(value_parser = VendorId::parse)]
        id: VendorId,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Direction {
    Inbound,
    Outbound,
}

impl From<Direction> for wabactl::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Inbound => Self::Inbound,
            Direction::Outbound => Self::Outbound,
        }
    }
}

fn idempotency_key(text: &str) -> Result<String, &'static str> {
    let usable = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    usable
        .then(|| text.to_owned())
        .ok_or("a key has visible ASCII characters and no space")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }
}
