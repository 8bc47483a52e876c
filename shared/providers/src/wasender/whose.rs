use domain::identity::Answered;
use domain::{PhoneNumber, SessionStatus};

use super::account;
use super::jid::Jid;
use super::response::is_not_connected;
use crate::json::{self, Json};

/// Reads the answer to `GET /user`: the numbers that it names as the session's own. The documentation calls it "own WhatsApp user" and
/// shows no more, so every place is looked at where such an object was seen to hold a number.
pub fn read_user(status: u16, body: &[u8]) -> Answered<Vec<PhoneNumber>> {
    answered(status, body, |root| {
        let data = root.at("data");
        let user = if data.is_object() { data } else { root };
        let numbers = numbers(user);
        (!numbers.is_empty()).then_some(numbers)
    })
}

/// Reads the answer to `GET /status` as [`super::read_status`] does, and why it does not tell.
pub fn read_connection(status: u16, body: &[u8]) -> Answered<SessionStatus> {
    answered(status, body, |root| {
        let word = root
            .at("status")
            .word()
            .or_else(|| root.at("data").at("status").word())?;
        Some(SessionStatus::parse(word))
    })
}

fn answered<T>(status: u16, body: &[u8], read: impl FnOnce(&Json<'_>) -> Option<T>) -> Answered<T> {
    let text = String::from_utf8_lossy(body);
    let answered = json::with(&text, |root| {
        if status == 200 && !root.at("success").is_false() {
            read(root).map_or(Answered::Unreadable, Answered::Told)
        } else {
            refused(status, root)
        }
    });
    answered.unwrap_or_else(|_| refused(status, &Json::Null))
}

fn refused<T>(status: u16, root: &Json<'_>) -> Answered<T> {
    let said = [root.at("message"), root.at("error")]
        .into_iter()
        .find_map(Json::word)
        .unwrap_or_default()
        .to_lowercase();
    if is_not_connected(&said) {
        return Answered::NotConnected;
    }
    match status {
        401 => Answered::KeyRefused,
        200 | 400..=499 if said.contains("api key") => Answered::KeyRefused,
        408 | 429 | 502..=504 => Answered::Busy,
        _ => Answered::Unreadable,
    }
}

fn numbers(user: &Json<'_>) -> Vec<PhoneNumber> {
    let of_address = |name: &str| {
        let place = user.at(name);
        let text = place.word().or_else(|| place.at("_serialized").word())?;
        Jid::parse(text).phone()
    };
    let addresses = ["id", "jid", "wid", "wuid", "pn"];
    let plain = ["phone", "phoneNumber", "phone_number", "number"];
    let plain = plain.iter().filter_map(|name| {
        let place = user.at(name);
        let digits = || place.integer().map(|digits| digits.to_string());
        let word = place.word().map(str::to_owned).or_else(digits)?;
        if word.contains('@') {
            Jid::parse(&word).phone()
        } else {
            account::number(&word)
        }
    });
    addresses
        .iter()
        .filter_map(|name| of_address(name))
        .chain(plain)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: &str = "+221701111111";

    #[test]
    fn the_own_number_is_read_wherever_it_was_seen() {
        for body in [
            r#"{"success":true,"data":{"id":"221701111111:12@s.whatsapp.net","name":"A","lid":"99@lid"}}"#,
            r#"{"success":true,"data":{"id":"987@lid","jid":"221701111111@s.whatsapp.net"}}"#,
            r#"{"data":{"wid":{"user":"221701111111","_serialized":"221701111111@c.us"}}}"#,
            r#"{"data":{"phone":"+221 70 111 11 11"}}"#,
            r#"{"data":{"phoneNumber":"221701111111@s.whatsapp.net"}}"#,
            r#"{"data":{"phone_number":221701111111}}"#,
            r#"{"id":"221701111111:3@s.whatsapp.net"}"#,
        ] {
            let Answered::Told(numbers) = read_user(200, body.as_bytes()) else {
                panic!("{body}")
            };
            let numbers: Vec<_> = numbers.iter().map(PhoneNumber::expose).collect();
            assert_eq!(numbers, [OWN], "{body}");
        }
    }

    #[test]
    fn an_answer_without_a_number_tells_nothing() {
        for (status, body) in [
            (200, r#"{"success":true,"data":{}}"#),
            (200, r#"{"success":true,"data":{"id":"987@lid"}}"#),
            (200, r#"{"success":true,"data":{"id":"221701111111"}}"#),
            (200, r#"{"success":true,"data":{"id":17}}"#),
            (
                200,
                r#"{"success":false,"message":"Failed to process the request"}"#,
            ),
            (200, "<html>"),
            (404, r#"{"message":"The route could not be found."}"#),
            (403, ""),
            (500, "Server Error"),
        ] {
            let read = read_user(status, body.as_bytes());
            assert_eq!(read, Answered::Unreadable, "{status} {body}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_to_be_done() {
        let key = r#"{"success":false,"message":"Invalid API key"}"#;
        let down = r#"{"success":false,"message":"WhatsApp session is not connected"}"#;
        for (status, body, expected) in [
            (401, "", Answered::KeyRefused),
            (403, key, Answered::KeyRefused),
            (200, key, Answered::KeyRefused),
            (400, down, Answered::NotConnected),
            (500, down, Answered::NotConnected),
            (
                429,
                r#"{"message":"Too Many Attempts.","retry_after":5}"#,
                Answered::Busy,
            ),
            (503, "", Answered::Busy),
        ] {
            assert_eq!(
                read_user(status, body.as_bytes()),
                expected,
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_connection_is_told_in_any_case_or_not_at_all() {
        for (status, body, expected) in [
            (
                200,
                r#"{"status":"CONNECTED"}"#,
                Answered::Told(SessionStatus::Connected),
            ),
            (
                200,
                r#"{"data":{"status":"need_scan"}}"#,
                Answered::Told(SessionStatus::NeedScan),
            ),
            (
                200,
                r#"{"status":"new_word"}"#,
                Answered::Told(SessionStatus::Other),
            ),
            (401, r#"{"status":"connected"}"#, Answered::KeyRefused),
            (200, "{}", Answered::Unreadable),
        ] {
            assert_eq!(
                read_connection(status, body.as_bytes()),
                expected,
                "{status} {body}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_readers_panic(status in 0_u16..1_000, body in prop::collection::vec(any::<u8>(), 0..200)) {
            read_user(status, &body);
            read_connection(status, &body);
        }
    }
}
