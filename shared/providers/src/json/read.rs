use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Json;

/// How deep arrays and objects may lie in each other. Real webhooks stay under 20.
const DEPTH: usize = 64;

/// How many values a body may hold. A first synchronisation of 5,000 contacts has some 50,000.
const VALUES: usize = 250_000;

/// Why a text is no JSON that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Syntax { line: usize, column: usize },
    TooDeep,
    TooManyValues,
}

pub(super) fn read(text: &str) -> Result<Json<'_>, Unreadable> {
    let budget = Budget::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let seed = Seed {
        budget: &budget,
        depth: 0,
    };
    let root = seed.deserialize(&mut reader);
    let root = root.and_then(|root| reader.end().map(|()| root));
    root.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        budget
            .exceeded
            .get()
            .unwrap_or(Unreadable::Syntax { line, column })
    })
}

/// What one body may cost.
#[derive(Default)]
struct Budget {
    values: Cell<usize>,
    exceeded: Cell<Option<Unreadable>>,
}

impl Budget {
    fn refuse<E: Error>(&self, reason: Unreadable) -> E {
        self.exceeded.set(Some(reason));
        E::custom("over the budget")
    }
}

#[derive(Clone, Copy)]
struct Seed<'b> {
    budget: &'b Budget,
    depth: usize,
}

impl Seed<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH {
            return Err(self.budget.refuse(Unreadable::TooDeep));
        }
        let depth = self.depth + 1;
        Ok(Self { depth, ..self })
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Json<'de>, D::Error> {
        let values = self.budget.values.get() + 1;
        if values > VALUES {
            return Err(self.budget.refuse(Unreadable::TooManyValues));
        }
        self.budget.values.set(values);
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Integer(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no number that we use is that large"
    )]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(i64::try_from(value).map_or(Json::Real(value as f64), Json::Integer))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Real(value))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Json<'de>, A::Error> {
        let inside = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = array.next_element_seed(inside)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json<'de>, A::Error> {
        let inside = self.deeper()?;
        let mut fields = Vec::new();
        while let Some(Name(name)) = object.next_key()? {
            fields.push((name, object.next_value_seed(inside)?));
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn sixty_four_levels_are_read_and_one_more_is_not() {
        assert!(read(&nested(DEPTH)).is_ok());
        assert_eq!(read(&nested(DEPTH + 1)).unwrap_err(), Unreadable::TooDeep);
        let bomb = r#"{"a":"#.repeat(500_000);
        assert_eq!(read(&bomb).unwrap_err(), Unreadable::TooDeep);
    }

    #[test]
    fn a_body_of_very_many_values_is_refused_before_it_is_held() {
        let flood = format!("[{}0]", "0,".repeat(2_500_000));
        assert_eq!(read(&flood).unwrap_err(), Unreadable::TooManyValues);
    }

    #[test]
    fn what_follows_the_value_is_refused() {
        for text in ["", "{", "{}x", "{} {}", "{'a':1}", "nul", "\"\u{1}\""] {
            assert!(
                matches!(read(text), Err(Unreadable::Syntax { .. })),
                "{text}"
            );
        }
    }
}
