//! The documents, and what they hold.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../../docs/ENGINE_CONTRACT.md");

pub(crate) static REQUEST: LazyLock<Validator> = LazyLock::new(|| {
    compiled(include_str!(
        "../../../../docs/schemas/engine-request.v1.json"
    ))
});
pub(crate) static ANSWER: LazyLock<Validator> = LazyLock::new(|| {
    compiled(include_str!(
        "../../../../docs/schemas/engine-answer.v1.json"
    ))
});

fn compiled(schema: &str) -> Validator {
    let schema = serde_json::from_str(schema).expect("a schema is JSON");
    jsonschema::draft202012::new(&schema).expect("a schema of 2020-12")
}

/// What is wrong with a value, by a schema.
pub(crate) fn complaints(validator: &Validator, value: &Value) -> Vec<String> {
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect()
}

/// The document's blocks of JSON below a mark such as `<!-- request -->`.
pub(crate) fn examples(mark: &str) -> Vec<Value> {
    let mark = format!("<!-- {mark} -->\n```json\n");
    let blocks = DOCUMENT.split(&mark).skip(1);
    let block = |rest: &str| {
        let (block, _) = rest.split_once("\n```").expect("a block ends");
        serde_json::from_str(block).expect("an example is JSON")
    };
    let blocks: Vec<_> = blocks.map(block).collect();
    assert!(!blocks.is_empty(), "{mark} marks nothing");
    blocks
}
