use domain::{VendorId, WabaId};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::journal::{Journal, JournalError, Kept};
use super::run::{Pace, is_hopeless};
use super::view::View;
use crate::client::{AdminClient, Ask};
use crate::client_error::ClientError;

/// What undoing did to a vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It had not been there before.
    Deleted,
    /// It has its former fields; its secrets are those of the sheet.
    Restored,
    /// It is as it was before the run.
    Nothing,
    /// Somebody changed it since, and it is left as it is.
    ChangedSince,
    /// It is gone: its secrets are not known, and without them it can't be made again.
    Gone,
    Failed(ClientError),
    NotTried,
}

impl Undone {
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Nothing => "as before",
            Self::ChangedSince => "changed",
            Self::Gone => "gone",
            Self::Failed(_) => "failed",
            Self::NotTried => "not tried",
        }
    }

    /// Whether the vendor is as it was before the run, but for its secrets.
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Deleted | Self::Restored | Self::Nothing)
    }
}

/// How one vendor of an undone run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoneRow {
    pub vendor_id: VendorId,
    pub undone: Undone,
}

/// What is to be done about one vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Decision {
    Delete,
    /// From what it is to what it was.
    Restore {
        now: View,
        before: View,
    },
    Leave(Undone),
}

/// Brings back what a run changed, the last row first; it may be repeated. `force` also undoes what somebody changed since, and deletes vendors whose sends
/// are active.
pub async fn undo(
    client: &AdminClient,
    journal: &mut Journal,
    force: bool,
    pace: Pace<'_>,
) -> Result<Vec<UndoneRow>, JournalError> {
    let open: Vec<Kept> = journal.rows().to_vec();
    let mut rows: Vec<_> = open
        .iter()
        .map(|row| UndoneRow {
            vendor_id: row.vendor.clone(),
            undone: if row.is_undone {
                Undone::Nothing
            } else {
                Undone::NotTried
            },
        })
        .collect();
    let open = open.iter().enumerate().filter(|(_, row)| !row.is_undone);
    let mut undoing = stream::iter(open.rev())
        .take_while(|_| std::future::ready(!pace.stop.is_wanted()))
        .map(|(place, row)| async move { (place, undo_one(client, row, force).await) })
        .buffer_unordered(pace.at_once);
    while let Some((place, undone)) = undoing.next().await {
        match &undone {
            Undone::Failed(error) if is_hopeless(error) => pace.stop.now(),
            undone if undone.is_good() => journal.undone(&rows[place].vendor_id)?,
            _ => {}
        }
        rows[place].undone = undone;
        (pace.ticks)();
    }
    rows.reverse();
    Ok(rows)
}

async fn undo_one(client: &AdminClient, row: &Kept, force: bool) -> Undone {
    let undone = async {
        let (now, etag) = shown(client, &row.vendor).await?.unzip();
        Ok(match decide(row, now.as_ref(), force) {
            Decision::Delete => {
                let etag = etag.flatten().filter(|_| !force);
                delete(client, &row.vendor, etag.as_deref(), force).await?
            }
            Decision::Restore { now, before } => {
                restore(client, &row.vendor, (&now, &before)).await?
            }
            Decision::Leave(why) => why,
        })
    };
    undone.await.unwrap_or_else(Undone::Failed)
}

/// A vendor as it is, and the `ETag` of that; `None` if there is none.
async fn shown(
    client: &AdminClient,
    vendor: &VendorId,
) -> Result<Option<(View, Option<String>)>, ClientError> {
    match client.call(&Ask::get(&["vendors", vendor.as_str()])).await {
        Ok(answer) => Ok(Some((View::shown(&answer.body), answer.etag))),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

fn decide(row: &Kept, now: Option<&View>, force: bool) -> Decision {
    let is_ours = |now: &View| match (&row.done, &row.before) {
        (Some((_, after)), Some(before)) => now.is_between(before, after),
        (Some((_, after)), None) => now == after,
        // It was killed before it noted what it did.
        (None, Some(before)) => now.is_between(before, &before.with(&row.wanted)),
        (None, None) => now.satisfies(&row.wanted),
    };
    match (&row.before, now) {
        (None, None) => Decision::Leave(Undone::Nothing),
        (None, Some(now)) if force || is_ours(now) => Decision::Delete,
        (Some(_), None) => Decision::Leave(Undone::Gone),
        (Some(before), Some(now)) if before == now => Decision::Leave(Undone::Nothing),
        (Some(before), Some(now)) if force || is_ours(now) => Decision::Restore {
            now: now.clone(),
            before: before.clone(),
        },
        (_, Some(_)) => Decision::Leave(Undone::ChangedSince),
    }
}

/// Deletes a vendor, on the condition that it is still as it was seen.
async fn delete(
    client: &AdminClient,
    vendor: &VendorId,
    etag: Option<&str>,
    force: bool,
) -> Result<Undone, ClientError> {
    let mut ask =
        Ask::delete(&["vendors", vendor.as_str()]).query("force", force.then_some("true"));
    if let Some(etag) = etag {
        ask = ask.if_match(etag);
    }
    match client.call(&ask).await {
        Ok(_) => Ok(Undone::Deleted),
        Err(error) if error.status() == Some(404) => Ok(Undone::Deleted),
        Err(error) if error.status() == Some(412) => Ok(Undone::ChangedSince),
        Err(error) => Err(error),
    }
}

/// Writes the former fields, on the condition that nobody writes others at the same time.
async fn restore(
    client: &AdminClient,
    vendor: &VendorId,
    (now, before): (&View, &View),
) -> Result<Undone, ClientError> {
    let number = WabaId::first_of(vendor);
    let of_vendor = ["vendors", vendor.as_str()];
    let of_number = ["vendors", vendor.as_str(), "waba", number.as_str()];
    let parts = [
        (&of_number[..], now.of_number(), before.of_number()),
        (&of_vendor[..], now.of_vendor(), before.of_vendor()),
    ];
    for (path, now, fields) in parts {
        if now == fields {
            continue;
        }
        let seen = client.call(&Ask::get(path)).await?;
        let etag = seen.etag.unwrap_or_default();
        let ask = Ask::put(path).if_match(&etag).json(&Value::from(fields));
        match client.call(&ask).await {
            Err(error) if error.status() == Some(412) => return Ok(Undone::ChangedSince),
            answered => answered?,
        };
    }
    Ok(Undone::Restored)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::journal::Outcome;
    use super::*;

    fn view(name: &str) -> View {
        serde_json::from_value(json!({ "businessName": name })).unwrap()
    }

    fn kept(before: Option<&str>, done: bool) -> Kept {
        Kept {
            vendor: VendorId::parse("v_1").unwrap(),
            before: before.map(view),
            wanted: view("Sheet"),
            done: done.then(|| (Outcome::Updated, view("Sheet"))),
            is_undone: false,
        }
    }

    #[track_caller]
    fn check(before: Option<&str>, now: Option<&str>, [plain, forced]: [Decision; 2]) {
        let now = now.map(view);
        for done in [true, false] {
            let row = kept(before, done);
            assert_eq!(decide(&row, now.as_ref(), false), plain, "{row:?}");
            assert_eq!(decide(&row, now.as_ref(), true), forced, "{row:?}");
        }
    }

    #[test]
    fn what_the_run_did_is_undone_and_what_others_did_is_left() {
        let leave = |why: Undone| Decision::Leave(why);
        let nothing = || [leave(Undone::Nothing), leave(Undone::Nothing)];
        let former = |now| Decision::Restore {
            now: view(now),
            before: view("Old"),
        };
        check(None, None, nothing());
        check(None, Some("Sheet"), [Decision::Delete, Decision::Delete]);
        let changed = leave(Undone::ChangedSince);
        check(None, Some("Other"), [changed.clone(), Decision::Delete]);
        check(
            Some("Old"),
            None,
            [leave(Undone::Gone), leave(Undone::Gone)],
        );
        check(Some("Old"), Some("Old"), nothing());
        check(
            Some("Old"),
            Some("Sheet"),
            [former("Sheet"), former("Sheet")],
        );
        check(Some("Old"), Some("Other"), [changed, former("Other")]);
    }
}
