//! The record of who changed what: what is written of a change, and what never is.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::{VendorId, limits};

/// Somebody asked for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub place: Place,
    /// Who asked: `bootstrap`, `key:<id>` and the like, and what its owner calls it.
    pub who: String,
    pub label: String,
    pub method: String,
    /// The route, not the path.
    pub route: String,
    /// The parameters of the path.
    pub parameters: Value,
    /// Whose the change is, as far as that is known.
    pub vendor: Option<VendorId>,
    /// How it ended; `None` while it is being made, and for good if the function was stopped.
    pub ended: Option<Ended>,
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The HTTP status that was answered.
    pub status: u16,
    pub before: Value,
    pub after: Value,
}

/// Where a record stands among all others: by its time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub at: Timestamp,
    text: String,
}

impl Place {
    /// A place from bits that somebody else drew.
    pub fn new(at: Timestamp, bits: u64) -> Self {
        let text = format!("{:013}#{bits:016x}", at.as_millisecond());
        Self { at, text }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (ms, bits) = text.split_once('#')?;
        let is_hex = bits.len() == 16 && bits.bytes().all(|b| b.is_ascii_hexdigit());
        let at = Timestamp::from_millisecond(ms.parse().ok()?).ok()?;
        (is_hex && ms.len() == 13).then(|| Self {
            at,
            text: text.to_owned(),
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The month that its records are kept together in.
    pub fn month(&self) -> Month {
        Month::of(self.at)
    }

    /// When its record is forgotten.
    pub fn forgotten_at(&self) -> Timestamp {
        let kept = SignedDuration::from_hours(24 * limits::AUDIT_DAYS);
        self.at.checked_add(kept).unwrap_or(Timestamp::MAX)
    }
}

/// A month of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    pub fn of(at: Timestamp) -> Self {
        let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        Self {
            year: day.year(),
            month: day.month(),
        }
    }

    #[must_use]
    pub const fn before(self) -> Self {
        match self.month {
            1 => Self {
                year: self.year - 1,
                month: 12,
            },
            month => Self {
                month: month - 1,
                ..self
            },
        }
    }

    pub fn text(self) -> String {
        format!("{:04}-{:02}", self.year, self.month)
    }
}

/// What may be written of a value: no secret, no phone number, and not more than fits. A handler that notes more than it should is
/// corrected here.
pub fn presentable(value: &Value) -> Value {
    let value = stripped(value);
    let bytes = value.to_string().len();
    if bytes > limits::AUDIT_VALUE_BYTES {
        return json!({ "leftOut": format!("{bytes} bytes") });
    }
    value
}

fn stripped(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let value = if names_a_secret(name) && !value.is_null() && !value.is_boolean() {
                    HIDDEN.into()
                } else {
                    stripped(value)
                };
                (name.clone(), value)
            };
            members.iter().map(member).collect::<Map<_, _>>().into()
        }
        Value::Array(values) => values.iter().map(stripped).collect(),
        Value::String(text) => without_secrets(text).into(),
        other => other.clone(),
    }
}

const HIDDEN: &str = "(hidden)";

/// The ends of names of members whose values are secrets.
const SECRETS: [&str; 7] = ["secret", "apikey", "token", "password", "key", "code", "qr"];

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|end| name.ends_with(end))
}

/// Hides phone numbers, with their country's code or without, and whole keys of ours.
fn without_secrets(text: &str) -> String {
    let separates = |c: char| matches!(c, ' ' | '.' | '-' | '(' | ')');
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_national =
        (9..=15).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || separates(c));
    let international = text.split('+').skip(1).any(|rest| {
        let number = rest
            .chars()
            .take_while(|c| c.is_ascii_digit() || separates(*c));
        number.filter(char::is_ascii_digit).count() >= 7
    });
    if is_national || international || text.starts_with("mw_") {
        return HIDDEN.to_owned();
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_kept_of_a_change_has_no_secret_and_no_number() {
        let noted = json!({
            "name": "Boutique", "active": true, "keyId": "0123456789abcdef", "at": "2026-11-22T10:00:00Z",
            "phoneNumber": "+221700000001", "hasApiKey": true, "wasenderApiKey": "api_key_abc", "key": "mw_a_b",
            "nested": [{ "webhookSecret": "secret_123", "phone": "221 70 000 00 01", "apiKey": null }],
            "day": "2026-11-22", "why": "+221 70 000 00 02 is taken", "id": "0123456789012345",
        });
        let expected = json!({
            "name": "Boutique", "active": true, "keyId": "0123456789abcdef", "at": "2026-11-22T10:00:00Z",
            "phoneNumber": HIDDEN, "hasApiKey": true, "wasenderApiKey": HIDDEN, "key": HIDDEN,
            "nested": [{ "webhookSecret": HIDDEN, "phone": HIDDEN, "apiKey": null }],
            "day": "2026-11-22", "why": HIDDEN, "id": "0123456789012345",
        });
        assert_eq!(presentable(&noted), expected);
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let long = json!({ "text": "x".repeat(limits::AUDIT_VALUE_BYTES) });
        let kept = presentable(&long);
        assert!(kept["leftOut"].is_string(), "{kept}");
    }

    #[test]
    fn months_go_back_over_the_year() {
        let month = Month::of(at("2026-01-31T23:59:59Z"));
        assert_eq!(
            (month.text().as_str(), month.before().text().as_str()),
            ("2026-01", "2025-12")
        );
        assert_eq!(month.before().before().text(), "2025-11");
        assert!(month.before() < month);
    }

    proptest! {
        #[test]
        fn places_sort_by_time_and_are_read_again(
            earlier in 0_i64..1_000_000_000, later in 0_i64..1_000_000_000, bits in any::<(u64, u64)>(),
        ) {
            let time = |ms: i64| Timestamp::from_millisecond(1_795_000_000_000 + ms).unwrap();
            let (one, other) = (Place::new(time(earlier), bits.0), Place::new(time(later), bits.1));
            prop_assert_eq!(Place::parse(one.as_str()), Some(one.clone()));
            if earlier < later {
                prop_assert!(one.as_str() < other.as_str());
                prop_assert!(one.month() <= other.month());
            }
        }

        #[test]
        fn what_is_kept_is_bounded_and_stripping_again_changes_nothing(text in ".{0,200}") {
            let once = presentable(&json!({ "a": [text] }));
            prop_assert_eq!(presentable(&once), once);
        }
    }
}
