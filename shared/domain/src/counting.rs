//! Counting a vendor's messages day by day, from the ledger and beside it: each message once, soon after it came, and the whole day anew when
//! its messages' fates are known.

mod tally;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::{MessageId, VendorId, WabaId};
use crate::limits;

pub use tally::{INBOUND, OUTBOUND, Tally, is_status};

/// How long after a day its messages are counted anew: once when nothing of it can be on its way any more, once when what customers read late
/// was read.
const RECOUNTS: [SignedDuration; 2] = [
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(48),
];

/// A day (UTC) of a vendor's messages, as far as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    /// What is shown: all until `through`, or what the last recount found.
    pub shown: Tally,
    /// The place in the ledger's list up to which the first count came.
    pub through: Option<String>,
    /// Recounts that are done.
    pub recounts: u8,
    pub under_way: Option<Recount>,
    /// Raised by every write, and the condition of the next; 0 is a day that nothing was written of.
    pub revision: u64,
}

/// A recount that is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recount {
    /// How many recounts are done once this one is.
    pub makes: u8,
    pub tally: Tally,
    pub through: Option<String>,
}

/// A stretch of the ledger's list: after one place, before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub after: String,
    pub before: String,
}

/// A page of a stretch, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub tally: Tally,
    /// The place of the page's last message.
    pub last: Option<String>,
    /// Whether the stretch has no more.
    pub is_last: bool,
    pub failed: Vec<FailedSend>,
}

/// A message that was not accepted or not delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedSend {
    pub vendor_id: VendorId,
    pub waba_id: WabaId,
    pub message_id: MessageId,
    /// The failure's class; the provider's own words stay in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    pub at: Timestamp,
}

/// The day of a moment.
pub fn date_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// When a day begins.
pub fn start_of(date: Date) -> Timestamp {
    let start = date.to_zoned(TimeZone::UTC);
    start.map_or(Timestamp::MIN, |start| start.timestamp())
}

fn end_of(date: Date) -> Timestamp {
    date.tomorrow().map_or(Timestamp::MAX, start_of)
}

/// The days that may still have to be counted: today, then the others, oldest first.
pub fn open_days(now: Timestamp) -> Vec<Date> {
    let today = date_of(now);
    let before = |days: i8| today.checked_sub(jiff::Span::new().days(days)).ok();
    let others = (1..=limits::COUNTED_AGAIN_DAYS).rev().filter_map(before);
    std::iter::once(today).chain(others).collect()
}

/// The newest failures of two lists, each once.
pub fn newest_failures(mut known: Vec<FailedSend>, heard: &[FailedSend]) -> Vec<FailedSend> {
    for failed in heard {
        if !known.iter().any(|it| it.message_id == failed.message_id) {
            known.push(failed.clone());
        }
    }
    known.sort_by(|one, other| (other.at, &other.message_id).cmp(&(one.at, &one.message_id)));
    known.truncate(limits::RECENT_FAILURES);
    known
}

impl Stretch {
    /// What was received from one moment on, until before another.
    pub fn between(from: Timestamp, until: Timestamp) -> Self {
        let place = |at: Timestamp| format!("{:013}", at.as_millisecond().max(0));
        Self {
            after: place(from),
            before: place(until),
        }
    }

    /// What is behind a message in it.
    fn behind(self, last: Option<&String>) -> Self {
        match last {
            // No place begins with another, so that this is right behind it.
            Some(last) => Self {
                after: format!("{last}!"),
                ..self
            },
            None => self,
        }
    }

    /// What a page leaves.
    #[must_use]
    pub fn rest(self, page: &Counted) -> Option<Self> {
        (!page.is_last).then(|| self.behind(page.last.as_ref()))
    }
}

impl Day {
    /// A day of which nothing is counted.
    pub fn begun(date: Date) -> Self {
        Self {
            date,
            shown: Tally::default(),
            through: None,
            recounts: 0,
            under_way: None,
            revision: 0,
        }
    }

    /// What is to be counted next by now, if anything is.
    pub fn work(&self, now: Timestamp) -> Option<Stretch> {
        let whole = Stretch::between(start_of(self.date), end_of(self.date));
        if let Some(recount) = &self.under_way {
            return Some(whole.behind(recount.through.as_ref()));
        }
        if self.recounts_due(now) > self.recounts {
            return Some(whole);
        }
        if self.recounts > 0 {
            return None;
        }
        self.uncounted(now.checked_sub(limits::COUNTED_AFTER).ok()?)
    }

    /// What came before a moment and is not in what is shown.
    pub fn uncounted(&self, until: Timestamp) -> Option<Stretch> {
        let (start, until) = (start_of(self.date), until.min(end_of(self.date)));
        let is_open = self.recounts == 0 && start < until;
        let stretch = Stretch::between(start, until).behind(self.through.as_ref());
        (is_open && stretch.after < stretch.before).then_some(stretch)
    }

    /// The day after a page of its work.
    #[must_use]
    pub fn counted(self, page: &Counted, now: Timestamp) -> Self {
        let makes = self.recounts_due(now);
        if self.under_way.is_none() && makes <= self.recounts {
            return Self {
                shown: self.shown.and(&page.tally),
                through: page.last.clone().or(self.through),
                ..self
            };
        }
        let begun = || Recount {
            makes,
            ..Recount::default()
        };
        let mut recount = self.under_way.clone().unwrap_or_else(begun);
        recount.tally = recount.tally.and(&page.tally);
        recount.through = page.last.clone().or(recount.through);
        if !page.is_last {
            return Self {
                under_way: Some(recount),
                ..self
            };
        }
        Self {
            shown: recount.tally,
            recounts: recount.makes,
            under_way: None,
            through: None,
            ..self
        }
    }

    /// How many recounts this day should have seen by now.
    fn recounts_due(&self, now: Timestamp) -> u8 {
        let since = now.duration_since(end_of(self.date));
        let due = RECOUNTS.iter().filter(|after| since >= **after).count();
        u8::try_from(due).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests;
