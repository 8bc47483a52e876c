//! Whether somebody is there, by the clock on the wall: an hour that a clock change repeats counts twice, one that it leaves out never.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan as _, civil};

use super::{BusinessHours, DAY, Interval};

/// How far the next opening is looked for: a week, and another one should a clock change swallow the only interval.
const LOOKED_AHEAD: i64 = 15;

impl BusinessHours {
    /// Whether somebody is there at this time. Hours of a place that nobody knows are always open.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.zone().is_none_or(|zone| self.is_open_in(&zone, at))
    }

    /// The first time after this one at which somebody is there who was not there just before; `None` if there is none in two weeks.
    pub fn opens_after(&self, at: Timestamp) -> Option<Timestamp> {
        let zone = self.zone()?;
        let opens = |time: &Timestamp| {
            let before = time.checked_sub(1.second()).ok();
            *time > at
                && self.is_open_in(&zone, *time)
                && !before.is_some_and(|before| self.is_open_in(&zone, before))
        };
        let begins = self.begins_after(&zone, at);
        // Where the clock is changed it may jump into an interval.
        let until = at.checked_add((24 * LOOKED_AHEAD).hours()).ok()?;
        let changes = zone.following(at).map(|change| change.timestamp());
        let changes = changes.take_while(|change| *change <= until);
        begins.into_iter().chain(changes).filter(opens).min()
    }

    /// The time on the wall of the place.
    pub fn on_the_wall(&self, at: Timestamp) -> Option<civil::DateTime> {
        Some(self.zone()?.to_datetime(at))
    }

    fn is_open_in(&self, zone: &TimeZone, at: Timestamp) -> bool {
        let wall = zone.to_datetime(at);
        let minute =
            u16::from(wall.hour().unsigned_abs()) * 60 + u16::from(wall.minute().unsigned_abs());
        let today = wall.date().weekday();
        self.of(today).iter().any(|it| it.holds(minute))
            || self
                .of(today.wrapping_sub(1))
                .iter()
                .any(|it| it.ends_next_day() && minute < it.to.0)
    }

    /// The times at which intervals begin by the clock, where it is changed both that it may mean.
    fn begins_after(&self, zone: &TimeZone, at: Timestamp) -> Vec<Timestamp> {
        let today = zone.to_datetime(at).date();
        let days = (-1..=LOOKED_AHEAD).filter_map(|day| today.checked_add(day.days()).ok());
        let mut begins = Vec::new();
        for day in days {
            for interval in self.of(day.weekday()) {
                let wall = day
                    .at(0, 0, 0, 0)
                    .checked_add(i64::from(interval.from.0).minutes());
                let Ok(wall) = wall else { continue };
                let meant = zone.to_ambiguous_timestamp(wall);
                begins.extend([meant.earlier(), meant.later()].into_iter().flatten());
            }
        }
        begins
    }

    fn zone(&self) -> Option<TimeZone> {
        TimeZoneDatabase::bundled().get(&self.time_zone).ok()
    }

    fn of(&self, day: civil::Weekday) -> &[Interval] {
        self.week()[usize::from(day.to_monday_zero_offset().unsigned_abs())]
    }
}

impl Interval {
    const fn ends_next_day(self) -> bool {
        self.to.0 <= self.from.0
    }

    /// Whether a minute of the day that it begins on is in it.
    const fn holds(self, minute: u16) -> bool {
        let end = if self.ends_next_day() { DAY } else { self.to.0 };
        self.from.0 <= minute && minute < end
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn hours(zone: &str, days: &[(&str, &[(&str, &str)])]) -> BusinessHours {
        let mut document = json!({ "timeZone": zone });
        for (day, intervals) in days {
            let intervals = intervals
                .iter()
                .map(|(from, to)| json!({ "from": from, "to": to }));
            document[*day] = intervals.collect();
        }
        serde_json::from_value(document).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_evening_that_crosses_midnight_is_open_until_its_end_on_the_next_day() {
        let bar = hours("Africa/Dakar", &[("saturday", &[("20:00", "02:00")])]);
        for (time, open) in [
            ("2026-11-21T19:59:59Z", false),
            ("2026-11-21T20:00:00Z", true),
            ("2026-11-21T23:59:59Z", true),
            ("2026-11-22T00:00:00Z", true),
            ("2026-11-22T01:59:59Z", true),
            ("2026-11-22T02:00:00Z", false),
            ("2026-11-23T01:00:00Z", false),
        ] {
            assert_eq!(bar.is_open(at(time)), open, "{time}");
        }
        let next = bar.opens_after(at("2026-11-22T02:00:00Z"));
        assert_eq!(next, Some(at("2026-11-28T20:00:00Z")));
    }

    #[test]
    fn a_day_that_is_open_throughout_joins_the_next_one() {
        let all = [("00:00", "24:00")];
        let open = hours("UTC", &[("monday", &all), ("tuesday", &all)]);
        assert!(open.is_open(at("2026-11-24T00:00:00Z")));
        assert_eq!(
            open.opens_after(at("2026-11-23T12:00:00Z")),
            Some(at("2026-11-30T00:00:00Z")),
            "midnight between two open days is no opening"
        );
    }

    #[test]
    fn a_clock_that_jumps_over_the_beginning_opens_where_it_lands() {
        // 02:00 to 03:00 does not exist on 29 March 2026 in Paris.
        let early = hours("Europe/Paris", &[("sunday", &[("02:30", "05:00")])]);
        assert!(!early.is_open(at("2026-03-29T00:59:59Z")));
        assert!(early.is_open(at("2026-03-29T01:00:00Z")));
        assert_eq!(
            early.opens_after(at("2026-03-29T00:00:00Z")),
            Some(at("2026-03-29T01:00:00Z"))
        );
        // An interval that the jump swallows does not open that week.
        let swallowed = hours("Europe/Paris", &[("sunday", &[("02:10", "02:50")])]);
        assert_eq!(
            swallowed.opens_after(at("2026-03-28T12:00:00Z")),
            Some(at("2026-04-05T00:10:00Z"))
        );
    }

    #[test]
    fn an_hour_that_the_clock_repeats_is_open_twice() {
        // 02:00 to 03:00 comes twice on 25 October 2026 in Paris.
        let early = hours("Europe/Paris", &[("sunday", &[("02:00", "02:30")])]);
        for (time, open) in [
            ("2026-10-25T00:00:00Z", true),
            ("2026-10-25T00:30:00Z", false),
            ("2026-10-25T01:00:00Z", true),
            ("2026-10-25T01:30:00Z", false),
        ] {
            assert_eq!(early.is_open(at(time)), open, "{time}");
        }
        assert_eq!(
            early.opens_after(at("2026-10-25T00:30:00Z")),
            Some(at("2026-10-25T01:00:00Z"))
        );
    }

    #[test]
    fn whoever_never_opens_has_no_next_opening_and_an_unknown_place_is_always_open() {
        let never = hours("Africa/Dakar", &[]);
        let now = at("2026-11-23T12:00:00Z");
        assert!(!never.is_open(now));
        assert_eq!(never.opens_after(now), None);
        assert!(hours("Nowhere/City", &[]).is_open(now));
    }

    /// The minutes of a week that are open, by the words of the configuration alone.
    fn open_minutes(document: &Value) -> Vec<bool> {
        let names = [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        let mut open = vec![false; 7 * 1_440];
        let minute = |text: &Value| -> usize {
            let (hours, minutes) = text.as_str().unwrap().split_once(':').unwrap();
            hours.parse::<usize>().unwrap() * 60 + minutes.parse::<usize>().unwrap()
        };
        for (day, name) in names.iter().enumerate() {
            for interval in document[*name].as_array().into_iter().flatten() {
                let (from, to) = (minute(&interval["from"]), minute(&interval["to"]));
                let length = if to > from {
                    to - from
                } else {
                    1_440 - from + to
                };
                for step in 0..length {
                    open[(day * 1_440 + from + step) % (7 * 1_440)] = true;
                }
            }
        }
        open
    }

    fn any_hours() -> impl Strategy<Value = Value> {
        let interval = (0_u16..1_440, 1_u16..1_440).prop_map(|(from, length)| {
            let text = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            json!([{ "from": text(from), "to": text((from + length) % 1_440) }])
        });
        let day = prop_oneof![1 => Just(json!([])), 2 => interval];
        let zone = prop_oneof![
            Just("Europe/Paris"),
            Just("America/New_York"),
            Just("Africa/Dakar"),
            Just("Australia/Lord_Howe")
        ];
        (zone, prop::collection::vec(day, 7)).prop_map(|(zone, days)| {
            let names = [
                "monday",
                "tuesday",
                "wednesday",
                "thursday",
                "friday",
                "saturday",
                "sunday",
            ];
            let mut document = json!({ "timeZone": zone });
            for (name, day) in names.into_iter().zip(days) {
                document[name] = day;
            }
            document
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Minute by minute over weeks in which clocks are changed.
        #[test]
        fn hours_are_open_as_a_minute_by_minute_reading_has_it(
            document in any_hours(),
            week in prop_oneof![
                Just("2026-03-27T00:00:00Z"), Just("2026-10-23T00:00:00Z"), Just("2026-03-06T00:00:00Z"),
                Just("2026-10-30T00:00:00Z"), Just("2026-04-03T00:00:00Z"), Just("2026-10-02T00:00:00Z"),
            ],
        ) {
            let hours: BusinessHours = serde_json::from_value(document.clone()).unwrap();
            let (open, zone) = (open_minutes(&document), hours.zone().unwrap());
            let begin = at(week);
            let expected = |minute: i64| {
                let wall = zone.to_datetime(begin + minute.minutes());
                let day = wall.date().weekday().to_monday_zero_offset();
                open[usize::try_from(i32::from(day) * 1_440 + i32::from(wall.hour()) * 60 + i32::from(wall.minute())).unwrap()]
            };
            let minutes: Vec<_> = (0..9 * 1_440).map(expected).collect();
            for (minute, open) in minutes.iter().enumerate() {
                let now = begin + i64::try_from(minute).unwrap().minutes();
                prop_assert_eq!(hours.is_open(now), *open, "{}", now);
            }
            // The next opening, from a moment of each hour of the first day.
            for hour in 0..24 {
                let from = hour * 60;
                let next = (from + 1..minutes.len()).find(|it| minutes[*it] && !minutes[it - 1]);
                if let Some(next) = next {
                    let (from, next) = (i64::try_from(from).unwrap(), i64::try_from(next).unwrap());
                    prop_assert_eq!(hours.opens_after(begin + from.minutes()), Some(begin + next.minutes()));
                }
            }
        }
    }
}
