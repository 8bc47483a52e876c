//! Each figure of a function, measured from outside.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::aws::Aws;
use crate::events::{Message, forged, status};
use crate::program::{Program, Running};
use crate::runtime_api::{Answer, RuntimeApi};

/// A program that asked for its first event.
struct Ready {
    runtime: RuntimeApi,
    aws: Aws,
    running: Running,
    after: Duration,
}

impl Ready {
    fn new(program: &Program, before: &[&str], latency: Duration) -> Result<Self> {
        let (runtime, aws) = (RuntimeApi::new()?, Aws::new(latency)?);
        let running = program.start(&runtime, &aws, (before, &[]))?;
        let after = runtime.ready()? - running.started;
        Ok(Self {
            runtime,
            aws,
            running,
            after,
        })
    }

    /// Feeds events which must be answered so.
    fn feed(&self, events: Vec<Vec<u8>>, status: u64) -> Result<Vec<Answer>> {
        let answers = self.runtime.feed(events)?;
        for answer in &answers {
            ensure!(answer.status == status, "answered {}", answer.status);
        }
        Ok(answers)
    }

    /// The AWS calls that these events are the reason of.
    fn calls(&self, events: Vec<Vec<u8>>, status: u64) -> Result<u64> {
        self.aws.take();
        self.feed(events, status)?;
        Ok(self.aws.take().values().sum())
    }
}

/// How long it takes from `exec` until a program asks for its first event.
pub(crate) fn start(program: &Program) -> Result<Duration> {
    let ready = Ready::new(program, &[], Duration::ZERO)?;
    ready.running.end()?;
    Ok(ready.after)
}

/// What a program executes until it asked for the event after these. Under valgrind a busy machine may be too slow for a time-out: then it is
/// begun anew.
pub(crate) fn instructions(program: &Program, events: &[Vec<u8>]) -> Result<u64> {
    patiently(|| counted(NOWHERE, |before| fed(program, before, events)))
}

/// The same by its functions, as callgrind writes it.
pub(crate) fn profile(program: &Program, events: &[Vec<u8>]) -> Result<String> {
    patiently(|| profiled(|before| fed(program, before, events)))
}

fn fed(program: &Program, before: &[&str], events: &[Vec<u8>]) -> Result<()> {
    let ready = Ready::new(program, before, Duration::ZERO)?;
    ready.feed(events.to_vec(), 200)?;
    ready.running.end()
}

fn patiently<T>(once: impl Fn() -> Result<T>) -> Result<T> {
    (1..ATTEMPTS)
        .find_map(|_| once().ok())
        .map_or_else(once, Ok)
}

const ATTEMPTS: usize = 5;

/// Where a profile goes that nobody asks for.
const NOWHERE: &str = "/dev/null";

/// Of so many more, and divided by them, is what one costs.
pub(crate) const FEW: u32 = 20;

/// What one event costs a program that had some before.
pub(crate) fn warm_instructions(program: &Program) -> Result<u64> {
    let message = Message::reference()?;
    let after = |events: u32| instructions(program, &message.many(events)?);
    Ok((after(2 * FEW)? - after(FEW)?) / u64::from(FEW))
}

/// What one AWS call costs, by a program that makes so many as it is told.
pub(crate) fn call_instructions(program: &Program) -> Result<u64> {
    let times = |times| counted(NOWHERE, |before| called(program, before, times));
    Ok((times(2 * FEW)? - times(FEW)?) / u64::from(FEW))
}

/// What that program executes, by its functions.
pub(crate) fn profile_of_calls(program: &Program, times: u32) -> Result<String> {
    profiled(|before| called(program, before, times))
}

fn called(program: &Program, before: &[&str], times: u32) -> Result<()> {
    let (runtime, aws) = (RuntimeApi::new()?, Aws::new(Duration::ZERO)?);
    let times = times.to_string();
    program.start(&runtime, &aws, (before, &[&times]))?.ended()
}

fn profiled(run: impl FnOnce(&[&str]) -> Result<()>) -> Result<String> {
    let to = std::env::temp_dir().join(format!("bench-{}.callgrind", std::process::id()));
    counted(&to, run)?;
    let written = fs::read_to_string(&to)?;
    fs::remove_file(&to)?;
    Ok(written)
}

/// What valgrind counts of what is run after its words; which function it was goes to a file.
fn counted(to: impl AsRef<Path>, run: impl FnOnce(&[&str]) -> Result<()>) -> Result<u64> {
    let log = std::env::temp_dir().join(format!("bench-{}.log", std::process::id()));
    let said = format!("--log-file={}", log.display());
    let to = format!("--callgrind-out-file={}", to.as_ref().display());
    let words = ["valgrind", "--tool=callgrind", &to, &said];
    let ran = run(&words);
    let said = fs::read_to_string(&log).context("is valgrind installed?")?;
    fs::remove_file(&log)?;
    ran?;
    let line = said.lines().find_map(|line| line.split_once("Collected :"));
    Ok(line.context("what valgrind counted")?.1.trim().parse()?)
}

/// AWS calls of each kind of webhook.
pub(crate) struct Calls {
    pub(crate) cold: u64,
    pub(crate) warm: u64,
    pub(crate) duplicate: u64,
    pub(crate) forged: u64,
    pub(crate) status: u64,
    pub(crate) next_status: u64,
}

pub(crate) fn calls(program: &Program) -> Result<Calls> {
    let ready = Ready::new(program, &[], Duration::ZERO)?;
    let messages = Message::reference()?.many(2)?;
    let [first, second] = messages.try_into().ok().context("two")?;
    let calls = Calls {
        cold: ready.calls(vec![first], 200)?,
        warm: ready.calls(vec![second.clone()], 200)?,
        duplicate: ready.calls(vec![second], 200)?,
        forged: {
            // The first one of a vendor may have its secrets read once more.
            ready.feed(vec![forged()], 401)?;
            ready.calls(vec![forged(); 5], 401)?
        },
        status: ready.calls(vec![status()], 200)?,
        next_status: ready.calls(vec![status()], 200)?,
    };
    ready.running.end()?;
    Ok(calls)
}

/// Peak memory in KiB: after the start, and after a message of each of so many vendors.
pub(crate) fn memory(program: &Program, vendors: usize) -> Result<(u64, u64)> {
    let ready = Ready::new(program, &[], Duration::ZERO)?;
    let empty = ready.running.memory("VmHWM")?;
    ready.feed(Message::reference()?.of_vendors(vendors), 200)?;
    let full = ready.running.memory("VmHWM")?;
    ready.running.end()?;
    Ok((empty, full))
}

/// Bytes of a file, and what is left of them in a zip.
pub(crate) fn bytes(path: &Path) -> Result<(u64, u64)> {
    let whole = fs::metadata(path)?.len();
    let zipped = Command::new("gzip")
        .args(["-9", "-n", "-c"])
        .arg(path)
        .output()?;
    ensure!(zipped.status.success(), "gzip failed");
    Ok((whole, zipped.stdout.len() as u64))
}

/// Whether the cryptographic library that gathers entropy from the processor's jitter is linked. Symbols are stripped from what is deployed:
/// the names of that library's files, which its errors tell, are not.
pub(crate) fn has_jitter_entropy(path: &Path) -> Result<bool> {
    let program = fs::read(path)?;
    let name = b"/aws-lc/crypto/";
    Ok(program.windows(name.len()).any(|window| window == name))
}

/// How long warm events took, one after the other, with AWS as slow as that.
pub(crate) fn warm(
    program: &Program,
    (before, events): (&[&str], u32),
    latency: Duration,
) -> Result<Vec<Duration>> {
    let ready = Ready::new(program, before, latency)?;
    let message = Message::reference()?;
    ready.feed(vec![message.bytes()], 200)?;
    let mut took = Vec::new();
    for event in message.many(events)? {
        let answers = ready.feed(vec![event], 200)?;
        took.extend(answers.iter().map(|answer| answer.took));
        // Events come at their own pace, and not as soon as the one before is done.
        std::thread::sleep(Duration::from_millis(20));
    }
    ready.running.end()?;
    if took.is_empty() {
        bail!("no event was answered");
    }
    took.sort_unstable();
    Ok(took)
}
