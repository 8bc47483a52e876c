//! The programs that are measured, and how one is started and ended.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::aws::Aws;
use crate::runtime_api::RuntimeApi;

/// What can be started.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) path: PathBuf,
    /// What comes before it on its command line: an interpreter.
    pub(crate) by: Option<&'static str>,
}

/// One that runs. It is killed when it is dropped.
pub(crate) struct Running {
    pub(crate) started: Instant,
    child: Child,
}

impl Program {
    pub(crate) fn new(name: &'static str, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        Self {
            name,
            path,
            by: None,
        }
    }

    /// The command line, after these words.
    fn words(&self, before: &[&str]) -> Vec<String> {
        let words = before.iter().map(|&word| word.to_owned());
        let words = words.chain(self.by.map(str::to_owned));
        words.chain([self.path.display().to_string()]).collect()
    }

    /// Starts it with what `template.yaml` and Lambda put into its environment, and nothing else.
    pub(crate) fn start(
        &self,
        runtime: &RuntimeApi,
        aws: &Aws,
        (before, after): (&[&str], &[&str]),
    ) -> Result<Running> {
        let words = self.words(before);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(after).env_clear();
        let queue = |name: &str| format!("{}/123456789012/bench-{name}", aws.url);
        let path = ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned());
        command.envs([path]).envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime.address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench-messages"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_ENDPOINT_URL", aws.url.as_str()),
            ("STACK", "bench"),
            ("LOG_LEVEL", "info"),
            ("DEFAULT_COUNTRY", "SN"),
            ("VENDOR_CACHE_TTL_SECONDS", "300"),
            ("WASENDER_API_URL", "https://www.wasenderapi.com/api"),
        ]);
        command.envs([
            ("INBOUND_QUEUE_URL", queue("inbound.fifo")),
            ("OUTBOUND_QUEUE_URL", queue("outbound.fifo")),
            ("LATER_QUEUE_URL", queue("later")),
            ("QUARANTINE_QUEUE_URL", queue("quarantine")),
        ]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::inherit());
        let started = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("starting {words:?}"))?;
        Ok(Running { started, child })
    }
}

impl Running {
    /// A line of the kernel's account of it, in KiB.
    pub(crate) fn memory(&self, line: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let found = status.lines().find(|it| it.starts_with(line));
        let words = found.and_then(|it| it.split_whitespace().nth(1));
        Ok(words.context("the kernel's account")?.parse()?)
    }

    /// Asks it to end, and waits until it did.
    pub(crate) fn end(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        Command::new("kill").arg(id).status()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits until it ended by itself.
    pub(crate) fn ended(mut self) -> Result<()> {
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "it failed: {status}");
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
