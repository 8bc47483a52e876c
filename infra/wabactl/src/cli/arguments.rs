use std::path::PathBuf;

use clap::{Args, Parser};

use super::commands::Command;
use super::output::Color;

/// Runs the vendors of a gateway: migrate, look up, send.
#[derive(Parser)]
#[command(name = "wabactl", version, after_help = EXITS)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command knows.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// Where the gateway is; else `WABACTL_URL`, the profile's address, or the local stack
    #[arg(long, global = true)]
    pub(crate) url: Option<String>,
    /// The admin key; else `--key-file`, `WABACTL_KEY`, the profile's, or the local stack's. Others on this machine can see it in the list of processes
    #[arg(long, global = true, conflicts_with = "key_file")]
    pub(crate) key: Option<String>,
    /// A file that holds the admin key
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// A gateway of the profile file, see `wabactl profiles`; else `WABACTL_PROFILE`
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Prints JSON, for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Whether to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// How often a request is sent again that the gateway did not answer
    #[arg(long, global = true, value_name = "N", default_value = "4")]
    pub(crate) retries: u32,
}

const EXITS: &str = "Exit codes:
  0    done
  1    failed: refused, or something is wrong with what was given
  2    wrong usage
  3    partly done
  4    the gateway was not reached, or has no time: run it again later
  5    the key is wrong, or may not do this
  6    it may have been done or not
  130  interrupted";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }
}
