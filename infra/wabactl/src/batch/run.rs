use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::VendorId;
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::journal::{Journal, JournalError, Outcome};
use super::plan::PlannedRow;
use super::registry::Registry;
use super::view::View;
use crate::client::{AdminClient, Ask};
use crate::client_error::ClientError;
use crate::sheet::SheetRow;

/// The pause between two looks at vendors whose numbers are not verified yet.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Says that no further row is to be begun; what is under way is ended.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a run goes.
#[derive(Clone)]
pub struct Pace<'a> {
    /// Rows that are under way at the same time.
    pub at_once: usize,
    pub stop: &'a Stop,
    /// Called after each row.
    pub ticks: &'a dyn Fn(),
}

/// How a batch ended, row by row in the order of the sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchReport {
    pub rows: Vec<ReportRow>,
}

/// How one row ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    pub line: u64,
    pub vendor_id: VendorId,
    pub done: Done,
    /// Whether the number behind the key is the registered one, in the gateway's word.
    pub identity: Option<String>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    Created,
    Updated,
    /// An earlier run of the same sheet did it, and it is still so.
    Before,
    Failed(ClientError),
    /// The run was stopped before it.
    NotTried,
}

impl Done {
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Before => "done before",
            Self::Failed(_) => "failed",
            Self::NotTried => "not tried",
        }
    }

    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::Before)
    }
}

impl From<Outcome> for Done {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Created => Self::Created,
            Outcome::Updated => Self::Updated,
        }
    }
}

impl BatchReport {
    /// How many rows ended so.
    pub fn count(&self, is_meant: impl Fn(&Done) -> bool) -> usize {
        self.rows.iter().filter(|row| is_meant(&row.done)).count()
    }

    /// Vendors whose key is another number's: nothing leaves from them.
    pub fn mismatches(&self) -> usize {
        let is_other = |row: &&ReportRow| row.identity.as_deref() == Some("mismatch");
        self.rows.iter().filter(is_other).count()
    }
}

/// Registers every row that is not done yet, a few at a time. A row that fails stops no other, unless all further ones would fail as well.
pub async fn run(
    client: &AdminClient,
    (rows, planned): (&[SheetRow], &[PlannedRow]),
    journal: &mut Journal,
    pace: Pace<'_>,
) -> Result<BatchReport, JournalError> {
    let is_open = journal.plan(planned)?;
    let begun = |is_open: &bool| {
        if *is_open {
            Done::NotTried
        } else {
            Done::Before
        }
    };
    let mut done: Vec<Done> = is_open.iter().map(begun).collect();
    let open = rows.iter().enumerate().filter(|(place, _)| is_open[*place]);
    let mut writing = stream::iter(open)
        .take_while(|_| std::future::ready(!pace.stop.is_wanted()))
        .map(|(place, row)| async move {
            let registered = register(client, row).await;
            // At once: no other row is begun while this one waits to be noted.
            if registered.as_ref().is_err_and(is_hopeless) {
                pace.stop.now();
            }
            (place, registered)
        })
        .buffer_unordered(pace.at_once)
        // What ended together is noted together.
        .ready_chunks(pace.at_once);
    while let Some(ended) = writing.next().await {
        let mut written = Vec::new();
        for (place, registered) in ended {
            (pace.ticks)();
            match registered {
                Ok(after) => written.push((place, after)),
                Err(error) => done[place] = Done::Failed(error),
            }
        }
        let (places, views): (Vec<_>, Vec<_>) = written.into_iter().unzip();
        let ids = places
            .iter()
            .map(|place| rows[*place].registration.vendor_id.clone());
        let outcomes = journal.done(ids.zip(views).collect())?;
        for (place, outcome) in places.into_iter().zip(outcomes) {
            done[place] = outcome.into();
        }
    }
    let row = |(row, done): (&SheetRow, Done)| ReportRow {
        line: row.line,
        vendor_id: row.registration.vendor_id.clone(),
        done,
        identity: None,
    };
    Ok(BatchReport {
        rows: rows.iter().zip(done).map(row).collect(),
    })
}

async fn register(client: &AdminClient, row: &SheetRow) -> Result<View, ClientError> {
    let ask = Ask::post(&["vendors"]).json(&row.registration.body());
    let answer = client.call(&ask.repeatable()).await?;
    match (answer.status, &answer.body) {
        (200 | 201, Value::Object(_)) => Ok(View::shown(&answer.body)),
        (status, _) => Err(ClientError::Unreadable { status }),
    }
}

/// Whether every further request would fail as well.
pub(super) fn is_hopeless(error: &ClientError) -> bool {
    *error == ClientError::NotReached || error.status() == Some(401)
}

/// Looks whether the numbers behind the keys are the registered ones, for as long as the gateway is about to find out and `patience` lasts.
pub async fn verify(
    client: &AdminClient,
    rows: &[SheetRow],
    report: &mut BatchReport,
    patience: Duration,
    stop: &Stop,
) -> Result<(), ClientError> {
    let mut waited = Duration::ZERO;
    loop {
        let registry = Registry::read(client).await?;
        let mut is_pending = false;
        for (row, told) in rows.iter().zip(&mut report.rows) {
            let identity = registry.identity(&told.vendor_id);
            let has_key = row.registration.wasender_api_key.is_some();
            is_pending |= told.done.is_good() && has_key && identity == Some("pending");
            told.identity = identity.map(str::to_owned);
        }
        if !is_pending || waited >= patience || stop.is_wanted() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
        waited += LOOK_EVERY;
    }
}
