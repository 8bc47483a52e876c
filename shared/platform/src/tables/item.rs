//! Reading and writing DynamoDB items, and changes to them, without repeating its requests.

use std::collections::HashMap;

use aws::dynamodb::{AttributeValue, Part, TransactWriteItem, UpdateItem};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::AwsError;

pub(crate) use aws::dynamodb::Item;

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "numbers are small, and `map(n)` reads well"
)]
pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(crate) fn b(value: bool) -> AttributeValue {
    AttributeValue::Bool(value)
}

/// A moment in milliseconds.
pub(crate) fn ms(at: Timestamp) -> AttributeValue {
    n(at.as_millisecond())
}

/// A moment in whole seconds, which is what DynamoDB's expiry wants.
pub(crate) fn seconds(at: Timestamp) -> AttributeValue {
    n(at.as_second())
}

/// A value kept as JSON text, because nothing but this gateway looks inside.
pub(crate) fn json(value: &impl Serialize) -> AttributeValue {
    s(serde_json::to_string(value).expect("our values have only text keys"))
}

pub(crate) fn key(pk: impl Into<String>, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))])
}

/// An item being read. What is missing or of another type is an error that names nothing of the item's content.
pub(crate) struct Reader<'a> {
    item: &'a Item,
    what: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(item: &'a Item, what: &'static str) -> Self {
        Self { item, what }
    }

    pub(crate) fn unreadable(&self) -> AwsError {
        AwsError::unreadable(self.what)
    }

    pub(crate) fn text_opt(&self, name: &str) -> Option<&'a str> {
        self.item.get(name)?.as_s().map(String::as_str)
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'a str, AwsError> {
        self.text_opt(name).ok_or_else(|| self.unreadable())
    }

    pub(crate) fn number_opt<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.item.get(name)?.as_n()?.parse().ok()
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, AwsError> {
        self.number_opt(name).ok_or_else(|| self.unreadable())
    }

    pub(crate) fn flag_opt(&self, name: &str) -> Option<bool> {
        self.item.get(name)?.as_bool()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.flag_opt(name).unwrap_or_default()
    }

    pub(crate) fn time_opt(&self, name: &str) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.number_opt(name)?).ok()
    }

    pub(crate) fn time(&self, name: &str) -> Result<Timestamp, AwsError> {
        self.time_opt(name).ok_or_else(|| self.unreadable())
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, AwsError> {
        serde_json::from_str(self.text(name)?).map_err(|_| self.unreadable())
    }

    /// Reads JSON that may be absent.
    pub(crate) fn json_or_default<T: DeserializeOwned + Default>(
        &self,
        name: &str,
    ) -> Result<T, AwsError> {
        match self.text_opt(name) {
            Some(text) => serde_json::from_str(text).map_err(|_| self.unreadable()),
            None => Ok(T::default()),
        }
    }

    /// Reads a set of texts; one that is absent is empty.
    pub(crate) fn texts(&self, name: &str) -> &'a [String] {
        let set = self.item.get(name).and_then(|value| value.as_ss());
        set.map_or(&[], Vec::as_slice)
    }

    /// Reads a text that must be an id or another parsed type.
    pub(crate) fn parsed<T: TryFrom<String>>(&self, name: &str) -> Result<T, AwsError> {
        T::try_from(self.text(name)?.to_owned()).map_err(|_| self.unreadable())
    }

    pub(crate) fn parsed_opt<T: TryFrom<String>>(&self, name: &str) -> Option<T> {
        T::try_from(self.text_opt(name)?.to_owned()).ok()
    }
}

/// An item being written; `None` leaves the attribute out.
#[derive(Default)]
pub(crate) struct Writer(Item);

impl Writer {
    pub(crate) fn at(key: Item) -> Self {
        Self(key)
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Option<AttributeValue>>) -> Self {
        if let Some(value) = value.into() {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    /// Notes whose the item is, which begins its key: an erasure finds it by that.
    pub(crate) fn owned(self) -> Self {
        let owner = owner(&self.0);
        self.with("owner", owner)
    }

    pub(crate) fn item(self) -> Item {
        self.0
    }
}

/// The vendor that a key begins with.
fn owner(key: &Item) -> Option<AttributeValue> {
    let pk = key.get("pk")?.as_s()?;
    pk.split_once('#').map(|(vendor, _)| s(vendor))
}

/// A change of one item. Attribute names stand in conditions as `#name`, values that are not set by the change as `:name` bound with [`Change::bind`].
#[derive(Clone, Default)]
pub(crate) struct Change {
    pub(crate) table: String,
    pub(crate) key: Item,
    sets: Vec<String>,
    adds: Vec<String>,
    removes: Vec<String>,
    deletes: Vec<String>,
    condition: Option<String>,
    names: HashMap<String, String>,
    values: Item,
}

impl Change {
    pub(crate) fn of(table: &str, key: Item) -> Self {
        Self {
            table: table.to_owned(),
            key,
            ..Self::default()
        }
    }

    fn name(&mut self, name: &str) -> String {
        let alias = format!("#{name}");
        self.names.insert(alias.clone(), name.to_owned());
        alias
    }

    /// Sets an attribute; `None` removes it.
    pub(crate) fn set(mut self, name: &str, value: impl Into<Option<AttributeValue>>) -> Self {
        let alias = self.name(name);
        match value.into() {
            Some(value) => {
                self.sets.push(format!("{alias} = :{name}"));
                self.values.insert(format!(":{name}"), value);
            }
            None => self.removes.push(alias),
        }
        self
    }

    /// Raises the revision that was read, on the condition that nobody raised it since; 0 is that there was no item.
    pub(crate) fn next_after(self, revision: u64) -> Self {
        let change = self.set("revision", n(revision + 1));
        if revision == 0 {
            return change.when("attribute_not_exists(pk)");
        }
        let change = change.when("#revision = :before");
        change.bind("before", n(revision))
    }

    /// Sets an attribute that the item does not have yet.
    pub(crate) fn set_if_absent(mut self, name: &str, value: AttributeValue) -> Self {
        let alias = self.name(name);
        self.sets
            .push(format!("{alias} = if_not_exists({alias}, :{name})"));
        self.values.insert(format!(":{name}"), value);
        self
    }

    /// Sets an attribute that the item does not have yet to what another one of it was before this change.
    pub(crate) fn keep_first(mut self, name: &str, of: &str) -> Self {
        let (alias, of) = (self.name(name), self.name(of));
        self.sets
            .push(format!("{alias} = if_not_exists({alias}, {of})"));
        self
    }

    pub(crate) fn add(mut self, name: &str, amount: i64) -> Self {
        let alias = self.name(name);
        self.adds.push(format!("{alias} :{name}"));
        self.values.insert(format!(":{name}"), n(amount));
        self
    }

    /// Adds texts to a set, which begins with them if there is none.
    pub(crate) fn join(mut self, name: &str, texts: Vec<String>) -> Self {
        let alias = self.name(name);
        self.adds.push(format!("{alias} :{name}"));
        self.bind(name, AttributeValue::Ss(texts))
    }

    /// Takes texts out of a set.
    pub(crate) fn leave(mut self, name: &str, texts: Vec<String>) -> Self {
        let alias = self.name(name);
        self.deletes.push(format!("{alias} :{name}"));
        self.bind(name, AttributeValue::Ss(texts))
    }

    pub(crate) fn when(mut self, condition: &str) -> Self {
        let mut rest = condition;
        while let Some(start) = rest.find('#') {
            let name: String = rest[start + 1..]
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            rest = &rest[start + 1..];
            self.name(&name);
        }
        self.condition = Some(condition.to_owned());
        self
    }

    pub(crate) fn bind(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(format!(":{name}"), value);
        self
    }

    /// Notes whose the item is, which begins its key: an erasure finds it by that.
    pub(crate) fn owned(self) -> Self {
        let owner = owner(&self.key);
        self.set("owner", owner)
    }

    /// Another item in its place as a part of a transaction, on the change's condition.
    pub(crate) fn replace_by(self, item: Item) -> TransactWriteItem {
        let mut part = self.part();
        part.key = None;
        part.item = Some(item);
        TransactWriteItem::Put(part)
    }

    /// The deletion of the item as a part of a transaction, on the change's condition.
    pub(crate) fn delete(self) -> TransactWriteItem {
        TransactWriteItem::Delete(self.part())
    }

    fn part(self) -> Part {
        Part {
            table_name: self.table,
            key: Some(self.key),
            condition_expression: self.condition,
            expression_attribute_names: self.names,
            expression_attribute_values: self.values,
            ..Part::default()
        }
    }

    fn expression(&self) -> String {
        let part = |verb: &str, parts: &[String]| {
            if parts.is_empty() {
                String::new()
            } else {
                format!("{verb} {} ", parts.join(", "))
            }
        };
        format!(
            "{}{}{}{}",
            part("SET", &self.sets),
            part("ADD", &self.adds),
            part("DELETE", &self.deletes),
            part("REMOVE", &self.removes)
        )
        .trim_end()
        .to_owned()
    }

    /// The change as a part of a transaction. A change that sets nothing is a condition check.
    pub(crate) fn transact(self) -> TransactWriteItem {
        let expression = self.expression();
        let mut part = self.part();
        if expression.is_empty() {
            return TransactWriteItem::ConditionCheck(part);
        }
        part.update_expression = Some(expression);
        TransactWriteItem::Update(part)
    }

    /// The change as a request of its own.
    pub(crate) fn request(self, client: &aws::dynamodb::Client) -> UpdateItem {
        let request = client
            .update_item()
            .update_expression(self.expression())
            .table_name(self.table)
            .key(self.key)
            .condition_expression(self.condition);
        let named = self.names.into_iter().fold(request, |request, (name, of)| {
            request.expression_attribute_names(name, of)
        });
        let values = self.values.into_iter();
        values.fold(named, |request, (name, value)| {
            request.expression_attribute_values(name, value)
        })
    }
}

/// A whole item put in a transaction on a condition.
pub(crate) fn put(table: &str, item: Item, condition: Option<&str>) -> TransactWriteItem {
    TransactWriteItem::Put(Part {
        table_name: table.to_owned(),
        item: Some(item),
        condition_expression: condition.map(str::to_owned),
        ..Part::default()
    })
}

/// An item removed in a transaction.
pub(crate) fn delete(table: &str, key: Item) -> TransactWriteItem {
    TransactWriteItem::Delete(Part {
        table_name: table.to_owned(),
        key: Some(key),
        ..Part::default()
    })
}
