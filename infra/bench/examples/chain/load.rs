//! Customers who write at times fixed before, whatever becomes of what they wrote: a slow answer delays no later message, and what waits
//! to be posted counts as waiting.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use domain::VendorId;
use jiff::Timestamp;
use local::Stack;
use platform::{Clock, Http};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::vendors;

/// Webhooks under way at once at most, for each needs open files of this process; what waits for its turn counts as waiting.
const AT_ONCE: usize = 64;

/// How long an answer is waited for after the last message came.
const PATIENCE: Duration = Duration::from_mins(15);

/// A customer who writes to a vendor, so long after the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) at: Duration,
    pub(crate) vendor: usize,
    /// Whether its answer is measured, and waited for.
    pub(crate) is_measured: bool,
}

/// What became of the measured arrivals.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// From when each was to be posted until the provider took its answer, the shortest first.
    pub(crate) dwell: Vec<Duration>,
    /// From the first arrival to the last answer.
    pub(crate) took: Duration,
}

impl Run {
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let at = (self.dwell.len() * percent / 100).min(self.dwell.len() - 1);
        self.dwell[at]
    }
}

/// So many messages in all at this rate a second, to these vendors in turn.
pub(crate) fn evenly(
    vendors: impl Iterator<Item = usize> + Clone,
    (rate, messages): (u32, u32),
    is_measured: bool,
) -> Vec<Arrival> {
    let arrival = |(number, vendor): (u32, usize)| Arrival {
        at: Duration::from_secs(1) * number / rate,
        vendor,
        is_measured,
    };
    (0..messages).zip(vendors.cycle()).map(arrival).collect()
}

/// Has everybody write, each a customer who never wrote before, and waits for the measured answers.
pub(crate) async fn run(stack: &Stack, arrivals: &[Arrival]) -> Result<Run> {
    let known = stack.simulator().sends().len();
    let (began, start) = (Clock::system().now(), Instant::now());
    let posting = Posting {
        url: stack.gateway_url().to_owned(),
        http: Http::new(),
        room: Semaphore::new(AT_ONCE),
    };
    let posting = Arc::new(posting);
    let mut posts = JoinSet::new();
    let mut waited_for = HashMap::new();
    for arrival in arrivals {
        let customer = customer();
        if arrival.is_measured {
            waited_for.insert(customer.clone(), arrival.at);
        }
        tokio::time::sleep_until(start + arrival.at).await;
        let posting = Arc::clone(&posting);
        let vendor = arrival.vendor;
        posts.spawn(async move { posting.post(vendor, &customer).await });
    }
    while let Some(posted) = posts.join_next().await {
        posted??;
    }
    let answered = answers(stack, &waited_for, known).await?;
    let waited = |(customer, at): (&String, &Timestamp)| {
        let arrived = waited_for.get(customer).copied().unwrap_or_default();
        at.duration_since(began + arrived).unsigned_abs()
    };
    let mut dwell: Vec<Duration> = answered.iter().map(waited).collect();
    dwell.sort_unstable();
    let last = answered.into_values().max().unwrap_or(began);
    Ok(Run {
        dwell,
        took: last.duration_since(began).unsigned_abs(),
    })
}

/// A number that nobody had before.
fn customer() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("22170{:07}", NEXT.fetch_add(1, Ordering::Relaxed))
}

struct Posting {
    url: String,
    http: Http,
    room: Semaphore,
}

impl Posting {
    async fn post(&self, vendor: usize, customer: &str) -> Result<()> {
        let _room = self.room.acquire().await?;
        let id = VendorId::parse(&vendors::id(vendor))?;
        let mut body = testkit::wasender::received("Bonjour", customer, &format!("KEY{customer}"));
        body["sessionId"] = vendors::key(vendor).into();
        let request = http::Request::post(format!(
            "{}/api/webhooks/wasender/{}",
            self.url,
            id.as_str()
        ))
        .header("content-type", "application/json")
        .header("x-webhook-signature", vendors::secret(vendor))
        .body(body.to_string().into_bytes())?;
        let answer = self.http.perform(request).await?;
        ensure!(
            answer.status() == 200,
            "a webhook was answered {}",
            answer.status()
        );
        Ok(())
    }
}

/// Waits until each who is waited for is answered; tells when each first was.
async fn answers(
    stack: &Stack,
    waited_for: &HashMap<String, Duration>,
    mut known: usize,
) -> Result<HashMap<String, Timestamp>> {
    let end = Instant::now() + PATIENCE;
    let mut answered = HashMap::new();
    loop {
        let sends = stack.simulator().sends_from(known);
        known += sends.len();
        for send in sends {
            let to = send.to.trim_start_matches('+').to_owned();
            if waited_for.contains_key(&to) {
                answered.entry(to).or_insert(send.at);
            }
        }
        if answered.len() == waited_for.len() {
            return Ok(answered);
        }
        if Instant::now() > end {
            bail!("{} of {} were answered", answered.len(), waited_for.len());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What everything used from some moment on.
pub(crate) struct Cost {
    processor: Duration,
}

impl Cost {
    /// Begins to count.
    pub(crate) fn begin(stack: &Stack) -> Result<Self> {
        stack.aws().calls().take();
        Ok(Self {
            processor: processor_time()?,
        })
    }

    /// What the whole process used of the processors, emulators and this generator included, and the AWS calls of all functions.
    pub(crate) fn end(self, stack: &Stack) -> Result<(Duration, usize)> {
        let used = processor_time()?.saturating_sub(self.processor);
        Ok((used, stack.aws().calls().take().len()))
    }
}

/// What this process used of the processors so far.
fn processor_time() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("no name")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| -> Result<u64> { Ok(fields.get(at).context("too short")?.parse()?) };
    // User and system time, in hundredths of a second on Linux.
    Ok(Duration::from_millis(10 * (ticks(11)? + ticks(12)?)))
}
