mod answers;
mod arguments;
mod commands;
mod context;
mod environment;
mod failure;
mod input;
mod output;
mod profiles;
mod table;
mod target;

use std::process::ExitCode;

pub(crate) use arguments::Arguments;

use context::Context;
use failure::{Exit, Failure};
use output::Output;

/// Does what was asked, tells it, and answers the code that the process ends with.
pub(crate) async fn main(arguments: Arguments) -> ExitCode {
    let output = Output::new(arguments.global.json, arguments.global.color);
    let context = Context::new(arguments.global, output);
    let exit = match commands::run(arguments.command, &context).await {
        Ok(outcome) => outcome.tell(),
        Err(failure) => output.tell_failure(&failure),
    };
    exit.into()
}
