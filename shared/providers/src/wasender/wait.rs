use std::time::Duration;

use domain::Quota;
use http::HeaderMap;

use crate::json::Json;

/// The longest wait that a provider may ask for.
const LONGEST_SECONDS: i64 = 3600;

const SECONDS_OF_A_DAY: i64 = 86_400;

/// From here on a number is a moment in Unix time and not a span.
const FIRST_UNIX_SECOND: i64 = 1_000_000_000;

/// The wait that an answer asks for, between a second and an hour: `retry_after` in the body, `Retry-After`, or `X-RateLimit-Reset`.
pub(super) fn asked(root: &Json<'_>, headers: &HeaderMap) -> Option<Duration> {
    let in_body = root.at("retry_after").number().map(ceil);
    let in_header = |name| header(headers, name).and_then(|value| seconds_until(value, headers));
    let seconds = in_body
        .or_else(|| in_header("retry-after"))
        .or_else(|| in_header("x-ratelimit-reset"))?;
    let seconds = seconds.clamp(1, LONGEST_SECONDS);
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// What the headers of a send that was taken tell of its limits. A reset that lies in the past, or further away than its window is long,
/// is nonsense and tells nothing.
pub(super) fn quota(headers: &HeaderMap) -> Quota {
    let used_up_for = |remaining, reset, longest| {
        let left: i64 = header(headers, remaining)?.trim().parse().ok()?;
        let seconds = seconds_until(header(headers, reset)?, headers)?;
        let until = (left == 0 && (1..=longest).contains(&seconds)).then_some(seconds)?;
        u64::try_from(until).ok().map(Duration::from_secs)
    };
    Quota {
        used_up_for: used_up_for(
            "x-ratelimit-remaining",
            "x-ratelimit-reset",
            LONGEST_SECONDS,
        ),
        day_used_up_for: used_up_for(
            "x-ratelimit-daily-remaining",
            "x-ratelimit-daily-reset",
            SECONDS_OF_A_DAY,
        ),
    }
}

/// Seconds to wait by a header that gives a span, a moment in Unix time (`X-RateLimit-Reset` is documented as either), or an HTTP
/// date. A moment is compared with the answer's own `Date`, so that our clock need not agree with the provider's.
fn seconds_until(value: &str, headers: &HeaderMap) -> Option<i64> {
    let number = value.trim().parse::<f64>().ok();
    let until = match number.filter(|number| number.is_finite()).map(ceil) {
        Some(span) if span < FIRST_UNIX_SECOND => return Some(span),
        Some(millis) if millis >= 100 * FIRST_UNIX_SECOND => millis / 1000,
        Some(seconds) => seconds,
        None => date(value)?,
    };
    Some(until.saturating_sub(date(header(headers, "date")?)?))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// An HTTP date in seconds of Unix time.
fn date(text: &str) -> Option<i64> {
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(date.timestamp().as_second())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a conversion of floats saturates"
)]
fn ceil(seconds: f64) -> i64 {
    seconds.ceil() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use http::{HeaderName, HeaderValue};

    const DATE: (&str, &str) = ("date", "Sun, 22 Nov 2026 10:00:00 GMT");

    fn map(headers: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.insert(name, HeaderValue::from_str(value).unwrap());
        }
        map
    }

    /// What is told by this many sends left, in the short window and in the day, and by their resets.
    #[track_caller]
    fn told(short: (&str, &str), day: (&str, &str), expected: (Option<u64>, Option<u64>)) {
        let told = quota(&map(&[
            ("x-ratelimit-remaining", short.0),
            ("x-ratelimit-reset", short.1),
            ("x-ratelimit-daily-remaining", day.0),
            ("x-ratelimit-daily-reset", day.1),
            DATE,
        ]));
        let seconds = |wait: Option<Duration>| wait.map(|wait| wait.as_secs());
        assert_eq!(
            (seconds(told.used_up_for), seconds(told.day_used_up_for)),
            expected,
            "{short:?} {day:?}"
        );
    }

    #[track_caller]
    fn check(headers: &[(&str, &str)], body: &str, expected: Option<u64>) {
        let map = map(headers);
        let wait = json::with(body, |root| asked(root, &map)).unwrap();
        assert_eq!(
            wait.map(|wait| wait.as_secs()),
            expected,
            "{headers:?} {body}"
        );
    }

    #[test]
    fn the_body_goes_before_the_headers() {
        check(
            &[],
            r#"{"message":"Too many requests","retry_after":5}"#,
            Some(5),
        );
        check(&[], r#"{"retry_after":"60"}"#, Some(60));
        check(&[("retry-after", "9")], r#"{"retry_after":5}"#, Some(5));
        check(
            &[("retry-after", "9"), ("x-ratelimit-reset", "30")],
            "{}",
            Some(9),
        );
        check(&[("x-ratelimit-reset", "30")], "{}", Some(30));
    }

    #[test]
    fn a_moment_is_compared_with_the_answers_date() {
        check(
            &[("retry-after", "Sun, 22 Nov 2026 10:00:07 GMT"), DATE],
            "{}",
            Some(7),
        );
        check(&[("x-ratelimit-reset", "1795341612"), DATE], "{}", Some(12));
        check(
            &[("x-ratelimit-reset", "1795341612000"), DATE],
            "{}",
            Some(12),
        );
        check(&[("x-ratelimit-reset", "1795341612")], "{}", None);
        check(&[("retry-after", "soon"), DATE], "{}", None);
    }

    #[test]
    fn no_wait_is_shorter_than_a_second_or_longer_than_an_hour() {
        check(&[], r#"{"retry_after":0.2}"#, Some(1));
        check(&[], r#"{"retry_after":-7}"#, Some(1));
        check(&[], r#"{"retry_after":86400}"#, Some(3600));
        check(&[], r#"{"retry_after":1e300}"#, Some(3600));
        check(&[("x-ratelimit-reset", "1795341500"), DATE], "{}", Some(1));
    }

    #[test]
    fn a_quota_that_is_used_up_tells_until_when_in_both_meanings() {
        told(("0", "5"), ("12", "3600"), (Some(5), None));
        told(
            ("0", "1795341612"),
            ("0", "1795345200"),
            (Some(12), Some(3_600)),
        );
        told(("7", "5"), ("0", "86400"), (None, Some(86_400)));
        told(("255", "59"), ("49", "80000"), (None, None));
    }

    #[test]
    fn a_quota_that_makes_no_sense_tells_nothing() {
        told(("0", "-3"), ("0", "0"), (None, None));
        told(("0", "3601"), ("0", "86401"), (None, None));
        told(("0", "soon"), ("none", "60"), (None, None));
        told(("-1", "5"), ("", ""), (None, None));
        told(("0", "1795341500"), ("0", "1e300"), (None, None));
        assert_eq!(
            quota(&map(&[("x-ratelimit-remaining", "0")])),
            Quota::default()
        );
    }
}
