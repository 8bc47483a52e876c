use jiff::{SignedDuration, Timestamp};

use crate::json::Json;

/// 2009, when WhatsApp began: what is older is no time of a message.
const FIRST_SECOND: i64 = 1_230_768_000;

/// From here on a number is of milliseconds: as seconds it would be the year 5138.
const FIRST_MILLIS: i64 = 100_000_000_000;

/// The moment that a provider names, in seconds, milliseconds or RFC 3339. `None` if it is absent or absurd: before 2009, or more
/// than a day after we received it.
pub(crate) fn read(value: &Json<'_>, received_at: Timestamp) -> Option<Timestamp> {
    let moment = match value.integer() {
        Some(millis) if millis >= FIRST_MILLIS => Timestamp::from_millisecond(millis).ok()?,
        Some(seconds) => Timestamp::from_second(seconds).ok()?,
        None => value.word()?.parse().ok()?,
    };
    let latest = received_at
        .checked_add(SignedDuration::from_hours(24))
        .unwrap_or(Timestamp::MAX);
    (moment.as_second() >= FIRST_SECOND && moment <= latest).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[track_caller]
    fn check(value: &str, expected: Option<&str>) {
        let received_at = "2026-11-22T10:00:00Z".parse().unwrap();
        let moment = json::with(value, |value| read(value, received_at)).unwrap();
        assert_eq!(
            moment.map(|moment| moment.to_string()).as_deref(),
            expected,
            "{value}"
        );
    }

    #[test]
    fn seconds_and_milliseconds_are_told_apart_by_size() {
        check("1763802000", Some("2025-11-22T09:00:00Z"));
        check("1763802000123", Some("2025-11-22T09:00:00.123Z"));
        check(r#""1763802000""#, Some("2025-11-22T09:00:00Z"));
        check(
            r#"{"low":1763802000,"high":0,"unsigned":true}"#,
            Some("2025-11-22T09:00:00Z"),
        );
        check(
            r#""2025-11-22T10:00:00+01:00""#,
            Some("2025-11-22T09:00:00Z"),
        );
    }

    #[test]
    fn an_absurd_moment_is_none() {
        for absurd in [
            "0",
            "-5",
            "12",
            "1.5",
            "null",
            "\"soon\"",
            "9223372036854775807",
            "1895268000",
        ] {
            check(absurd, None);
        }
    }
}
