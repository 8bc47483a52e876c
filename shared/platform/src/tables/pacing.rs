//! How a number is registered to send, and how fast its lane goes, as attributes.

use std::time::Duration;

use domain::{Pace, Pacing, Plan};

use super::item::{Change, Reader, b, n};

/// A number that was registered before there was a choice is as most are: paid and not protected.
pub(super) fn read_pacing(from: &Reader<'_>) -> Pacing {
    let usual = Pacing::default();
    Pacing {
        plan: from
            .text_opt("plan")
            .and_then(Plan::parse)
            .unwrap_or(usual.plan),
        account_protection: from.flag("accountProtection"),
        daily_cap: from.number_opt("dailyCap"),
        jitter: from.flag_opt("jitter").unwrap_or(usual.jitter),
    }
}

pub(super) fn set_pace(change: Change, pace: &Pace) -> Change {
    change
        .set("gapMs", n(pace.configured.as_millis()))
        .set("dayCap", pace.day_cap.map(n))
        .set("jitter", b(pace.jitter))
        .set("learnedGapMs", pace.learned.map(|gap| n(gap.as_millis())))
        .set("taken", n(pace.taken))
        .set("refusals", n(pace.refusals))
        .set("day", n(pace.day))
        .set("today", n(pace.today))
}

pub(super) fn read_pace(from: &Reader<'_>) -> Pace {
    let usual = Pace::default();
    let gap = |name| from.number_opt(name).map(Duration::from_millis);
    Pace {
        configured: gap("gapMs").unwrap_or(usual.configured),
        day_cap: from.number_opt("dayCap"),
        jitter: from.flag_opt("jitter").unwrap_or(usual.jitter),
        learned: gap("learnedGapMs"),
        taken: from.number_opt("taken").unwrap_or_default(),
        refusals: from.number_opt("refusals").unwrap_or_default(),
        day: from.number_opt("day").unwrap_or_default(),
        today: from.number_opt("today").unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::item::s;
    use super::*;

    #[test]
    fn an_item_of_an_older_release_goes_at_the_usual_pace() {
        let item = HashMap::from([
            ("status".to_owned(), s("connected")),
            ("gapMs".to_owned(), n(234)),
        ]);
        let from = Reader::new(&item, "reading a test's item");
        assert_eq!(read_pacing(&from), Pacing::default());
        assert_eq!(read_pace(&from), Pace::default());
    }

    #[test]
    fn a_number_is_read_as_it_was_registered() {
        let item = HashMap::from([
            ("plan".to_owned(), s("trial")),
            ("accountProtection".to_owned(), b(true)),
            ("dailyCap".to_owned(), n(20)),
            ("jitter".to_owned(), b(false)),
        ]);
        let expected = Pacing {
            plan: Plan::Trial,
            account_protection: true,
            daily_cap: std::num::NonZeroU32::new(20),
            jitter: false,
        };
        let from = Reader::new(&item, "reading a test's item");
        assert_eq!(read_pacing(&from), expected);
    }
}
