//! What an operator is asked for: at a terminal, or from what is piped in.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use serde_json::Value;

use super::Failure;

/// A line that is not shown while it is typed.
pub(crate) fn secret(question: &str) -> Result<String, Failure> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(question).map_err(|error| unanswered(&error));
    }
    line(question)
}

/// A line, without spaces around it.
pub(crate) fn line(question: &str) -> Result<String, Failure> {
    read(question)?.ok_or_else(|| Failure::Usage("the answers ended too early".to_owned()))
}

/// A line, without spaces around it; `None` if it is empty, or nothing is left to be read.
pub(crate) fn line_or_end(question: &str) -> Result<Option<String>, Failure> {
    Ok(read(question)?.filter(|line| !line.is_empty()))
}

fn read(question: &str) -> Result<Option<String>, Failure> {
    let mut stderr = io::stderr().lock();
    // Who can't be shown the question is asked all the same.
    let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(line.trim().to_owned())),
        Err(error) => Err(unanswered(&error)),
    }
}

fn unanswered(error: &io::Error) -> Failure {
    Failure::Usage(format!("cannot read the answer: {error}"))
}

/// A file that holds a JSON document.
pub(crate) fn json(file: &Path) -> Result<Value, Failure> {
    let told = |error: &dyn std::fmt::Display| {
        Failure::Usage(format!("cannot read {}: {error}", file.display()))
    };
    let text = fs::read(file).map_err(|error| told(&error))?;
    serde_json::from_slice(&text).map_err(|error| told(&error))
}
