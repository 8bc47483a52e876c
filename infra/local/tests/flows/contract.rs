//! Every answer of the admin API that the suite sees is held to `docs/openapi.yaml`: its status, its content type, its members.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::world::Answer;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(admin::OPENAPI).expect("the description is JSON"));

/// What was compiled, by where it stands in the description.
static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> =
    LazyLock::new(Mutex::default);

/// Panics unless the description has such an answer.
#[track_caller]
pub(crate) fn holds(method: &str, path: &str, answer: &Answer) {
    if is_of_api_gateway(answer) {
        return;
    }
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let Some((template, item)) = described(path) else {
        let is_none = matches!(answer.status, 401 | 404);
        assert!(is_none, "{method} {path} is not described");
        return;
    };
    let operation = &item[method.to_ascii_lowercase()];
    if operation.is_null() {
        assert!(
            matches!(answer.status, 401 | 405 | 413 | 429),
            "{method} {template} is not described, and was answered {}",
            answer.status
        );
        return;
    }
    let at = format!("{method} {template} {}", answer.status);
    let response = resolved(&operation["responses"][answer.status.to_string()]);
    assert!(
        response.is_object(),
        "{at} is not described: {}",
        answer.text
    );
    let Some(content) = response["content"].as_object() else {
        assert!(answer.text.is_empty(), "{at} is described without a body");
        return;
    };
    let kind = answer.content_type.split(';').next().unwrap_or_default();
    let media = content.get(kind).unwrap_or_else(|| {
        panic!(
            "{at} is described as {:?}, and came as {kind:?}",
            content.keys()
        )
    });
    if kind.ends_with("json") {
        let errors: Vec<_> = validator(&at, &media["schema"])
            .iter_errors(&answer.json)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(
            errors.is_empty(),
            "{at} is not as described: {errors:#?}\n{}",
            answer.text
        );
    }
}

/// Whether API Gateway answered in a function's place, in its own form.
fn is_of_api_gateway(answer: &Answer) -> bool {
    let members = answer.json.as_object().map(|members| members.keys());
    let is_its_form = members.is_some_and(|names| names.eq(["message"]));
    is_its_form && matches!(answer.status, 404 | 413 | 429 | 500 | 503)
}

/// The path's entry; fixed parts go before parameters.
fn described(path: &str) -> Option<(&'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object()?.iter();
    let matching = paths.filter(|(template, _)| is_formed_like(template, path));
    let fewest = |(template, _): &(&String, &Value)| template.matches('{').count();
    let (template, item) = matching.min_by_key(fewest)?;
    Some((template, item))
}

fn is_formed_like(template: &str, path: &str) -> bool {
    let (mut expected, mut parts) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), parts.next()) {
            (None, None) => return true,
            (Some(expected), Some(part)) if expected == part => {}
            (Some(expected), Some(_)) if expected.starts_with('{') => {}
            _ => return false,
        }
    }
}

fn resolved(value: &'static Value) -> &'static Value {
    value["$ref"].as_str().map_or(value, resolved_from)
}

fn resolved_from(reference: &str) -> &'static Value {
    let found = DOCUMENT.pointer(reference.trim_start_matches('#'));
    found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

fn validator(at: &str, schema: &Value) -> &'static Validator {
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let compiled = || {
        let mut whole = schema.clone();
        close(&mut whole);
        let mut components = DOCUMENT["components"].clone();
        close(&mut components);
        whole["components"] = components;
        let compiled = jsonschema::draft202012::new(&whole);
        let validator =
            compiled.unwrap_or_else(|error| panic!("{at} has no usable schema: {error}"));
        &*Box::leak(Box::new(validator))
    };
    validators.entry(at.to_owned()).or_insert_with(compiled)
}

/// Objects whose members are listed have no others: what an answer has and the description lacks is found too.
fn close(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Object(members) => {
            if let Some(parts) = members.remove("allOf") {
                join(members, &parts);
            }
            let is_listed = members.get("properties").is_some_and(Value::is_object);
            let words = ["additionalProperties", "anyOf", "oneOf", "$ref"];
            let is_open = words.into_iter().any(|word| members.contains_key(word));
            if is_listed && !is_open {
                members.insert("additionalProperties".to_owned(), false.into());
            }
            members.values_mut().for_each(close);
        }
        _ => {}
    }
}

/// Makes one object of the parts of an `allOf`: each alone would refuse the members of the others.
fn join(whole: &mut Map<String, Value>, parts: &Value) {
    for part in parts.as_array().into_iter().flatten() {
        let mut part = part.clone();
        while let Some(reference) = part["$ref"].as_str() {
            part = resolved_from(reference).clone();
        }
        let Value::Object(mut part) = part else {
            continue;
        };
        if let Some(inner) = part.remove("allOf") {
            join(&mut part, &inner);
        }
        for (word, value) in part {
            match (whole.get_mut(&word), value) {
                (Some(Value::Object(all)), Value::Object(more)) => all.extend(more),
                (Some(Value::Array(all)), Value::Array(more)) => all.extend(more),
                (_, value) => {
                    whole.insert(word, value);
                }
            }
        }
    }
}
