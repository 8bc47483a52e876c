use std::time::Duration;

use http::HeaderMap;

use super::response::is_not_connected;
use super::wait;
use crate::json::{self, Json};
use crate::text;

/// Why the account did not do what it was asked to do with a session. The pages print no HTTP codes, so that the text decides where it is
/// plain, then the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The account's token is not accepted.
    Token,
    /// The account has no such session.
    NoSession,
    /// The account has no subscription that runs.
    NoSubscription,
    /// The session is not in a state in which this can be done.
    State,
    /// It asked to wait.
    Wait(Option<Duration>),
    /// It is in trouble: whether it did something is not known, and asking again may help.
    Unavailable,
    /// Anything else, in its own words and without digits.
    Other(String),
}

/// What a successful answer tells, or why there is none.
pub(super) fn answered<T>(
    (status, headers, body): (u16, &HeaderMap, &[u8]),
    read: impl FnOnce(&Json<'_>) -> Option<T>,
) -> Result<T, Refused> {
    let body = String::from_utf8_lossy(body);
    let answer = json::with(&body, |root| {
        if (200..300).contains(&status) && !root.at("success").is_false() {
            let unreadable = || Refused::Other("an answer that can't be read".to_owned());
            read(root).ok_or_else(unreadable)
        } else {
            Err(refused((status, headers), root))
        }
    });
    answer.unwrap_or_else(|_| Err(refused((status, headers), &Json::Null)))
}

fn refused((status, headers): (u16, &HeaderMap), root: &Json<'_>) -> Refused {
    let said = [root.at("message"), root.at("error")]
        .into_iter()
        .find_map(Json::word)
        .unwrap_or_default();
    let lower = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let is_wrong_state =
        is_not_connected(&lower) || has(&["in need_", "re initialize", "connect endpoint"]);
    match status {
        429 => Refused::Wait(wait::asked(root, headers)),
        401 => Refused::Token,
        _ if has(&["unnotarized", "unauthenticated", "api key"]) => Refused::Token,
        402 => Refused::NoSubscription,
        _ if has(&["subscription", "trial"]) => Refused::NoSubscription,
        _ if is_wrong_state => Refused::State,
        _ if has(&["session not found", "no query results"]) => Refused::NoSession,
        404 if said.is_empty() => Refused::NoSession,
        300..=399 | 408 | 500.. => Refused::Unavailable,
        _ if said.is_empty() => Refused::Other("no reason was given".to_owned()),
        _ => Refused::Other(text::reason(said)),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn read(status: u16, body: &str) -> Result<i64, Refused> {
        answered((status, &HeaderMap::new(), body.as_bytes()), |root| {
            root.at("data").integer()
        })
    }

    #[track_caller]
    fn check(status: u16, body: &str, expected: Refused) {
        assert_eq!(read(status, body), Err(expected), "{status} {body}");
    }

    #[test]
    fn a_refusal_says_what_is_to_be_done() {
        let error = |text: &str| format!(r#"{{"success":false,"error":"{text}"}}"#);
        let message = |text: &str| format!(r#"{{"success":false,"message":"{text}"}}"#);
        check(401, "", Refused::Token);
        check(403, &message("Unnotarized"), Refused::Token);
        check(200, &message("Invalid API key"), Refused::Token);
        check(
            404,
            &error("WhatsApp session not found."),
            Refused::NoSession,
        );
        check(404, "", Refused::NoSession);
        let unpaid = "You need to have an active subscription to connect a WhatsApp session.";
        check(403, &error(unpaid), Refused::NoSubscription);
        check(200, &error(unpaid), Refused::NoSubscription);
        for state in [
            "QR code scan requested for a session that is not in NEED_SCAN state. Please call the connect endpoint first.",
            "Failed to get QR code. please re initialize the session.",
            "Passkey token requested for a session that is not in NEED_PASSKEY state.",
            "WhatsApp session is not connected. Cannot restart.",
        ] {
            check(400, &error(state), Refused::State);
            check(500, &error(state), Refused::State);
        }
        for status in [302, 408, 500, 503] {
            check(status, "<html>", Refused::Unavailable);
        }
        check(
            422,
            &message("The phone 221700000001 is wrong."),
            Refused::Other("The phone # is wrong.".to_owned()),
        );
        // A path that the provider does not have is our mistake, not a session that is gone.
        let no_route = "The route could not be found.";
        check(404, &message(no_route), Refused::Other(no_route.to_owned()));
        check(
            200,
            r#"{"success":true}"#,
            Refused::Other("an answer that can't be read".to_owned()),
        );
    }

    #[test]
    fn a_wait_is_read_from_body_or_header() {
        check(
            429,
            r#"{"message":"Too Many Attempts.","retry_after":7}"#,
            Refused::Wait(Some(Duration::from_secs(7))),
        );
        check(429, "", Refused::Wait(None));
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static("9"));
        let waiting = answered((429, &headers, b""), |_| Some(()));
        assert_eq!(waiting, Err(Refused::Wait(Some(Duration::from_secs(9)))));
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic(status in 0_u16..1_000, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = answered((status, &HeaderMap::new(), &body), |root| root.at("data").integer());
        }
    }
}
