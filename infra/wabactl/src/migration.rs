use domain::VendorId;
use futures_util::stream::{self, StreamExt};

use crate::client::{AdminClient, Registered};
use crate::client_error::ClientError;
use crate::registration::Registration;

/// Rows that are registered at the same time: fast enough for a fleet, and far below the admin API's limits.
const AT_ONCE: usize = 4;

/// How a migration ended, row by row in the order of the sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub rows: Vec<RowOutcome>,
}

/// How one row of a migration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowOutcome {
    pub vendor_id: VendorId,
    pub outcome: Result<Registered, ClientError>,
}

impl Report {
    /// How many vendors are new.
    pub fn created(&self) -> usize {
        self.count(|outcome| *outcome == Ok(Registered::Created))
    }

    /// How many vendors were known and are brought up to date.
    pub fn updated(&self) -> usize {
        self.count(|outcome| *outcome == Ok(Registered::Updated))
    }

    /// How many rows have to be run again.
    pub fn failed(&self) -> usize {
        self.count(Result::is_err)
    }

    fn count(&self, counts: fn(&Result<Registered, ClientError>) -> bool) -> usize {
        self.rows.iter().filter(|row| counts(&row.outcome)).count()
    }
}

/// Registers every row, a few at a time. A row that fails stops no other, and the whole may be run again: what is there already is updated.
pub async fn migrate(client: &AdminClient, rows: &[Registration]) -> Report {
    let rows = stream::iter(rows.iter().map(|row| register(client, row)))
        .buffered(AT_ONCE)
        .collect()
        .await;
    Report { rows }
}

async fn register(client: &AdminClient, row: &Registration) -> RowOutcome {
    RowOutcome {
        vendor_id: row.vendor_id.clone(),
        outcome: client.register(row).await,
    }
}
