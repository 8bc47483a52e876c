use std::fmt;

use phonenumber::Mode;
use phonenumber::country::Id as Country;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A phone number in E.164 with its `+`. It is personal data: `Debug` and `Display` mask it, [`PhoneNumber::expose`] is the number.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// Why a typed number is not a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidPhone {
    #[error(
        "a phone number has digits, optionally a leading + or 00, spaces, dots, dashes and parentheses"
    )]
    Characters,
    #[error(
        "the number does not exist in the plan of its country; write it with + and the country code"
    )]
    NotInPlan,
    #[error("a bracketed trunk zero is ambiguous; leave it out")]
    BracketedZero,
}

impl PhoneNumber {
    /// Reads a number that a person typed: international with `+` or `00`, bare with its country code, or national in `country`
    /// (an ISO 3166 code such as `SN`). It is checked against the numbering plan.
    pub fn parse(typed: &str, country: &str) -> Result<Self, InvalidPhone> {
        let cleaned = clean(typed)?;
        let country: Country = country.parse().unwrap_or(Country::SN);
        let international = cleaned
            .strip_prefix("00")
            .map(|digits| format!("+{digits}"));
        let candidates = match (international, cleaned.starts_with('+')) {
            (Some(number), _) => vec![number],
            (None, true) => vec![cleaned],
            (None, false) => vec![cleaned.clone(), format!("+{cleaned}")],
        };
        candidates
            .iter()
            .find_map(|text| in_plan(text, country))
            .ok_or(InvalidPhone::NotInPlan)
    }

    /// Takes a number as a provider gives it: digits with or without `+`. It is not checked against the plan, for WhatsApp's ids
    /// of older accounts do not always follow it, and an inbound message is never dropped for that.
    pub fn from_provider(digits: &str) -> Option<Self> {
        let digits = digits.trim().trim_start_matches('+');
        let plausible = (5..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        plausible.then(|| Self(format!("+{digits}")))
    }

    /// The country (ISO 3166) whose numbering plan the number is of; `None` where several share one, or none has it.
    pub fn country(&self) -> Option<String> {
        let number = phonenumber::parse(None, &self.0).ok()?;
        number.country().id().map(|id| id.as_ref().to_owned())
    }

    /// The whole number, `+221700000001`.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The number without its `+`.
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }
}

fn clean(typed: &str) -> Result<String, InvalidPhone> {
    if typed.contains("(0)") {
        return Err(InvalidPhone::BracketedZero);
    }
    let mut cleaned = String::with_capacity(typed.len());
    for c in typed.trim().chars() {
        match c {
            '0'..='9' => cleaned.push(c),
            '+' if cleaned.is_empty() => cleaned.push(c),
            // Numbers copied from a contact card carry no-break spaces and bidirectional marks.
            ' '
            | '\u{a0}'
            | '\u{202f}'
            | '.'
            | '-'
            | '('
            | ')'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}' => {}
            _ => return Err(InvalidPhone::Characters),
        }
    }
    if cleaned.trim_start_matches('+').is_empty() || cleaned.len() > 20 {
        Err(InvalidPhone::Characters)
    } else {
        Ok(cleaned)
    }
}

fn in_plan(text: &str, country: Country) -> Option<PhoneNumber> {
    let number = phonenumber::parse(Some(country), text)
        .ok()
        .filter(phonenumber::is_valid)?;
    let e164 = phonenumber::format(&number).mode(Mode::E164).to_string();
    // The parser drops what it takes for a trunk prefix; a number is only ours if every digit typed is still there.
    let typed = text.trim_start_matches('+');
    let has_trunk =
        number.country().id().is_some_and(|id| id != Country::SN) && typed.starts_with('0');
    (has_trunk || e164.ends_with(typed)).then_some(PhoneNumber(e164))
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidPhone;
    fn try_from(text: String) -> Result<Self, InvalidPhone> {
        Self::from_provider(&text).ok_or(InvalidPhone::Characters)
    }
}

impl From<PhoneNumber> for String {
    fn from(phone: PhoneNumber) -> Self {
        phone.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.len().min(4);
        write!(
            f,
            "{}•••••{}",
            &self.0[..shown],
            &self.0[self.0.len() - 2..]
        )
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(typed: &str, country: &str, expected: Result<&str, InvalidPhone>) {
        let parsed = PhoneNumber::parse(typed, country);
        assert_eq!(
            parsed.as_ref().map(PhoneNumber::expose),
            expected.as_ref().map(|text| *text),
            "{typed}"
        );
    }

    #[test]
    fn a_number_tells_the_country_of_its_plan() {
        let country = |number: &str| PhoneNumber::from_provider(number).unwrap().country();
        assert_eq!(country("221700000001").as_deref(), Some("SN"));
        assert_eq!(country("2250700000001").as_deref(), Some("CI"));
        assert_eq!(country("999123456"), None);
    }

    #[test]
    fn senegalese_numbers_are_read_in_every_usual_form() {
        for typed in [
            "77 123 45 67",
            "771234567",
            "221771234567",
            "00221771234567",
            "+221771234567",
            "+221\u{a0}77-123.45 67",
            "\u{202a}+221771234567\u{202c}",
        ] {
            check(typed, "SN", Ok("+221771234567"));
        }
    }

    #[test]
    fn numbers_outside_the_plan_are_refused() {
        check("0771234567", "SN", Err(InvalidPhone::NotInPlan));
        check("77123456", "SN", Err(InvalidPhone::NotInPlan));
        check("7712345678", "SN", Err(InvalidPhone::NotInPlan));
        check("+221 (0)771234567", "SN", Err(InvalidPhone::BracketedZero));
        check("moi", "SN", Err(InvalidPhone::Characters));
        check("", "SN", Err(InvalidPhone::Characters));
        check("+", "SN", Err(InvalidPhone::Characters));
    }

    #[test]
    fn a_leading_zero_is_dropped_only_where_the_plan_has_a_trunk_prefix() {
        check("06 12 34 56 78", "FR", Ok("+33612345678"));
        check("+225 07 01 02 03 04", "SN", Ok("+2250701020304"));
        check("0701020304", "CI", Ok("+2250701020304"));
    }

    #[test]
    fn a_providers_number_is_kept_even_outside_the_plan() {
        assert_eq!(
            PhoneNumber::from_provider("221700000001").unwrap().expose(),
            "+221700000001"
        );
        assert_eq!(
            PhoneNumber::from_provider("+22507010203").unwrap().expose(),
            "+22507010203"
        );
        for no in ["", "+", "12", "22170000000x", "1234567890123456"] {
            assert_eq!(PhoneNumber::from_provider(no), None, "{no}");
        }
    }

    #[test]
    fn a_number_is_masked_wherever_it_is_printed() {
        let phone = PhoneNumber::from_provider("221700000001").unwrap();
        assert_eq!(format!("{phone} {phone:?}"), "+221•••••01 +221•••••01");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(typed in ".{0,40}", country in "[A-Z]{2}") {
            if let Ok(phone) = PhoneNumber::parse(&typed, &country) {
                prop_assert!(phone.expose().starts_with('+'));
                prop_assert_eq!(PhoneNumber::parse(phone.expose(), &country), Ok(phone));
            }
        }
    }
}
