use std::collections::HashMap;

use aws::dynamodb::AttributeValue;
use aws_sdk_dynamodb::types as sdk;

/// An item with an attribute of every type that the gateway has, and some that it has not.
pub(crate) fn item() -> aws::dynamodb::Item {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    HashMap::from([
        ("pk".to_owned(), text("é\"\\\u{1}")),
        ("n".to_owned(), AttributeValue::N("12.50".to_owned())),
        ("yes".to_owned(), AttributeValue::Bool(true)),
        ("nothing".to_owned(), AttributeValue::Null(true)),
        ("set".to_owned(), AttributeValue::Ss(vec!["a".to_owned()])),
        ("nums".to_owned(), AttributeValue::Ns(vec!["1".to_owned()])),
        (
            "map".to_owned(),
            AttributeValue::M(HashMap::from([("in".to_owned(), text("x"))])),
        ),
        ("list".to_owned(), AttributeValue::L(vec![text("y")])),
    ])
}

/// The same in the SDK's types.
pub(crate) fn sdk_item() -> HashMap<String, sdk::AttributeValue> {
    let text = |text: &str| sdk::AttributeValue::S(text.to_owned());
    HashMap::from([
        ("pk".to_owned(), text("é\"\\\u{1}")),
        ("n".to_owned(), sdk::AttributeValue::N("12.50".to_owned())),
        ("yes".to_owned(), sdk::AttributeValue::Bool(true)),
        ("nothing".to_owned(), sdk::AttributeValue::Null(true)),
        (
            "set".to_owned(),
            sdk::AttributeValue::Ss(vec!["a".to_owned()]),
        ),
        (
            "nums".to_owned(),
            sdk::AttributeValue::Ns(vec!["1".to_owned()]),
        ),
        (
            "map".to_owned(),
            sdk::AttributeValue::M(HashMap::from([("in".to_owned(), text("x"))])),
        ),
        ("list".to_owned(), sdk::AttributeValue::L(vec![text("y")])),
    ])
}
