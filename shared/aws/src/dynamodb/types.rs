use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// The attributes of an item, or of a key.
pub type Item = HashMap<String, AttributeValue>;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AttributeValue {
    S(String),
    /// A number, in decimal.
    N(String),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "NULL")]
    Null(bool),
    #[serde(rename = "SS")]
    Ss(Vec<String>),
    #[serde(rename = "NS")]
    Ns(Vec<String>),
    M(Item),
    L(Vec<Self>),
    /// Bytes, in base 64.
    B(String),
    #[serde(rename = "BS")]
    Bs(Vec<String>),
}

impl AttributeValue {
    /// `None` if it is no text.
    pub fn as_s(&self) -> Option<&String> {
        match self {
            Self::S(text) => Some(text),
            _ => None,
        }
    }

    /// `None` if it is no number.
    pub fn as_n(&self) -> Option<&String> {
        match self {
            Self::N(number) => Some(number),
            _ => None,
        }
    }

    /// `None` if it is not true or false.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// `None` if it is no set of texts.
    pub fn as_ss(&self) -> Option<&Vec<String>> {
        match self {
            Self::Ss(texts) => Some(texts),
            _ => None,
        }
    }
}

/// Which attributes a change answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReturnValue {
    AllOld,
    AllNew,
    UpdatedNew,
}

/// What is read of a table in a batch.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeysAndAttributes {
    pub keys: Vec<Item>,
    pub consistent_read: bool,
}

/// What is written to a table in a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WriteRequest {
    #[serde(rename_all = "PascalCase")]
    DeleteRequest { key: Item },
}

/// A part of a transaction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum TransactWriteItem {
    Put(Part),
    Update(Part),
    Delete(Part),
    ConditionCheck(Part),
}

/// The members of a part of a transaction, of which each kind has its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Part {
    pub table_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition_expression: Option<String>,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    pub expression_attribute_names: HashMap<String, String>,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    pub expression_attribute_values: Item,
}
