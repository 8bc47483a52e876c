//! The figures of the webhook function, beside what they must and should be.

use std::time::Duration;

use anyhow::Result;

use crate::peers::Programs;
use crate::program::Program;
use crate::quota::Quota;
use crate::table::{Figure, exact};
use crate::{measure, say};

const JITTER: &str = "jitter entropy (`jent_`) linked";

/// What is the same at every time and on every machine of one architecture, or nearly.
pub(crate) fn counted(programs: &Programs) -> Result<Vec<Figure>> {
    let messages = &programs.messages;
    let mut figures = instructions(programs)?;
    let calls = measure::calls(messages)?;
    let count = |name, count: u64, must: f64| Figure::of(name, count).within(must, must);
    figures.extend([
        count("AWS calls of a warm message", calls.warm, 1.0),
        count("AWS calls of a vendor's first message", calls.cold, 2.0),
        count("AWS calls of a duplicate", calls.duplicate, 1.0),
        count("AWS calls of a repeated forgery", calls.forged, 0.0),
        Figure::of("AWS calls of a message's first status", calls.status).within(2.0, 1.0),
        Figure::of("AWS calls of each status after it", calls.next_status).within(2.0, 1.0),
    ]);
    let (bytes, zipped) = measure::bytes(&messages.path)?;
    let jitter = u64::from(measure::has_jitter_entropy(&messages.path)?);
    figures.extend([
        Figure::of("bytes of `bootstrap`", bytes).within(4.0e6, 3.0e6),
        Figure::of("bytes of the zip", zipped).within(1.8e6, 1.4e6),
        count(JITTER, jitter, 0.0),
    ]);
    Ok(figures)
}

fn instructions(programs: &Programs) -> Result<Vec<Figure>> {
    let start = measure::instructions(&programs.messages, &[])?;
    let warm = measure::warm_instructions(&programs.messages)?;
    let call = measure::call_instructions(&programs.aws_call)?;
    let without = warm.saturating_sub(call);
    Ok(vec![
        Figure::of("instructions of a start", start).within(3.5e6, 2.0e6),
        Figure::of("instructions of a warm message", warm),
        Figure::of("instructions of an AWS call", call),
        Figure::of("instructions of a warm message without its call", without).within(500e3, 350e3),
    ])
}

/// The same of what the function is compared with.
pub(crate) fn counted_of(peers: &[Program]) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for peer in peers.iter().filter(|peer| peer.by.is_none()) {
        let name = |what: &str| format!("{what}, `{}`", peer.name);
        let (start, warm) = (
            measure::instructions(peer, &[])?,
            measure::warm_instructions(peer)?,
        );
        let jitter = u64::from(measure::has_jitter_entropy(&peer.path)?);
        figures.extend([
            Figure::of(&name("instructions of a start"), start),
            Figure::of(&name("instructions of a warm message"), warm),
            Figure::of(&name(JITTER), jitter),
        ]);
    }
    Ok(figures)
}

const VENDORS: usize = 10_000;

pub(crate) fn memory(messages: &Program) -> Result<Vec<Figure>> {
    let (empty, full) = measure::memory(messages, VENDORS)?;
    let mib = |kib: u64| exact(kib) / 1_024.0;
    Ok(vec![
        Figure::new("peak memory after the start, MiB", mib(empty)).within(9.0, 6.0),
        Figure::new("peak memory with 10,000 vendors, MiB", mib(full)).within(14.0, 10.0),
    ])
}

pub(crate) fn with_a_share(messages: &Program) -> Result<Vec<Figure>> {
    const EVENTS: u32 = 300;
    let Some(quota) = Quota::new() else {
        say(
            "LEFT OUT: a warm message with 7.2 % of a processor: no control group can be made here\n",
        )?;
        return Ok(Vec::new());
    };
    let words = quota.words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let took = measure::warm(messages, (&words, EVENTS), Duration::from_millis(5))?;
    let at = |percent: usize| millis(took[took.len() * percent / 100]);
    Ok(vec![
        Figure::new("warm message with 7.2 % of a processor, p50, ms", at(50)),
        Figure::new("warm message with 7.2 % of a processor, p99, ms", at(99)).within(25.0, 15.0),
    ])
}

/// Starts of all programs, one after the other in each round, so that what else the machine does hits all of them.
pub(crate) fn starts(messages: &Program, peers: &[Program]) -> Result<Vec<Figure>> {
    const ROUNDS: usize = 25;
    let programs: Vec<_> = [messages].into_iter().chain(peers).collect();
    let mut took = vec![Vec::new(); programs.len()];
    for _ in 0..ROUNDS {
        for (took, program) in took.iter_mut().zip(&programs) {
            took.push(millis(measure::start(program)?));
        }
    }
    let mut figures = Vec::new();
    for (took, program) in took.iter_mut().zip(&programs) {
        took.sort_by(f64::total_cmp);
        let name = format!("start of `{}`, median of {ROUNDS}, ms", program.name);
        figures.push(Figure::new(name, took[ROUNDS / 2]).ranging(took[0], took[ROUNDS - 1]));
    }
    let ours = took[0][ROUNDS / 2];
    for (took, program) in took.iter().zip(&programs).skip(1) {
        let ratio = ours / took[ROUNDS / 2];
        let figure = Figure::new(format!("start, ratio to `{}`", program.name), ratio);
        figures.push(match program.name {
            "hello" => figure.within(2.0, 1.3),
            "node" => figure.within(1.0 / 50.0, 1.0 / 100.0),
            _ => figure,
        });
    }
    Ok(figures)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
