use std::time::Duration;

use http::HeaderMap;

use crate::json::Json;

/// The longest wait that a provider may ask for.
const LONGEST_SECONDS: i64 = 3600;

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

    #[track_caller]
    fn check(headers: &[(&str, &str)], body: &str, expected: Option<u64>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.insert(name, HeaderValue::from_str(value).unwrap());
        }
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
}
