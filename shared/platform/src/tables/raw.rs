use aws::dynamodb::AttributeValue;
use domain::VendorId;
use serde_json::{Map, Value, json};

use super::item::Item;
use super::vendors::{VendorRow, read_config, read_instance};
use crate::error::AwsError;

/// A vendor's record as the tables hold it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VendorItems {
    pub(super) config: Item,
    pub(super) numbers: Vec<Item>,
}

impl VendorItems {
    pub(crate) fn row(&self) -> Result<VendorRow, AwsError> {
        Ok(VendorRow {
            config: read_config(&self.config)?,
            instances: self
                .numbers
                .iter()
                .map(read_instance)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Whether every item is of this vendor.
    pub(crate) fn is_of(&self, vendor: &VendorId) -> bool {
        let pk = AttributeValue::S(vendor.as_str().to_owned());
        let mut items = self.numbers.iter().chain([&self.config]);
        items.all(|item| item.get("pk") == Some(&pk))
    }

    /// `None` if an attribute is of a type that no record has.
    pub(crate) fn to_json(&self) -> Option<Value> {
        let numbers: Option<Vec<_>> = self.numbers.iter().map(to_json).collect();
        Some(json!({ "config": to_json(&self.config)?, "numbers": numbers? }))
    }

    pub(crate) fn from_json(record: &Value) -> Option<Self> {
        let numbers: Option<_> = record["numbers"]
            .as_array()?
            .iter()
            .map(from_json)
            .collect();
        Some(Self {
            config: from_json(&record["config"])?,
            numbers: numbers?,
        })
    }
}

fn to_json(item: &Item) -> Option<Value> {
    let attribute = |value: &AttributeValue| match value {
        AttributeValue::S(text) => Some(json!({ "S": text })),
        AttributeValue::N(number) => Some(json!({ "N": number })),
        AttributeValue::Bool(flag) => Some(json!({ "BOOL": flag })),
        _ => None,
    };
    let attributes = item
        .iter()
        .map(|(name, value)| Some((name.clone(), attribute(value)?)));
    attributes.collect::<Option<Map<_, _>>>().map(Value::from)
}

fn from_json(item: &Value) -> Option<Item> {
    let attribute = |value: &Value| {
        let (kind, value) = value.as_object()?.iter().next()?;
        match kind.as_str() {
            "S" => Some(AttributeValue::S(value.as_str()?.to_owned())),
            "N" => Some(AttributeValue::N(value.as_str()?.to_owned())),
            "BOOL" => Some(AttributeValue::Bool(value.as_bool()?)),
            _ => None,
        }
    };
    let attributes = item.as_object()?.iter();
    attributes
        .map(|(name, value)| Some((name.clone(), attribute(value)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn items() -> VendorItems {
        let of = |attributes: &[(&str, AttributeValue)]| {
            let owned =
                |(name, value): &(&str, AttributeValue)| ((*name).to_owned(), value.clone());
            attributes.iter().map(owned).collect::<HashMap<_, _>>()
        };
        let pk = ("pk", AttributeValue::S("v1".to_owned()));
        VendorItems {
            config: of(&[pk.clone(), ("active", AttributeValue::Bool(true))]),
            numbers: vec![of(&[pk, ("createdAt", AttributeValue::N("17".to_owned()))])],
        }
    }

    #[test]
    fn a_record_comes_out_as_it_went_in() {
        let kept = items().to_json().unwrap();
        assert_eq!(VendorItems::from_json(&kept), Some(items()));
        assert!(items().is_of(&VendorId::parse("v1").unwrap()));
        assert!(!items().is_of(&VendorId::parse("v2").unwrap()));
    }

    #[test]
    fn what_is_no_record_is_none() {
        for text in [
            "null",
            "[]",
            r#"{"config":{}}"#,
            r#"{"config":{"pk":"v1"},"numbers":[]}"#,
            r#"{"config":{"pk":{"X":1}},"numbers":[]}"#,
            r#"{"config":{},"numbers":[7]}"#,
        ] {
            let value = serde_json::from_str(text).unwrap();
            assert_eq!(VendorItems::from_json(&value), None, "{text}");
        }
    }
}
