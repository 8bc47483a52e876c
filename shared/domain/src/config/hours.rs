mod opening;
mod shown;

use std::fmt;

use jiff::tz::TimeZoneDatabase;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::reading::Reading;
use crate::limits;

/// When somebody is there, by the clock of one place. A weekday without intervals is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BusinessHours {
    /// A name of the IANA database, such as `Africa/Dakar`.
    pub time_zone: String,
    pub monday: Vec<Interval>,
    pub tuesday: Vec<Interval>,
    pub wednesday: Vec<Interval>,
    pub thursday: Vec<Interval>,
    pub friday: Vec<Interval>,
    pub saturday: Vec<Interval>,
    pub sunday: Vec<Interval>,
}

/// From a minute of a day to another one; one that is not later is of the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    pub from: Minute,
    pub to: Minute,
}

/// A minute of a day, `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Minute(u16);

/// A text that is no time of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is a time of a day such as 08:00, to 24:00")]
pub struct InvalidMinute;

const DAY: u16 = 24 * 60;

pub(super) const FIELDS: [&str; 8] = [
    "timeZone",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

impl TryFrom<String> for Minute {
    type Error = InvalidMinute;

    fn try_from(text: String) -> Result<Self, InvalidMinute> {
        let digits = |text: &str| {
            let is_pair = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            is_pair.then(|| text.parse::<u16>().ok()).flatten()
        };
        let (hours, minutes) = text.split_once(':').ok_or(InvalidMinute)?;
        let (hours, minutes) = digits(hours).zip(digits(minutes)).ok_or(InvalidMinute)?;
        let minute = hours * 60 + minutes;
        (minutes < 60 && minute <= DAY)
            .then_some(Self(minute))
            .ok_or(InvalidMinute)
    }
}

impl From<Minute> for String {
    fn from(minute: Minute) -> Self {
        minute.to_string()
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Interval {
    /// How long it is, in minutes: less than a day, or the whole day.
    const fn length(self) -> u16 {
        if self.to.0 > self.from.0 {
            self.to.0 - self.from.0
        } else {
            DAY - self.from.0 + self.to.0
        }
    }
}

pub(super) fn read(object: &mut Reading<'_>) -> BusinessHours {
    let time_zone = object.text("timeZone", 64);
    let is_known = |zone: &&str| TimeZoneDatabase::bundled().get(zone).is_ok();
    let time_zone = time_zone.as_deref().filter(is_known).map(str::to_owned);
    if time_zone.is_none() {
        let detail = "is a name of the IANA time zone database such as Africa/Dakar";
        object.wrong("timeZone", detail);
    }
    let mut day = |name| intervals(object, name);
    let hours = BusinessHours {
        time_zone: time_zone.unwrap_or_default(),
        monday: day("monday"),
        tuesday: day("tuesday"),
        wednesday: day("wednesday"),
        thursday: day("thursday"),
        friday: day("friday"),
        saturday: day("saturday"),
        sunday: day("sunday"),
    };
    if let Some(name) = hours.overlapping() {
        object.wrong(name, "begins before an interval ends that began earlier");
    }
    hours
}

fn intervals(object: &mut Reading<'_>, day: &str) -> Vec<Interval> {
    let items = object
        .list(day, limits::INTERVALS_A_DAY)
        .unwrap_or_default();
    let mut intervals = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let at = format!("{day}[{place}]");
        let interval = object.item((&at, item), &["from", "to"], |it| {
            let (from, to) = (minute(it, "from"), minute(it, "to"));
            let (from, to) = (from?, to?);
            if from == to || from.0 == DAY {
                it.wrong(
                    "to",
                    "must be another time than from, which is before 24:00",
                );
                return None;
            }
            Some(Interval { from, to })
        });
        intervals.extend(interval);
    }
    intervals.sort_by_key(|interval| interval.from);
    intervals
}

fn minute(object: &mut Reading<'_>, name: &str) -> Option<Minute> {
    let text = object.text(name, 64);
    let minute = text.and_then(|text| Minute::try_from(text).ok());
    if minute.is_none() {
        object.wrong(name, InvalidMinute.to_string());
    }
    minute
}

impl BusinessHours {
    /// The intervals of each weekday, from Monday.
    fn week(&self) -> [&[Interval]; 7] {
        [
            &self.monday,
            &self.tuesday,
            &self.wednesday,
            &self.thursday,
            &self.friday,
            &self.saturday,
            &self.sunday,
        ]
    }

    /// The weekday of an interval that begins while another one is not over, the last one of the week included.
    fn overlapping(&self) -> Option<&'static str> {
        let begins = |day: usize, it: &Interval| day * usize::from(DAY) + usize::from(it.from.0);
        let mut week: Vec<_> = self
            .week()
            .into_iter()
            .enumerate()
            .flat_map(|(day, intervals)| {
                intervals
                    .iter()
                    .map(move |it| (begins(day, it), usize::from(it.length()), FIELDS[day + 1]))
            })
            .collect();
        // Once more a week later, for the end of the last one.
        let first = week
            .first()
            .map(|(start, length, day)| (start + 7 * usize::from(DAY), *length, *day));
        week.extend(first);
        let mut ends = 0;
        for (start, length, day) in week {
            if start < ends {
                return Some(day);
            }
            ends = start + length;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::read;

    fn wrong(hours: &Value) -> Vec<String> {
        read(&json!({ "businessHours": hours }))
            .err()
            .unwrap_or_default()
    }

    #[test]
    fn hours_may_cross_midnight_and_the_end_of_the_week() {
        let evening = json!([{ "from": "18:00", "to": "02:00" }]);
        let all_day = json!([{ "from": "00:00", "to": "24:00" }]);
        for hours in [
            json!({ "timeZone": "Africa/Dakar" }),
            json!({ "timeZone": "Europe/Zurich", "saturday": evening, "sunday": evening }),
            json!({ "timeZone": "UTC", "monday": all_day, "tuesday": all_day }),
            json!({ "timeZone": "UTC", "monday": [{ "from": "14:00", "to": "18:00" }, { "from": "08:00", "to": "12:00" }] }),
            json!({ "timeZone": "UTC", "sunday": evening, "monday": [{ "from": "02:00", "to": "03:00" }] }),
        ] {
            assert_eq!(wrong(&hours), Vec::<String>::new(), "{hours}");
        }
    }

    #[test]
    fn intervals_that_overlap_are_refused_wherever_they_meet() {
        let interval = |from: &str, to: &str| json!({ "from": from, "to": to });
        for (hours, day) in [
            (
                json!({ "monday": [interval("08:00", "12:00"), interval("11:59", "13:00")] }),
                "monday",
            ),
            (
                json!({ "monday": [interval("18:00", "02:00")], "tuesday": [interval("01:59", "03:00")] }),
                "tuesday",
            ),
            (
                json!({ "sunday": [interval("18:00", "02:00")], "monday": [interval("01:59", "03:00")] }),
                "monday",
            ),
        ] {
            let mut hours = hours;
            hours["timeZone"] = "UTC".into();
            assert_eq!(wrong(&hours), [format!("businessHours.{day}")], "{hours}");
        }
    }

    #[test]
    fn a_time_that_is_none_is_refused_where_it_stands() {
        for (from, to, part) in [
            ("8:00", "18:00", "from"),
            ("08:60", "18:00", "from"),
            ("24:01", "18:00", "from"),
            ("+8:00", "18:00", "from"),
            ("24:00", "18:00", "to"),
            ("08:00", "08:00", "to"),
            ("08:00", "", "to"),
        ] {
            let hours = json!({ "timeZone": "UTC", "friday": [{ "from": from, "to": to }] });
            assert_eq!(
                wrong(&hours),
                [format!("businessHours.friday[0].{part}")],
                "{from} {to}"
            );
        }
        let many = json!({ "timeZone": "UTC", "friday": vec![json!({}); 9] });
        assert_eq!(wrong(&many), ["businessHours.friday"]);
        assert_eq!(
            wrong(&json!({ "timeZone": "../UTC" })),
            ["businessHours.timeZone"]
        );
        assert_eq!(wrong(&json!("always")), ["businessHours"]);
    }
}
