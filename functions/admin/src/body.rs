//! Reading request bodies: every mistake names its field and what to do.

use std::num::NonZeroU32;

use flows::problem::Problem;
use serde_json::{Map, Value};

/// A JSON object of a request, and the fields it may have.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body that must be an object with none but these fields.
    pub(crate) fn read(body: &[u8], known: &[&str]) -> Result<Self, Problem> {
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
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => {
                let shown: String = unknown.chars().take(64).collect();
                Err(invalid(
                    &shown,
                    format!("no such field; known are {}", known.join(", ")),
                ))
            }
            None => Ok(Self(fields)),
        }
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
        let value = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value,
        };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let count = number
            .filter(|number| *number <= most)
            .and_then(NonZeroU32::new);
        count
            .map(Some)
            .ok_or_else(|| invalid(name, format!("must be a whole number from 1 to {most}")))
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Problem> {
        self.text(name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| invalid(name, "is missing or empty"))
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
