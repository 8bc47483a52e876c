//! AWS Signature Version 4.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use jiff::tz::Offset;
use sha2::{Digest as _, Sha256};

/// The keys that Lambda puts into a function's environment; they stay the same for the environment's life.
#[derive(Clone)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials([REDACTED])")
    }
}

/// What signs the requests to one service of a region. Clones share the key of the day.
#[derive(Clone, Debug)]
pub struct Signer {
    credentials: Credentials,
    region: String,
    service: &'static str,
    of_day: Arc<Mutex<Option<DayKey>>>,
}

/// The key that everything of a day is signed with.
#[derive(Clone)]
struct DayKey {
    day: [u8; 8],
    key: [u8; 32],
}

impl fmt::Debug for DayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DayKey([REDACTED])")
    }
}

/// A moment as signatures have it: `20130524T000000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment([u8; 16]);

/// What is signed of a request.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    pub method: &'a str,
    /// As it is sent.
    pub path: &'a str,
    /// As it is sent: encoded, and sorted by name.
    pub query: &'a str,
    /// Names in small letters, sorted; values without space around them.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body's SHA-256 in hexadecimal, or what the service takes in its place.
    pub payload: &'a str,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let at = Offset::UTC.to_datetime(at);
        let mut text = *b"00000000T000000Z";
        let mut put = |place: usize, digits: usize, mut number: u16| {
            for place in (place..place + digits).rev() {
                text[place] = b'0' + u8::try_from(number % 10).unwrap_or_default();
                number /= 10;
            }
        };
        let small = |number: i8| number.unsigned_abs().into();
        put(0, 4, at.year().unsigned_abs());
        put(4, 2, small(at.month()));
        put(6, 2, small(at.day()));
        put(9, 2, small(at.hour()));
        put(11, 2, small(at.minute()));
        put(13, 2, small(at.second()));
        Self(text)
    }
}

impl Moment {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn day(&self) -> [u8; 8] {
        let mut day = [0; 8];
        day.copy_from_slice(&self.0[..8]);
        day
    }
}

impl Signer {
    pub fn new(service: &'static str, region: &str, credentials: Credentials) -> Self {
        Self {
            credentials,
            region: region.to_owned(),
            service,
            of_day: Arc::default(),
        }
    }

    pub fn session_token(&self) -> Option<&str> {
        self.credentials.session_token.as_deref()
    }

    /// The value of the header `authorization`.
    pub fn authorization(&self, signed: &Signed<'_>, at: Moment) -> String {
        let (scope, names) = (self.scope(at), names(signed));
        let signature = self.sign(signed, &names, &scope, at);
        let key = &self.credentials.access_key_id;
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
    }

    /// Whose key it is, and what for, as a link tells it.
    pub fn credential(&self, at: Moment) -> String {
        format!("{}/{}", self.credentials.access_key_id, self.scope(at))
    }

    /// The signature alone, in hexadecimal.
    pub fn signature(&self, signed: &Signed<'_>, at: Moment) -> String {
        self.sign(signed, &names(signed), &self.scope(at), at)
    }

    fn sign(&self, signed: &Signed<'_>, names: &str, scope: &str, at: Moment) -> String {
        let hash = sha256_hex(canonical(signed, names).as_bytes());
        let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{hash}", at.as_str());
        hex::encode(hmac(&self.key(at), text.as_bytes()))
    }

    fn scope(&self, at: Moment) -> String {
        let (day, region, service) = (&at.as_str()[..8], &self.region, self.service);
        format!("{day}/{region}/{service}/aws4_request")
    }

    fn key(&self, at: Moment) -> [u8; 32] {
        let mut of_day = self.of_day.lock().unwrap_or_else(PoisonError::into_inner);
        let day = at.day();
        if let Some(kept) = of_day.as_ref().filter(|kept| kept.day == day) {
            return kept.key;
        }
        let first = format!("AWS4{}", self.credentials.secret_access_key);
        let parts = [self.region.as_str(), self.service, "aws4_request"];
        let key = parts
            .iter()
            .fold(hmac(first.as_bytes(), &day), |key, part| {
                hmac(&key, part.as_bytes())
            });
        *of_day = Some(DayKey { day, key });
        key
    }
}

/// The canonical form of a request, whose hash is signed.
fn canonical(signed: &Signed<'_>, names: &str) -> String {
    let mut text = String::with_capacity(512);
    for part in [signed.method, signed.path, signed.query] {
        text.push_str(part);
        text.push('\n');
    }
    for (name, value) in signed.headers {
        text.push_str(name);
        text.push(':');
        text.push_str(value);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(names);
    text.push('\n');
    text.push_str(signed.payload);
    text
}

fn names(signed: &Signed<'_>) -> String {
    let names: Vec<_> = signed.headers.iter().map(|(name, _)| *name).collect();
    names.join(";")
}

/// The SHA-256 of a body, in hexadecimal.
pub fn sha256_hex(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::from(text.parse::<Timestamp>().unwrap())
    }

    #[test]
    fn a_moment_is_written_as_signatures_want_it() {
        assert_eq!(moment("2013-05-24T00:00:00Z").as_str(), "20130524T000000Z");
        assert_eq!(
            moment("2026-12-31T23:59:58.999Z").as_str(),
            "20261231T235958Z"
        );
    }

    /// AWS's published test suite of Signature Version 4, the case `get-vanilla-query-order-key-case`.
    #[test]
    fn a_request_is_signed_as_in_awss_test_suite() {
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
        };
        let signer = Signer::new("service", "us-east-1", credentials);
        let request = Signed {
            method: "GET",
            path: "/",
            query: "Param1=value1&Param2=value2",
            headers: &[
                ("host", "example.amazonaws.com"),
                ("x-amz-date", "20150830T123600Z"),
            ],
            payload: &sha256_hex(b""),
        };
        let expected = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
            SignedHeaders=host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
        let at = moment("2015-08-30T12:36:00Z");
        assert_eq!(signer.authorization(&request, at), expected);
        assert_eq!(signer.authorization(&request, at), expected);
    }

    #[test]
    fn the_key_of_a_day_is_not_used_on_the_next() {
        let credentials = Credentials {
            access_key_id: "a".to_owned(),
            secret_access_key: "b".to_owned(),
            session_token: None,
        };
        let signer = Signer::new("sqs", "eu-west-1", credentials);
        let (first, next) = (
            moment("2026-01-01T23:59:59Z"),
            moment("2026-01-02T00:00:00Z"),
        );
        let of_first = signer.key(first);
        assert_ne!(of_first, signer.key(next));
        assert_eq!(of_first, signer.key(first));
        assert!(!format!("{signer:?}").contains("secret"));
    }
}
