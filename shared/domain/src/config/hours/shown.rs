use super::{BusinessHours, DAY, Interval, Minute};

const FRENCH: [&str; 7] = [
    "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
];
const ENGLISH: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

impl BusinessHours {
    /// The hours in words, for the middle of a sentence: in English if that is the language, else in French. Empty if it is never open.
    pub fn shown(&self, language: &str) -> String {
        let groups = self.groups();
        let shown = groups.iter().map(|(days, intervals)| {
            if language == "en" {
                format!("{} {}", english_days(days), english_times(intervals))
            } else {
                format!("{} {}", french_days(days), french_times(intervals))
            }
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    /// Days in a row that are open at the same times.
    fn groups(&self) -> Vec<(Vec<usize>, &[Interval])> {
        let mut groups: Vec<(Vec<usize>, &[Interval])> = Vec::new();
        for (day, intervals) in self.week().into_iter().enumerate() {
            match groups.last_mut() {
                Some((days, same))
                    if *same == intervals && days.last() == Some(&(day.wrapping_sub(1))) =>
                {
                    days.push(day);
                }
                _ if intervals.is_empty() => {}
                _ => groups.push((vec![day], intervals)),
            }
        }
        groups
    }
}

fn french_days(days: &[usize]) -> String {
    match days {
        [day] => format!("le {}", FRENCH[*day]),
        [one, other] => format!("les {} et {}", FRENCH[*one], FRENCH[*other]),
        [_, _, _, _, _, _, _] => "tous les jours".to_owned(),
        [first, .., last] => format!("du {} au {}", FRENCH[*first], FRENCH[*last]),
        [] => String::new(),
    }
}

fn english_days(days: &[usize]) -> String {
    match days {
        [day] => ENGLISH[*day].to_owned(),
        [one, other] => format!("{} and {}", ENGLISH[*one], ENGLISH[*other]),
        [_, _, _, _, _, _, _] => "every day".to_owned(),
        [first, .., last] => format!("{} to {}", ENGLISH[*first], ENGLISH[*last]),
        [] => String::new(),
    }
}

fn french_times(intervals: &[Interval]) -> String {
    let times = intervals.iter().map(|interval| {
        if interval.length() == DAY {
            return "24\u{a0}h/24".to_owned();
        }
        format!("de {} à {}", french(interval.from), french(interval.to))
    });
    times.collect::<Vec<_>>().join(" et ")
}

fn english_times(intervals: &[Interval]) -> String {
    let times = intervals.iter().map(|interval| {
        if interval.length() == DAY {
            return "around the clock".to_owned();
        }
        format!("{} to {}", english(interval.from), english(interval.to))
    });
    times.collect::<Vec<_>>().join(" and ")
}

fn french(Minute(minute): Minute) -> String {
    match (minute % DAY / 60, minute % 60) {
        (0, 0) => "minuit".to_owned(),
        (12, 0) => "midi".to_owned(),
        (hour, 0) => format!("{hour}\u{a0}h"),
        (hour, minute) => format!("{hour}\u{a0}h\u{a0}{minute:02}"),
    }
}

fn english(Minute(minute): Minute) -> String {
    let (hour, minute) = (minute % DAY / 60, minute % 60);
    let half = if hour < 12 { "am" } else { "pm" };
    let shown = if hour % 12 == 0 { 12 } else { hour % 12 };
    match (hour, minute) {
        (0, 0) => "midnight".to_owned(),
        (12, 0) => "noon".to_owned(),
        (_, 0) => format!("{shown}\u{a0}{half}"),
        (_, minute) => format!("{shown}:{minute:02}\u{a0}{half}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(hours: &Value, french: &str, english: &str) {
        let mut hours = hours.clone();
        hours["timeZone"] = "Africa/Dakar".into();
        let hours: BusinessHours = serde_json::from_value(hours).unwrap();
        let plain = |language| hours.shown(language).replace('\u{a0}', " ");
        assert_eq!(
            (plain("fr"), plain("en")),
            (french.to_owned(), english.to_owned())
        );
        assert_eq!(plain("wo"), french);
    }

    #[test]
    fn hours_are_told_as_people_tell_them() {
        let of = |from: &str, to: &str| json!({ "from": from, "to": to });
        let (day, morning) = (json!([of("08:00", "18:30")]), json!([of("09:00", "12:00")]));
        let parted = json!([of("08:00", "12:30"), of("14:00", "18:00")]);
        let (night, always) = (json!([of("20:00", "02:00")]), json!([of("00:00", "24:00")]));
        check(&json!({}), "", "");
        check(
            &json!({ "monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day, "saturday": morning }),
            "du lundi au vendredi de 8 h à 18 h 30, le samedi de 9 h à midi",
            "Monday to Friday 8 am to 6:30 pm, Saturday 9 am to noon",
        );
        check(
            &json!({ "monday": parted, "wednesday": day, "thursday": day, "sunday": night }),
            "le lundi de 8 h à 12 h 30 et de 14 h à 18 h, les mercredi et jeudi de 8 h à 18 h 30, le dimanche de 20 h à 2 h",
            "Monday 8 am to 12:30 pm and 2 pm to 6 pm, Wednesday and Thursday 8 am to 6:30 pm, Sunday 8 pm to 2 am",
        );
        let week = [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        let all: Value = week
            .into_iter()
            .map(|name| (name.to_owned(), always.clone()))
            .collect();
        check(&all, "tous les jours 24 h/24", "every day around the clock");
        check(
            &json!({ "monday": day, "wednesday": day }),
            "le lundi de 8 h à 18 h 30, le mercredi de 8 h à 18 h 30",
            "Monday 8 am to 6:30 pm, Wednesday 8 am to 6:30 pm",
        );
    }
}
