use serde_json::{Map, Value};

use super::Refused;

/// The members of an object and where it stands. An absent member and a null one are the same.
pub(super) struct Fields<'a> {
    members: &'a Map<String, Value>,
    /// The name of the object, empty for the whole body.
    at: String,
    unknown: Unknown,
}

/// What becomes of a member of an inner object that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    Refused,
    /// Whoever wrote it may know a later version.
    LeftAlone,
}

impl<'a> Fields<'a> {
    /// The whole body, whose members are checked elsewhere.
    pub(super) const fn of(members: &'a Map<String, Value>, unknown: Unknown) -> Self {
        Self {
            members,
            at: String::new(),
            unknown,
        }
    }

    /// An object that stands there, with none but these members.
    pub(super) fn item(
        &self,
        value: &'a Value,
        at: String,
        known: &[&str],
    ) -> Result<Self, Refused> {
        let Some(members) = value.as_object() else {
            let hint = "give an object with the members that the documentation names";
            return Err(Refused::invalid(at, "must be an object", hint));
        };
        let unknown = self.unknown;
        let object = Self {
            members,
            at,
            unknown,
        };
        let is_stray = |name: &&String| !known.contains(&name.as_str());
        match members.keys().find(is_stray) {
            Some(stray) if unknown == Unknown::Refused => {
                let shown: String = stray.chars().take(64).collect();
                let detail = format!("no such member; known are {}", known.join(", "));
                let field = object.path(&shown);
                Err(Refused::invalid(field, detail, "look for a misspelling"))
            }
            _ => Ok(object),
        }
    }

    /// A member that is an object with none but these members.
    pub(super) fn object(&self, name: &str, known: &[&str]) -> Result<Self, Refused> {
        let value = self.get(name).unwrap_or(&Value::Null);
        self.item(value, self.path(name), known)
    }

    /// The whole name of a member.
    pub(super) fn path(&self, name: &str) -> String {
        if self.at.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.at)
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A text, trimmed.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Refused> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim())),
            Some(_) => Err(Refused::invalid(
                self.path(name),
                "must be a text",
                "put it in quotes",
            )),
        }
    }

    /// A text that says something.
    pub(super) fn required(&self, name: &str) -> Result<&'a str, Refused> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Refused::invalid(self.path(name), "is missing or empty", "give a text"))
    }

    /// One line of at most so many characters; an empty one is absent.
    pub(super) fn line(&self, name: &str, chars: usize) -> Result<Option<&'a str>, Refused> {
        let Some(text) = self.text(name)?.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        one_line(&self.path(name), text)?;
        at_most_chars(&self.path(name), text, chars)?;
        Ok(Some(text))
    }

    pub(super) fn required_line(&self, name: &str, chars: usize) -> Result<&'a str, Refused> {
        self.required(name)?;
        Ok(self.line(name, chars)?.unwrap_or_default())
    }

    /// True or false; absent is false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Refused> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Refused::invalid(
                self.path(name),
                "must be true or false",
                "leave out the quotes",
            )),
        }
    }

    /// Degrees from `-limit` to `limit`.
    pub(super) fn degrees(&self, name: &str, limit: f64) -> Result<f64, Refused> {
        let degrees = self.get(name).and_then(Value::as_f64);
        degrees
            .filter(|degrees| degrees.abs() <= limit)
            .ok_or_else(|| {
                let detail = format!("must be a number from -{limit} to {limit}");
                Refused::invalid(
                    self.path(name),
                    detail,
                    "give degrees as a number without quotes",
                )
            })
    }

    /// A list; absent is empty.
    pub(super) fn list(&self, name: &str, hint: &'static str) -> Result<&'a [Value], Refused> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(Refused::invalid(self.path(name), "must be a list", hint)),
        }
    }
}

pub(super) fn at_most_bytes(field: &str, text: &str, bytes: usize) -> Result<(), Refused> {
    if text.len() <= bytes {
        return Ok(());
    }
    let detail = format!("may have {bytes} bytes of UTF-8");
    Err(Refused::invalid(
        field,
        detail,
        "shorten it, or send it in parts",
    ))
}

pub(super) fn at_most_chars(field: &str, text: &str, chars: usize) -> Result<(), Refused> {
    if text.chars().count() <= chars {
        return Ok(());
    }
    let detail = format!("may have {chars} characters");
    Err(Refused::invalid(field, detail, "shorten it"))
}

pub(super) fn one_line(field: &str, text: &str) -> Result<(), Refused> {
    if text.chars().any(char::is_control) {
        return Err(Refused::invalid(
            field,
            "must be one line",
            "leave out line breaks and tabs",
        ));
    }
    Ok(())
}
