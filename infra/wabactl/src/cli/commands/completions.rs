use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::{Shell, generate};
use serde_json::json;

use super::{Context, Failure, Outcome};
use crate::cli::Arguments;

/// Prints what a shell needs to complete commands
///
/// For bash: wabactl completions bash > ~/.local/share/bash-completion/completions/wabactl
#[derive(Args)]
pub(crate) struct Completions {
    shell: Known,
}

/// The shells that there is a completion for.
#[derive(Clone, Copy, ValueEnum)]
enum Known {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

impl Completions {
    #[expect(clippy::unnecessary_wraps, reason = "every command has this form")]
    pub(crate) fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let shell = match self.shell {
            Known::Bash => Shell::Bash,
            Known::Zsh => Shell::Zsh,
            Known::Fish => Shell::Fish,
            Known::Powershell => Shell::PowerShell,
        };
        let mut script = Vec::new();
        generate(shell, &mut Arguments::command(), "wabactl", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        let json = || json!({"shell": shell.to_string(), "script": script});
        Ok(context.output.done(json, || script.clone()))
    }
}
