//! An operator's machine, with a home of its own, on which the binary is run.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::gateway::KEY;

pub(crate) struct Machine(pub(crate) TempDir);

impl Machine {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().expect("a directory");
        fs::write(dir.path().join("key"), format!("{KEY}\n")).expect("a key file");
        fs::write(dir.path().join("wrong"), "a_key_of_nobody\n").expect("a key file");
        Self(dir)
    }

    pub(crate) async fn runs(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = self.command(arguments, environment);
        tokio::task::spawn_blocking(move || command.output().expect("the binary runs"))
            .await
            .expect("no panic")
    }

    /// Runs it against this gateway with a good key.
    pub(crate) async fn asks(&self, url: &str, arguments: &[&str]) -> Output {
        let gateway = ["--url", url, "--key-file", "key"];
        self.runs(&[&gateway, arguments].concat(), &[]).await
    }

    /// The binary, ready to be run.
    pub(crate) fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wabactl"));
        command
            .args(["--retries", "0"])
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", self.0.path())
            .envs(environment.iter().copied())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn file(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).expect("a file");
    }

    /// Every file that is kept in the home, as text.
    pub(crate) fn kept(&self) -> String {
        let mut texts = String::new();
        let mut dirs = vec![self.0.path().join(".local"), self.0.path().join(".config")];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    dirs.push(entry.path());
                } else {
                    texts.push_str(&fs::read_to_string(entry.path()).expect("text"));
                }
            }
        }
        texts
    }

    pub(crate) fn profile_file(&self) -> PathBuf {
        self.0.path().join(".config/wabactl/profiles.toml")
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
