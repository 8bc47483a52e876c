use domain::identity::Answered;
use domain::{Evidence, ProviderRef, RejectClass, SendOutcome, SessionStatus};
use http::HeaderMap;

use super::{key, read_connection, status, wait};
use crate::json::{self, Json};
use crate::text;

/// Reads the answer to `POST /send-message`.
///
/// Wasender prints no table of HTTP codes for its errors, so the text decides where it is plain, then the code. Whatever may stand for
/// a message that was taken after all is [`SendOutcome::Unknown`]: a doubtful 5xx, a 408, a success that can't be read.
pub fn read_send(status: u16, headers: &HeaderMap, body: &[u8]) -> SendOutcome {
    let body = String::from_utf8_lossy(body);
    json::with(&body, |root| {
        Answer {
            status,
            headers,
            root,
        }
        .outcome()
    })
    .unwrap_or_else(|_| {
        Answer {
            status,
            headers,
            root: &Json::Null,
        }
        .outcome()
    })
}

/// Reads the answer to `GET /status`: a bare `{status}`. `None` if it does not tell.
pub fn read_status(status: u16, body: &[u8]) -> Option<SessionStatus> {
    match read_connection(status, body) {
        Answered::Told(status) => Some(status),
        Answered::KeyRefused | Answered::NotConnected | Answered::Busy | Answered::Unreadable => {
            None
        }
    }
}

/// Reads the answer to `GET /messages/{msgId}/info`: how the message is named, and what became of it. `None` if it does not tell.
pub fn read_info(status: u16, body: &[u8]) -> Option<(ProviderRef, Option<Evidence>)> {
    told(status, body, |root| {
        let data = root.at("data");
        let reference = ProviderRef {
            key_id: key::id(data),
            msg_id: data.at("msgId").integer(),
        };
        let known = reference != ProviderRef::default();
        known.then(|| {
            (
                reference,
                status::evidence(data.at("status"), data.at("error")),
            )
        })
    })
}

/// What a successful answer tells.
pub(super) fn told<T>(
    status: u16,
    body: &[u8],
    read: impl FnOnce(&Json<'_>) -> Option<T>,
) -> Option<T> {
    let text = std::str::from_utf8(body).ok().filter(|_| status == 200)?;
    json::with(text, |root| {
        if root.at("success").is_false() {
            None
        } else {
            read(root)
        }
    })
    .ok()?
}

struct Answer<'r, 'a> {
    status: u16,
    headers: &'r HeaderMap,
    root: &'r Json<'a>,
}

impl Answer<'_, '_> {
    fn outcome(&self) -> SendOutcome {
        let failed = self.root.at("success").is_false();
        match self.status {
            200..=299 if !failed => self.accepted(),
            429 => self.retry_later(),
            500.. => self.server_error(failed),
            // A redirect is not followed with a key in hand, so nobody took the message; the way is wrong for the moment.
            300..=399 => SendOutcome::Unavailable { after: None },
            401 => SendOutcome::Unauthorized,
            200..=299 | 400 | 402..=407 | 409..=499 => self.refused(),
            _ => SendOutcome::Unknown,
        }
    }

    fn accepted(&self) -> SendOutcome {
        let data = self.root.at("data");
        if !self.root.at("success").is_true() && data.at("msgId").given().is_none() {
            return SendOutcome::Unknown;
        }
        let key_id = key::message_id(data.at("key").at("id"));
        SendOutcome::Accepted {
            msg_id: data.at("msgId").integer(),
            key_id,
            quota: wait::quota(self.headers),
        }
    }

    /// A 5xx tells nothing sure, unless the application itself says that the session is down, or that it is busy (503).
    fn server_error(&self, failed: bool) -> SendOutcome {
        if failed
            && self
                .message()
                .is_some_and(|text| is_not_connected(&text.to_lowercase()))
        {
            return SendOutcome::NotConnected;
        }
        if self.status == 503 && (failed || self.headers.contains_key("retry-after")) {
            return SendOutcome::Unavailable {
                after: wait::asked(self.root, self.headers),
            };
        }
        SendOutcome::Unknown
    }

    fn refused(&self) -> SendOutcome {
        let message = self.message().unwrap_or_default();
        let said = message.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if is_not_connected(&said) {
            return SendOutcome::NotConnected;
        }
        if has(&["api key", "unauthenticated", "unnotarized", "unauthorized"]) {
            return SendOutcome::Unauthorized;
        }
        // Without a word of the application, 403 is a filter in front of it: nobody looked at the message.
        if self.status == 403 && said.is_empty() {
            return SendOutcome::Unauthorized;
        }
        if has(&["rate limit", "too many requests"]) {
            return self.retry_later();
        }
        let class = match self.status {
            413 => RejectClass::TooLarge,
            402 => RejectClass::Subscription,
            _ if has(&["subscription", "trial"]) => RejectClass::Subscription,
            _ if has(&["too large", "size exceed"]) => RejectClass::TooLarge,
            _ if has(&[
                "not on whatsapp",
                "not registered",
                "does not exist",
                "no whatsapp",
                "@lid",
            ]) =>
            {
                RejectClass::NoRoute
            }
            _ if self.only_the_recipient() => RejectClass::NoRoute,
            400 | 422 => RejectClass::Invalid,
            _ if has(&["validation", "invalid", "required"]) => RejectClass::Invalid,
            _ => RejectClass::Other,
        };
        SendOutcome::Rejected {
            class,
            reason: self.reason(message),
        }
    }

    /// Whether `errors` complains of `to` and of nothing else.
    fn only_the_recipient(&self) -> bool {
        let mut fields = self.root.at("errors").fields().iter();
        fields.len() == 1 && fields.all(|(name, _)| name == "to")
    }

    /// The provider's words, and which fields it did not like.
    fn reason(&self, message: &str) -> String {
        let fields = self
            .root
            .at("errors")
            .fields()
            .iter()
            .map(|(name, _)| name.as_ref());
        let fields = fields.collect::<Vec<_>>().join(", ");
        let said = if message.is_empty() {
            format!("HTTP {}", self.status_class())
        } else {
            message.to_owned()
        };
        text::reason(&if fields.is_empty() {
            said
        } else {
            format!("{said} ({fields})")
        })
    }

    /// A reason has no digits, so a code without a text is told by its family.
    const fn status_class(&self) -> &'static str {
        match self.status {
            403 => "forbidden",
            404 => "not found",
            413 => "too large",
            422 => "unprocessable",
            200..=299 => "success without success",
            _ => "client error",
        }
    }

    /// Errors have two forms: `{success:false, message, errors?}` and `{success:false, error}`.
    fn message(&self) -> Option<&str> {
        let error = self.root.at("error");
        [self.root.at("message"), error, error.at("message")]
            .into_iter()
            .find_map(Json::word)
    }

    fn retry_later(&self) -> SendOutcome {
        SendOutcome::RetryLater {
            after: wait::asked(self.root, self.headers),
        }
    }
}

pub(super) fn is_not_connected(said: &str) -> bool {
    ["not connected", "disconnected", "session is not active"]
        .iter()
        .any(|words| said.contains(words))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use domain::{Delivery, ProviderMessageId, Quota};
    use http::{HeaderName, HeaderValue};

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> SendOutcome {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.insert(name, HeaderValue::from_str(value).unwrap());
        }
        read_send(status, &map, body.as_bytes())
    }

    #[track_caller]
    fn check(status: u16, body: &str, expected: &SendOutcome) {
        assert_eq!(answer(status, &[], body), *expected, "{status} {body}");
    }

    const fn accepted(msg_id: Option<i64>) -> SendOutcome {
        SendOutcome::Accepted {
            msg_id,
            key_id: None,
            quota: Quota {
                used_up_for: None,
                day_used_up_for: None,
            },
        }
    }

    fn wait(seconds: u64) -> SendOutcome {
        SendOutcome::RetryLater {
            after: Some(Duration::from_secs(seconds)),
        }
    }

    #[test]
    fn a_success_is_accepted_with_its_log_number() {
        let documented = r#"{"success":true,"data":{"msgId":100000,"jid":"+221700000001","status":"in_progress"}}"#;
        check(200, documented, &accepted(Some(100_000)));
        check(
            200,
            r#"{"success":true,"data":{"msgId":"100000"}}"#,
            &accepted(Some(100_000)),
        );
        check(200, r#"{"data":{"msgId":7}}"#, &accepted(Some(7)));
        check(201, r#"{"success":true}"#, &accepted(None));
        let key_id = ProviderMessageId::parse("3EB0A1");
        let with_key = r#"{"success":true,"data":{"msgId":7,"key":{"id":"3EB0A1"}}}"#;
        check(
            200,
            with_key,
            &SendOutcome::Accepted {
                msg_id: Some(7),
                key_id,
                quota: Quota::default(),
            },
        );
    }

    #[test]
    fn an_accepted_send_tells_when_it_was_the_last_of_its_window() {
        let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "5")];
        let outcome = answer(200, &headers, r#"{"success":true,"data":{"msgId":7}}"#);
        let quota = Quota {
            used_up_for: Some(Duration::from_secs(5)),
            day_used_up_for: None,
        };
        let key_id = None;
        let msg_id = Some(7);
        assert_eq!(
            outcome,
            SendOutcome::Accepted {
                msg_id,
                key_id,
                quota
            }
        );
    }

    #[test]
    fn what_may_have_been_taken_is_unknown() {
        for (status, body) in [
            (200, ""),
            (200, r#"{"success":true,"da"#),
            (200, "<html>"),
            (200, "{}"),
            (204, ""),
            (408, ""),
            (500, r#"{"success":false,"message":"Server Error"}"#),
            (500, r#"{"message":"Server Error"}"#),
            (502, "<html>bad gateway</html>"),
            (503, "<html>unavailable</html>"),
            (504, ""),
            (522, ""),
            (100, ""),
        ] {
            check(status, body, &SendOutcome::Unknown);
        }
    }

    #[test]
    fn a_session_that_is_down_is_told_from_a_message_that_is_refused() {
        for (status, body) in [
            (
                400,
                r#"{"success":false,"message":"WhatsApp session is not connected"}"#,
            ),
            (200, r#"{"success":false,"error":"Session not connected"}"#),
            (
                409,
                r#"{"success":false,"error":{"message":"session disconnected"}}"#,
            ),
            (
                500,
                r#"{"success":false,"message":"Session not connected."}"#,
            ),
        ] {
            check(status, body, &SendOutcome::NotConnected);
        }
    }

    #[test]
    fn a_refused_key_is_told_by_code_or_text() {
        check(401, "", &SendOutcome::Unauthorized);
        check(403, "<html>", &SendOutcome::Unauthorized);
        check(
            403,
            r#"{"success":false,"message":"Invalid API key"}"#,
            &SendOutcome::Unauthorized,
        );
        check(
            200,
            r#"{"success":false,"message":"API key is required"}"#,
            &SendOutcome::Unauthorized,
        );
        check(
            400,
            r#"{"success":false,"message":"Unnotarized"}"#,
            &SendOutcome::Unauthorized,
        );
    }

    #[test]
    fn a_refusal_has_a_class_and_a_reason_without_digits() {
        for (status, body, class, reason) in [
            (
                422,
                r#"{"success":false,"message":"Validation failed","errors":{"to":["must be a number"]}}"#,
                RejectClass::NoRoute,
                "Validation failed (to)",
            ),
            (
                422,
                r#"{"success":false,"message":"Validation failed","errors":{"to":["bad 221700000001"],"text":["x"]}}"#,
                RejectClass::Invalid,
                "Validation failed (to, text)",
            ),
            (
                400,
                r#"{"success":false,"error":"+221700000001 is not on WhatsApp"}"#,
                RejectClass::NoRoute,
                "+# is not on WhatsApp",
            ),
            (
                200,
                r#"{"success":false,"message":"Active subscription or trial required"}"#,
                RejectClass::Subscription,
                "Active subscription or trial required",
            ),
            (402, "", RejectClass::Subscription, "HTTP client error"),
            (413, "", RejectClass::TooLarge, "HTTP too large"),
            (
                400,
                r#"{"error":"File size exceeds 16 MB"}"#,
                RejectClass::TooLarge,
                "File size exceeds # MB",
            ),
            (404, "<html>", RejectClass::Other, "HTTP not found"),
            (
                200,
                r#"{"success":false}"#,
                RejectClass::Other,
                "HTTP success without success",
            ),
        ] {
            check(
                status,
                body,
                &SendOutcome::Rejected {
                    class,
                    reason: reason.to_owned(),
                },
            );
        }
    }

    #[test]
    fn a_service_that_says_it_is_busy_may_be_asked_again() {
        let unavailable = |seconds: Option<u64>| SendOutcome::Unavailable {
            after: seconds.map(Duration::from_secs),
        };
        assert_eq!(
            answer(503, &[("retry-after", "3")], ""),
            unavailable(Some(3))
        );
        assert_eq!(
            answer(503, &[], r#"{"success":false,"message":"busy"}"#),
            unavailable(None)
        );
        assert_eq!(
            answer(308, &[("location", "https://elsewhere.example")], ""),
            unavailable(None)
        );
    }

    #[test]
    fn too_many_messages_are_put_off_whatever_the_code() {
        assert_eq!(answer(429, &[("retry-after", "9")], ""), wait(9));
        assert_eq!(
            answer(429, &[], ""),
            SendOutcome::RetryLater { after: None }
        );
        assert_eq!(
            answer(
                200,
                &[],
                r#"{"success":false,"error":"Rate limit exceeded","retry_after":4}"#
            ),
            wait(4)
        );
    }

    #[test]
    fn a_sessions_status_is_read_in_any_case() {
        assert_eq!(
            read_status(200, br#"{"status":"connected"}"#),
            Some(SessionStatus::Connected)
        );
        assert_eq!(
            read_status(200, br#"{"status":"LOGGED_OUT"}"#),
            Some(SessionStatus::LoggedOut)
        );
        assert_eq!(
            read_status(200, br#"{"success":true,"data":{"status":"need_scan"}}"#),
            Some(SessionStatus::NeedScan)
        );
        for (status, body) in [
            (401, r#"{"status":"connected"}"#),
            (200, ""),
            (200, "{}"),
            (200, r#"{"success":false,"status":"connected"}"#),
        ] {
            assert_eq!(
                read_status(status, body.as_bytes()),
                None,
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_messages_info_joins_both_ids() {
        let body = br#"{"success":true,"data":{"remoteJid":"221700000001@s.whatsapp.net","id":"3EB0A1","msgId":42,
            "key":{"id":"3EB0A1","fromMe":true,"remoteJid":"221700000001@s.whatsapp.net"},"messageTimestamp":"1795341600","status":3}}"#;
        let reference = ProviderRef {
            key_id: ProviderMessageId::parse("3EB0A1"),
            msg_id: Some(42),
        };
        let delivered = Evidence::Reached {
            delivery: Delivery::Delivered,
        };
        assert_eq!(read_info(200, body), Some((reference, Some(delivered))));
        assert_eq!(read_info(404, body), None);
        assert_eq!(read_info(200, br#"{"success":true,"data":{}}"#), None);
    }
}
