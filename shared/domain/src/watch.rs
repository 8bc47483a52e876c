//! Whether a session is heard: what is asked of it and when, and the gaps in which nothing could be heard.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::SessionStatus;
use crate::ids::WabaId;
use crate::limits;
use crate::repair::Repairs;
use crate::rhythm::Rhythm;

/// What is known of one session beside its lane. As with a lane, every change is written on the revision that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    pub revision: u64,
    /// When the sweep looks next.
    pub due_at: Timestamp,
    /// When it last did.
    pub looked_at: Timestamp,
    /// Until when a confirmation of its status counts as under way.
    pub confirming_until: Option<Timestamp>,
    /// Until when a verification of its number does.
    pub verifying_until: Option<Timestamp>,
    pub rhythm: Rhythm,
    /// How often its settings were put back lately.
    pub repairs: Repairs,
    /// The gaps that did not end yet, each with its beginning.
    pub open: BTreeMap<Cause, Timestamp>,
}

/// Why nothing could be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The session was not connected.
    Disconnected,
    /// Its settings at the provider were not those that we need.
    Drift,
    /// It was connected, and nothing came for much longer than usual.
    Silent,
    /// Nobody looked: what happened meanwhile would not have been noticed.
    Observer,
    /// Webhooks came and could not be kept.
    Ingest,
}

impl Cause {
    pub const ALL: [Self; 5] = [
        Self::Disconnected,
        Self::Drift,
        Self::Silent,
        Self::Observer,
        Self::Ingest,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Drift => "drift",
            Self::Silent => "silent",
            Self::Observer => "observer",
            Self::Ingest => "ingest",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

/// A time in which messages to a number may have been missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub waba: WabaId,
    pub cause: Cause,
    pub from: Timestamp,
    /// `None` while it lasts.
    pub to: Option<Timestamp>,
}

impl Gap {
    /// Whether it touches a span of time.
    pub fn overlaps(&self, from: Timestamp, to: Timestamp) -> bool {
        self.from <= to && self.to.is_none_or(|end| end >= from)
    }
}

/// What is to be asked of a session after it told something of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Whose number it is, at once.
    Number,
    /// Whether what it told is so, after a while: its words may come in any order.
    Status,
}

/// A watch after something happened, with the gaps that began or ended by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub watch: Watch,
    pub gaps: Vec<(Cause, Timestamp, Option<Timestamp>)>,
}

impl Watch {
    /// The watch of a session that was registered at `now`.
    pub fn begun(now: Timestamp) -> Self {
        Self {
            revision: 0,
            due_at: after(now, limits::WATCH_EVERY),
            looked_at: now,
            confirming_until: None,
            verifying_until: None,
            rhythm: Rhythm::default(),
            repairs: Repairs::default(),
            open: BTreeMap::new(),
        }
    }

    /// After the session told its status: what is asked of it now, unless that is under way. A verification is under way only while the
    /// lane `is_held` for it.
    pub fn told(
        mut self,
        status: SessionStatus,
        is_held: bool,
        now: Timestamp,
    ) -> (Change, Option<Ask>) {
        let is_free = |until: Option<Timestamp>| until.is_none_or(|until| until <= now);
        let ask = if status == SessionStatus::Connected {
            let free = !is_held || is_free(self.verifying_until);
            if free {
                self.verifying_until = Some(after(now, limits::VERIFY_PENDING));
            }
            free.then_some(Ask::Number)
        } else {
            let free = is_free(self.confirming_until);
            if free {
                self.confirming_until = Some(after(now, limits::CONFIRM_PENDING));
                // Should the question get lost, the sweep asks it.
                self.due_at = self.due_at.min(after(now, limits::PROBE_AFTER));
            }
            free.then_some(Ask::Status)
        };
        (self.is_connected(status, now), ask)
    }

    /// After the provider was asked for the session's status.
    pub fn is_connected(self, status: SessionStatus, now: Timestamp) -> Change {
        match status {
            SessionStatus::Connected => self.ended(Cause::Disconnected, now),
            status if status.is_down() => self.began(Cause::Disconnected, now, now),
            _ => Change::of(self),
        }
    }

    /// After a look began: the next one is due, and if it came late, nobody looked in between.
    #[must_use]
    pub fn looked(mut self, now: Timestamp) -> Change {
        let last = std::mem::replace(&mut self.looked_at, now);
        self.due_at = after(now, limits::WATCH_EVERY);
        let mut change = Change::of(self);
        if now > after(last, limits::WATCH_LAPSE) {
            change.gaps.push((Cause::Observer, last, Some(now)));
        }
        change
    }

    /// After a gap began; one that lasts already stays as it is.
    pub fn began(mut self, cause: Cause, from: Timestamp, now: Timestamp) -> Change {
        let from = from.min(now);
        if self.open.contains_key(&cause) {
            return Change::of(self);
        }
        self.open.insert(cause, from);
        let mut change = Change::of(self);
        change.gaps.push((cause, from, None));
        change
    }

    /// After a gap ended, if it lasted.
    pub fn ended(mut self, cause: Cause, now: Timestamp) -> Change {
        let from = self.open.remove(&cause);
        let mut change = Change::of(self);
        let ended = from.map(|from| (cause, from, Some(now)));
        change.gaps.extend(ended);
        change
    }

    /// After the newest message that came was found: whatever comes ends a silence.
    #[must_use]
    pub fn heard(mut self, newest: Option<Timestamp>, now: Timestamp) -> Change {
        let Some(newest) = newest else {
            return Change::of(self);
        };
        let is_new = self.rhythm.heard_at.is_none_or(|before| newest > before);
        self.rhythm = self.rhythm.heard(newest);
        if is_new {
            self.ended(Cause::Silent, now)
        } else {
            Change::of(self)
        }
    }
}

impl Change {
    fn of(watch: Watch) -> Self {
        Self {
            watch,
            gaps: Vec::new(),
        }
    }

    /// This change and then another.
    #[must_use]
    pub fn then(mut self, next: impl FnOnce(Watch) -> Self) -> Self {
        let more = next(self.watch);
        self.gaps.extend(more.gaps);
        Self {
            watch: more.watch,
            gaps: self.gaps,
        }
    }
}

fn after(now: Timestamp, wait: std::time::Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn at(seconds: u64) -> Timestamp {
        NOW + Duration::from_secs(seconds)
    }

    #[test]
    fn a_storm_of_words_is_asked_after_once_and_each_link_at_once() {
        let mut watch = Watch::begun(NOW);
        let mut asked = Vec::new();
        for second in 0..20 {
            let status = if second % 2 == 0 {
                SessionStatus::Disconnected
            } else {
                SessionStatus::Connecting
            };
            let (change, ask) = watch.told(status, false, at(second));
            watch = change.watch;
            asked.extend(ask);
        }
        assert_eq!(asked, [Ask::Status]);
        let (change, ask) = watch.told(SessionStatus::Connected, false, at(21));
        assert_eq!(ask, Some(Ask::Number));
        let again = |is_held| {
            let watch = change.watch.clone();
            watch.told(SessionStatus::Connected, is_held, at(22)).1
        };
        assert_eq!(again(true), None, "the first question is under way");
        assert_eq!(again(false), Some(Ask::Number), "it was answered");
    }

    #[test]
    fn a_confirmation_that_got_lost_is_made_by_the_sweep() {
        let (change, _) = Watch::begun(NOW).told(SessionStatus::Disconnected, false, NOW);
        assert!(change.watch.due_at <= at(60));
    }

    #[test]
    fn a_session_is_away_from_the_first_word_of_it_until_it_is_back() {
        let (down, _) = Watch::begun(NOW).told(SessionStatus::Disconnected, false, at(10));
        assert_eq!(down.gaps, [(Cause::Disconnected, at(10), None)]);
        let (still, _) = down.watch.told(SessionStatus::LoggedOut, false, at(20));
        assert_eq!(still.gaps, []);
        let (passing, _) = still.watch.told(SessionStatus::Connecting, false, at(30));
        assert_eq!(passing.gaps, []);
        let (back, _) = passing.watch.told(SessionStatus::Connected, false, at(40));
        assert_eq!(back.gaps, [(Cause::Disconnected, at(10), Some(at(40)))]);
        let (again, _) = back.watch.told(SessionStatus::Connected, false, at(50));
        assert_eq!(again.gaps, []);
    }

    #[test]
    fn looks_that_come_in_time_leave_no_gap() {
        let first = Watch::begun(NOW).looked(at(300));
        assert_eq!(first.gaps, []);
        assert_eq!(first.watch.due_at, at(600));
        let second = first.watch.looked(at(1_200));
        assert_eq!(second.gaps, [], "three times as late is late enough");
        let third = second.watch.looked(at(2_101));
        assert_eq!(third.gaps, [(Cause::Observer, at(1_200), Some(at(2_101)))]);
    }

    #[test]
    fn whatever_is_heard_ends_a_silence() {
        let silent = Watch::begun(NOW).began(Cause::Silent, at(100), at(9_000));
        assert_eq!(silent.gaps, [(Cause::Silent, at(100), None)]);
        let nothing = silent.watch.heard(None, at(9_300));
        assert_eq!(nothing.gaps, []);
        let heard = nothing.watch.heard(Some(at(9_400)), at(9_600));
        assert_eq!(heard.gaps, [(Cause::Silent, at(100), Some(at(9_600)))]);
        let same = heard.watch.heard(Some(at(9_400)), at(9_900));
        assert_eq!(same.gaps, []);
    }

    #[test]
    fn a_gap_touches_what_it_lies_within() {
        let gap = |from, to: Option<u64>| Gap {
            waba: WabaId::parse("waba_a").unwrap(),
            cause: Cause::Drift,
            from: at(from),
            to: to.map(at),
        };
        let page = (at(100), at(200));
        for (gap, expected) in [
            (gap(0, Some(99)), false),
            (gap(0, Some(100)), true),
            (gap(0, None), true),
            (gap(150, Some(160)), true),
            (gap(201, None), false),
        ] {
            assert_eq!(gap.overlaps(page.0, page.1), expected, "{gap:?}");
        }
    }

    #[test]
    fn a_cause_is_read_back() {
        for cause in Cause::ALL {
            assert_eq!(Cause::parse(cause.as_str()), Some(cause));
        }
    }
}
