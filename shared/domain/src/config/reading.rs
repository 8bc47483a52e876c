use std::ops::RangeInclusive;

use serde_json::{Map, Number, Value};

use crate::ids::is_id;
use crate::limits;

/// A part of a document that can't be used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongPart {
    /// Where it stands, such as `templates.greeting` or `businessHours.monday[0].from`.
    pub field: String,
    pub detail: String,
}

/// An object that is being read, and what was wrong with it so far. What is absent or null is `None`; what is wrong is too, and is noted.
pub(crate) struct Reading<'a> {
    members: &'a Map<String, Value>,
    /// Where it stands, with a full stop at the end; empty for the whole document.
    at: String,
    noted: Vec<WrongPart>,
}

impl<'a> Reading<'a> {
    /// An object with none but these members.
    pub(crate) fn of(members: &'a Map<String, Value>, known: &[&str]) -> Self {
        Self::within(members, String::new(), known)
    }

    pub(crate) fn within(members: &'a Map<String, Value>, at: String, known: &[&str]) -> Self {
        let noted = Vec::new();
        let mut reading = Self { members, at, noted };
        for name in members
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
        {
            let shown: String = name.chars().take(64).collect();
            reading.wrong(
                &shown,
                format!("no such field; known are {}", known.join(", ")),
            );
        }
        reading
    }

    /// What was read, or all that was wrong.
    pub(crate) fn end<T>(self, read: T) -> Result<T, Vec<WrongPart>> {
        if self.noted.is_empty() {
            Ok(read)
        } else {
            Err(self.noted)
        }
    }

    pub(crate) fn wrong(&mut self, name: &str, detail: impl Into<String>) {
        if self.noted.len() < limits::WRONG_PARTS_NAMED {
            self.noted.push(WrongPart {
                field: format!("{}{name}", self.at),
                detail: detail.into(),
            });
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn checked<T>(&mut self, name: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|detail| self.wrong(name, detail)).ok()
    }

    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        let value = self.get(name)?;
        let flag = value
            .as_bool()
            .ok_or_else(|| "must be true or false".to_owned());
        self.checked(name, flag)
    }

    pub(crate) fn whole(&mut self, name: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let number = self.get(name)?.as_u64();
        let number = number.and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| range.contains(number));
        let (least, most) = (range.start(), range.end());
        let wrong = || format!("must be a whole number from {least} to {most}");
        self.checked(name, number.ok_or_else(wrong))
    }

    /// A text of at most so many bytes, trimmed; an empty one is absent.
    pub(crate) fn text(&mut self, name: &str, bytes: usize) -> Option<String> {
        let Some(text) = self.get(name)?.as_str() else {
            self.wrong(name, "must be a text");
            return None;
        };
        if text.len() > bytes {
            self.wrong(name, format!("may have {bytes} bytes"));
            return None;
        }
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A text that must be there, of at most so many characters.
    pub(crate) fn line(&mut self, name: &str, chars: usize) -> Option<String> {
        if !self.has(name) {
            self.wrong(name, "is missing or empty");
            return None;
        }
        let text = self.text(name, 4 * chars);
        let fits = |text: &String| text.chars().count() <= chars && !text.contains('\n');
        match text {
            Some(text) if fits(&text) => Some(text),
            Some(_) => {
                self.wrong(name, format!("is one line of at most {chars} characters"));
                None
            }
            None if self.get(name) == Some(&Value::from("")) => {
                self.wrong(name, "is missing or empty");
                None
            }
            None => None,
        }
    }

    pub(crate) fn id(&mut self, name: &str) -> Option<String> {
        let text = self.text(name, 64)?;
        let wrong = || "has 1 to 64 characters of a-z, A-Z, 0-9, '_' and '-'".to_owned();
        self.checked(name, is_id(&text).then_some(text).ok_or_else(wrong))
    }

    pub(crate) fn language(&mut self, name: &str) -> Option<String> {
        let text = self.text(name, 64)?;
        let wrong = || "is a language of ISO 639 in two or three small letters".to_owned();
        self.checked(name, is_language(&text).then_some(text).ok_or_else(wrong))
    }

    /// A list of so many short words, in lower case.
    pub(crate) fn words(&mut self, name: &str, most: usize) -> Vec<String> {
        let Some(items) = self.list(name, most) else {
            return Vec::new();
        };
        let mut words = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            let word = item.as_str().map(|word| word.trim().to_lowercase());
            let fits = |word: &String| (1..=limits::WORD_CHARS).contains(&word.chars().count());
            if let Some(word) = word.filter(fits) {
                words.push(word);
            } else {
                let detail = format!("is a text of 1 to {} characters", limits::WORD_CHARS);
                self.wrong(&format!("{name}[{place}]"), detail);
            }
        }
        words
    }

    pub(crate) fn list(&mut self, name: &str, most: usize) -> Option<&'a [Value]> {
        let items = self.get(name)?.as_array();
        let items = items.filter(|items| items.len() <= most);
        let wrong = || format!("must be a list of at most {most}");
        self.checked(name, items.map(Vec::as_slice).ok_or_else(wrong))
    }

    /// An amount of money, as it was written; it must be there.
    pub(crate) fn amount(&mut self, name: &str) -> Option<Number> {
        let amount = self.get(name).and_then(Value::as_number);
        let fits = |it: &&Number| it.as_f64().is_some_and(|it| (0.0..=1e12).contains(&it));
        let wrong = || "must be a number from 0 to 1,000,000,000,000".to_owned();
        self.checked(name, amount.filter(fits).cloned().ok_or_else(wrong))
    }

    /// A currency, which must be there.
    pub(crate) fn currency(&mut self, name: &str) -> Option<String> {
        let text = self.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        let wrong = || "is three capital letters of ISO 4217 such as XOF".to_owned();
        self.checked(name, is_code.then(|| text.to_owned()).ok_or_else(wrong))
    }

    /// An address that anybody can open.
    pub(crate) fn address(&mut self, name: &str, bytes: usize) -> Option<String> {
        let url = self.text(name, bytes)?;
        let rest = url.strip_prefix("https://").unwrap_or_default();
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_host = !host.is_empty() && !host.contains('@');
        let is_address = is_host && rest.bytes().all(|byte| byte.is_ascii_graphic());
        let wrong = || "must be an address that begins with https://".to_owned();
        self.checked(name, is_address.then_some(url).ok_or_else(wrong))
    }

    /// A member that is an object with none but these members.
    pub(crate) fn object<T>(
        &mut self,
        name: &str,
        known: &[&str],
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(name)?;
        self.item((name, value), known, read)
    }

    /// An object that stands there, with none but these members.
    pub(crate) fn item<T>(
        &mut self,
        (name, value): (&str, &'a Value),
        known: &[&str],
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let Some(members) = value.as_object() else {
            self.wrong(name, "must be an object");
            return None;
        };
        let mut inner = Reading::within(members, format!("{}{name}.", self.at), known);
        let done = read(&mut inner);
        let room = limits::WRONG_PARTS_NAMED.saturating_sub(self.noted.len());
        self.noted.extend(inner.noted.into_iter().take(room));
        done
    }
}

/// Whether a text is a language of ISO 639.
pub fn is_language(text: &str) -> bool {
    (2..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase())
}
