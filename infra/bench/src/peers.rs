//! What is measured, and what it is compared with; built as far as it is not there.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::program::Program;
use crate::{root, say};

/// What instructions are counted of.
pub(crate) struct Programs {
    pub(crate) messages: Program,
    pub(crate) aws_call: Program,
}

/// The function.
pub(crate) fn messages(built: Option<PathBuf>) -> Result<Program> {
    program("messages", built, || {
        run(cargo().args(["--package", "messages"]))
    })
}

/// The function, and what makes its AWS call alone.
pub(crate) fn programs(messages: Program, aws_call: Option<PathBuf>) -> Result<Programs> {
    Ok(Programs {
        messages,
        aws_call: program("aws_call", aws_call, || of_ours("aws_call"))?,
    })
}

/// The same, with the names of their functions.
pub(crate) fn with_symbols() -> Result<Programs> {
    let folder = root().join("target/profile");
    let build = |words: &[&str]| {
        let mut cargo = cargo();
        let symbols = ["--config", "profile.release.strip=false", "--target-dir"];
        run(cargo.args(symbols).arg(&folder).args(words))
    };
    build(&["--package", "messages"])?;
    build(&[
        "--package",
        "bench",
        "--features",
        "programs",
        "--bin",
        "aws_call",
    ])?;
    let at = |name| Program::new(name, folder.join("release").join(name));
    Ok(Programs {
        messages: at("messages"),
        aws_call: at("aws_call"),
    })
}

/// What the function is compared with: first the floor, then the same work with the SDK's defaults and in Node.
pub(crate) fn others() -> Result<Vec<Program>> {
    let mut others = vec![program("hello", None, || of_ours("hello"))?];
    others.push(with_defaults()?);
    match in_node() {
        Ok(node) => others.push(node),
        Err(error) => say(&format!("LEFT OUT: the ratio to Node: {error:#}\n"))?,
    }
    Ok(others)
}

/// One that is built already, or else as `make` does it.
fn program(
    name: &'static str,
    built: Option<PathBuf>,
    make: impl Fn() -> Result<()>,
) -> Result<Program> {
    if let Some(path) = built {
        return Ok(Program::new(name, path.canonicalize()?));
    }
    make()?;
    // Cargo runs this program from the folder that it builds to.
    let here = std::env::current_exe()?;
    Ok(Program::new(
        name,
        here.parent().context("a folder")?.join(name),
    ))
}

fn of_ours(name: &str) -> Result<()> {
    run(cargo().args([
        "--package",
        "bench",
        "--features",
        "programs",
        "--bin",
        name,
    ]))
}

fn with_defaults() -> Result<Program> {
    let folder = root().join("infra/bench/default");
    let target = folder.join("target");
    let manifest = folder.join("Cargo.toml");
    run(cargo()
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(&target))?;
    Ok(Program::new("default", target.join("release/default")))
}

fn in_node() -> Result<Program> {
    let folder = root().join("infra/bench/node");
    ensure!(has_node(&folder)?, "Node 20 or later is needed");
    let quietly = [
        "ci",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
    ];
    run(Command::new("npm").args(quietly).current_dir(&folder))?;
    let mut node = Program::new("node", folder.join("webhook.mjs"));
    node.by = Some("node");
    Ok(node)
}

/// Whether there is Node 20 or later, as its own arithmetic tells.
fn has_node(folder: &Path) -> Result<bool> {
    let asked = "process.exit(process.versions.node.split('.')[0] >= 20 ? 0 : 1)";
    let mut node = Command::new("node");
    let answer = node.args(["-e", asked]).current_dir(folder).status();
    Ok(answer.context("node")?.success())
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
