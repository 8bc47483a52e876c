//! What is measured, and what it is compared with; built as far as it is not there.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::program::Program;
use crate::root;

/// The function and its peers.
pub(crate) struct Peers {
    pub(crate) messages: Program,
    pub(crate) hello: Program,
    pub(crate) aws_call: Program,
    others: Vec<Program>,
}

/// Builds what is needed to count: the function, unless there is one, the floor and the call.
pub(crate) fn build(messages: Option<PathBuf>) -> Result<Peers> {
    // Cargo runs this program from the folder that it builds to.
    let here = std::env::current_exe()?;
    let here = here.parent().context("a folder")?;
    let messages = if let Some(path) = messages {
        path.canonicalize()?
    } else {
        run(cargo().args(["--package", "messages"]))?;
        here.join("messages")
    };
    let program = |name: &'static str| Program::new(name, here.join(name));
    run(cargo().args(["--package", "bench", "--features", "programs"]))?;
    Ok(Peers {
        messages: Program::new("messages", messages),
        hello: program("hello"),
        aws_call: program("aws_call"),
        others: Vec::new(),
    })
}

impl Peers {
    /// With those that take longer to build: the same work with the SDK's defaults, and in Node.
    pub(crate) fn with_others(self) -> Result<Self> {
        let folder = root().join("infra/bench");
        let manifest = folder.join("default/Cargo.toml");
        let target = folder.join("default/target");
        run(cargo()
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--target-dir")
            .arg(&target))?;
        let mut install = Command::new("npm");
        install.args([
            "ci",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
        ]);
        run(install.current_dir(folder.join("node")))?;
        let default = Program::new("default", target.join("release/default"));
        let mut node = Program::new("node", folder.join("node/webhook.mjs"));
        node.by = Some("node");
        let others = vec![default, node];
        Ok(Self { others, ..self })
    }

    /// The function first, the floor second.
    pub(crate) fn all(&self) -> Vec<Program> {
        let first = [self.messages.clone(), self.hello.clone()];
        first.into_iter().chain(self.others.clone()).collect()
    }
}

fn cargo() -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "--locked"]);
    cargo.current_dir(root());
    cargo
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
