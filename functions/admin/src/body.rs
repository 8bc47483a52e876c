//! Reading request bodies: every mistake names its field and what to do.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use flows::problem::Problem;
use serde_json::{Map, Value, json};

/// Fields that are not known, of which so many are named.
const UNKNOWN_NAMED: usize = 20;

/// A JSON object of a request, and the fields it may have.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body that must be an object with none but these fields.
    pub(crate) fn read(body: &[u8], known: &[&str]) -> Result<Self, Problem> {
        let mut wrong = Wrong::default();
        let fields = Self::checked(body, known, &mut wrong)?;
        wrong.all(Some(fields))
    }

    /// Reads a body that must be an object; every field of it that is not known is noted.
    pub(crate) fn checked(body: &[u8], known: &[&str], wrong: &mut Wrong) -> Result<Self, Problem> {
        let value: Value = serde_json::from_slice(body).map_err(|_| {
            Problem::new(
                400,
                "invalid_json",
                "Invalid JSON",
                "the body must be a JSON object in UTF-8",
            )
        })?;
        let Value::Object(fields) = value else {
            return Err(Problem::new(
                400,
                "invalid_json",
                "Invalid JSON",
                "the body must be a JSON object",
            ));
        };
        let is_known = |name: &&String| known.contains(&name.as_str());
        for unknown in fields
            .keys()
            .filter(|name| !is_known(name))
            .take(UNKNOWN_NAMED)
        {
            let shown: String = unknown.chars().take(64).collect();
            let detail = format!("no such field; known are {}", known.join(", "));
            wrong.0.push(invalid(&shown, detail));
        }
        Ok(Self(fields))
    }

    pub(crate) const fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A text, trimmed; absent and null are the same.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim())),
            Some(_) => Err(invalid(name, "must be a text")),
        }
    }

    /// A yes or no; absent and null are the same.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(invalid(name, "must be true or false")),
        }
    }

    /// Whether the field is there, be it null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A whole number from 1 to `most`.
    pub(crate) fn count(&self, name: &str, most: u32) -> Result<Option<NonZeroU32>, Problem> {
        let number = self.whole(name, 1..=most)?;
        Ok(number.and_then(NonZeroU32::new))
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Problem> {
        self.text(name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| invalid(name, "is missing or empty"))
    }

    /// A whole number; absent and null are the same.
    pub(crate) fn whole(
        &self,
        name: &str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<u32>, Problem> {
        let number = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value.as_u64().and_then(|number| u32::try_from(number).ok()),
        };
        let number = number.filter(|number| range.contains(number));
        let (least, most) = (range.start(), range.end());
        let wrong = || {
            invalid(
                name,
                format_args!("must be a whole number from {least} to {most}"),
            )
        };
        number.map(Some).ok_or_else(wrong)
    }
}

/// A field that can't be used as it is.
pub(crate) fn invalid(field: &str, detail: impl std::fmt::Display) -> Problem {
    Problem::new(
        422,
        "invalid_field",
        "Invalid field",
        format!("{field}: {detail}"),
    )
    .field(field)
}

/// What is wrong with a request, all of it: a caller that has to mend three fields is told of the three.
#[derive(Debug, Default)]
pub(crate) struct Wrong(Vec<Problem>);

impl Wrong {
    /// A field that was read, or nothing, and why is noted.
    pub(crate) fn checked<T>(&mut self, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.0.push(problem)).ok()
    }

    /// Ends the reading: what was read, or the first problem, with all of them in `errors`. Nothing is read without a problem.
    pub(crate) fn all<T>(self, read: Option<T>) -> Result<T, Problem> {
        self.none()?;
        read.ok_or_else(|| Problem::new(422, "invalid_field", "Invalid field", "a field is wrong"))
    }

    /// The first problem, with all of them in `errors`.
    pub(crate) fn none(self) -> Result<(), Problem> {
        let error = |problem: &Problem| {
            let field = problem.more.get("field");
            json!({ "field": field, "code": problem.code, "detail": problem.detail })
        };
        let errors: Vec<_> = self.0.iter().map(error).collect();
        let Some(mut first) = self.0.into_iter().next() else {
            return Ok(());
        };
        first.more.insert("errors".to_owned(), errors.into());
        Err(first)
    }
}
