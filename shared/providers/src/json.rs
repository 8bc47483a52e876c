mod read;
mod surrogates;

use std::borrow::Cow;

pub(crate) use read::Unreadable;

/// A JSON value whose texts point into the body it was read from.
///
/// Providers change their shapes without notice, so a value is asked for what it may hold instead of being forced into a
/// type: a field that is absent, null or of another type is simply not there, and spoils nothing beside it.
#[derive(Debug)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Real(f64),
    Text(Cow<'a, str>),
    Array(Vec<Self>),
    Object(Vec<(Cow<'a, str>, Self)>),
}

static NULL: Json<'static> = Json::Null;

/// Reads the text and gives the value to `consume`.
///
/// A text that JavaScript cut in the middle of an emoji carries half of a surrogate pair (`\ud83d`), which strict readers
/// refuse together with everything around it; it is read as the replacement character.
pub(crate) fn with<T>(text: &str, consume: impl FnOnce(&Json<'_>) -> T) -> Result<T, Unreadable> {
    match read::read(text) {
        Ok(root) => Ok(consume(&root)),
        Err(error @ Unreadable::Syntax { .. }) => match surrogates::replaced(text) {
            Some(repaired) => read::read(&repaired).map(|root| consume(&root)),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

impl<'a> Json<'a> {
    /// The field of this name, or null. Of a name given twice the last counts, as everywhere in JavaScript.
    pub(crate) fn at(&self, name: &str) -> &Self {
        let found = self.fields().iter().rev().find(|(field, _)| field == name);
        found.map_or(&NULL, |(_, value)| value)
    }

    /// Itself, unless it is null.
    pub(crate) const fn given(&self) -> Option<&Self> {
        match self {
            Self::Null => None,
            Self::Bool(_)
            | Self::Integer(_)
            | Self::Real(_)
            | Self::Text(_)
            | Self::Array(_)
            | Self::Object(_) => Some(self),
        }
    }

    pub(crate) fn fields(&self) -> &[(Cow<'a, str>, Self)] {
        if let Self::Object(fields) = self {
            fields
        } else {
            &[]
        }
    }

    pub(crate) const fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// The items of an array; anything else is its own only item; null has none.
    pub(crate) fn one_or_many(&self) -> &[Self] {
        match (self, self.given()) {
            (Self::Array(items), _) => items,
            (_, Some(single)) => std::slice::from_ref(single),
            (_, None) => &[],
        }
    }

    /// A text that holds more than blanks, as it stands.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text.as_ref())
        } else {
            None
        }
        .filter(|text| !text.trim().is_empty())
    }

    /// A text without the blanks around it.
    pub(crate) fn word(&self) -> Option<&str> {
        self.text().map(str::trim)
    }

    /// A whole number: as such, as its digits in a text, or as the `{low, high}` of JavaScript's Long.
    pub(crate) fn integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self {
            return Some(*number);
        }
        if let Self::Real(number) = self {
            return whole(*number);
        }
        if let Some(digits) = self.word() {
            return digits.parse().ok();
        }
        let (Self::Integer(low), Self::Integer(high)) = (self.at("low"), self.at("high")) else {
            return None;
        };
        let high = i64::from(i32::try_from(*high).ok()?);
        Some((high << 32) | (low & 0xffff_ffff))
    }

    /// A finite number, also as a text.
    #[expect(
        clippy::cast_precision_loss,
        reason = "whole degrees and seconds are small"
    )]
    pub(crate) fn number(&self) -> Option<f64> {
        let number = if let Self::Real(number) = self {
            *number
        } else if let Self::Integer(number) = self {
            *number as f64
        } else {
            self.word()?.parse().ok()?
        };
        number.is_finite().then_some(number)
    }

    /// Whether it says yes: `true`, `"true"` or 1.
    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true) | Self::Integer(1))
            || self
                .word()
                .is_some_and(|word| word.eq_ignore_ascii_case("true"))
    }

    /// Whether it says no: `false`, `"false"` or 0.
    pub(crate) fn is_false(&self) -> bool {
        matches!(self, Self::Bool(false) | Self::Integer(0))
            || self
                .word()
                .is_some_and(|word| word.eq_ignore_ascii_case("false"))
    }

    /// Whether it holds nothing: null, blanks, `{}` or `[]`.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(_) | Self::Integer(_) | Self::Real(_) => false,
            Self::Text(text) => text.trim().is_empty(),
            Self::Array(items) => items.is_empty(),
            Self::Object(fields) => fields.is_empty(),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked before"
)]
fn whole(number: f64) -> Option<i64> {
    let exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    exact.then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn integer(text: &str) -> Option<i64> {
        with(&format!(r#"{{"n":{text}}}"#), |root| root.at("n").integer()).unwrap()
    }

    #[test]
    fn a_whole_number_is_read_in_every_form_that_providers_give_it() {
        assert_eq!(integer("1700000000"), Some(1_700_000_000));
        assert_eq!(integer("1.7e9"), Some(1_700_000_000));
        assert_eq!(integer(r#"" 1700000000 ""#), Some(1_700_000_000));
        let long = r#"{"low":1700000000,"high":0,"unsigned":true}"#;
        assert_eq!(integer(long), Some(1_700_000_000));
        // 5 GB: the low half is negative in a signed Long.
        assert_eq!(integer(r#"{"low":-1,"high":1}"#), Some(8_589_934_591));
        for no in ["null", "1.5", "1e300", "\"\"", "\"x\"", "{}", "[]", "true"] {
            assert_eq!(integer(no), None, "{no}");
        }
        assert_eq!(integer("18446744073709551615"), None);
        assert_eq!(integer(r#"{"low":0,"high":9223372036854775807}"#), None);
    }

    #[test]
    fn a_field_given_twice_has_its_last_value() {
        let last = with(r#"{"a":1,"a":2}"#, |root| root.at("a").integer());
        assert_eq!(last.unwrap(), Some(2));
    }

    #[test]
    fn half_an_emoji_costs_one_character_and_not_the_message() {
        let read = with(
            r#"{"pushName":"Awa \ud83d","text":"\ud83d\ude00"}"#,
            |root| {
                (
                    root.at("pushName").text().map(str::to_owned),
                    root.at("text").text().map(str::to_owned),
                )
            },
        );
        let expected = (
            Some("Awa \u{fffd}".to_owned()),
            Some("\u{1f600}".to_owned()),
        );
        assert_eq!(read.unwrap(), expected);
    }

    #[test]
    fn texts_point_into_the_body() {
        let borrowed = with(r#"{"a":"b"}"#, |root| {
            matches!(root.at("a"), Json::Text(Cow::Borrowed("b")))
        });
        assert!(borrowed.unwrap());
    }
}
