//! What a `send-message` body must be, as documented for each kind.

use serde_json::{Map, Value};

use crate::answer::FieldErrors;
use crate::send_request::Kind;

pub(crate) fn check_recipient(
    body: &Map<String, Value>,
    allow_lid: bool,
    errors: &mut FieldErrors,
) -> String {
    let Some(to) = body
        .get("to")
        .and_then(Value::as_str)
        .filter(|to| !to.is_empty())
    else {
        errors.add("to", "The to field is required.");
        return String::new();
    };
    if !is_recipient(to, allow_lid) {
        errors.add(
            "to",
            "The to field must be a valid phone number, JID or username.",
        );
    }
    to.to_owned()
}

fn is_recipient(to: &str, allow_lid: bool) -> bool {
    let is_number = |digits: &str| (7..=15).contains(&digits.len()) && is_digits(digits);
    if let Some(handle) = to.strip_prefix('@') {
        return !handle.is_empty()
            && handle
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte));
    }
    match to.split_once('@') {
        None => is_number(to.strip_prefix('+').unwrap_or(to)),
        Some((name, "s.whatsapp.net" | "c.us")) => is_number(name),
        Some((name, "g.us")) => !name.is_empty() && name.split('-').all(is_digits),
        Some((name, "newsletter")) => is_digits(name),
        Some((name, "lid")) => allow_lid && is_digits(name),
        Some(_) => false,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn has(body: &Map<String, Value>, field: &str) -> bool {
    body.get(field).is_some_and(|value| !value.is_null())
}

pub(crate) fn find_kind(body: &Map<String, Value>, errors: &mut FieldErrors) -> Kind {
    let mut kinds = Kind::WITH_A_FIELD
        .into_iter()
        .filter(|kind| has(body, kind.field()));
    let kind = kinds.next().unwrap_or(Kind::Text);
    for other in kinds {
        errors.add(
            other.field(),
            format!(
                "The {} field can not be combined with {}.",
                other.field(),
                kind.field()
            ),
        );
    }
    kind
}

pub(crate) fn check_text(body: &Map<String, Value>, kind: Kind, errors: &mut FieldErrors) {
    match (body.get("text").filter(|text| !text.is_null()), kind) {
        (Some(Value::String(text)), Kind::Text) if text.trim().is_empty() => errors.add(
            "text",
            "The text field is required when no media is present.",
        ),
        (Some(Value::String(_)), Kind::Sticker) => {
            errors.add("text", "The text field is not allowed with stickerUrl.");
        }
        (Some(Value::String(_)), _) => {}
        (Some(_), _) => errors.add("text", "The text field must be a string."),
        (None, Kind::Text) => errors.add(
            "text",
            "The text field is required when no media is present.",
        ),
        (None, _) => {}
    }
}

pub(crate) fn check_content(body: &Map<String, Value>, kind: Kind, errors: &mut FieldErrors) {
    let content = body.get(kind.field()).unwrap_or(&Value::Null);
    match kind {
        Kind::Text => {}
        Kind::Contact => check_contact(content, errors),
        Kind::Location => check_location(content, errors),
        Kind::Poll => check_poll(content, errors),
        media => {
            let url = content.as_str().unwrap_or_default();
            if !["http://", "https://"]
                .iter()
                .any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
            {
                errors.add(
                    media.field(),
                    format!("The {} field must be a valid URL.", media.field()),
                );
            }
        }
    }
}

fn check_contact(contact: &Value, errors: &mut FieldErrors) {
    for field in ["name", "phone"] {
        if contact[field].as_str().is_none_or(str::is_empty) {
            errors.add(
                &format!("contact.{field}"),
                format!("The contact.{field} field is required."),
            );
        }
    }
}

fn check_location(location: &Value, errors: &mut FieldErrors) {
    for (field, limit) in [("latitude", 90.0), ("longitude", 180.0)] {
        if location[field]
            .as_f64()
            .is_none_or(|degrees| degrees.abs() > limit)
        {
            errors.add(
                &format!("location.{field}"),
                format!(
                    "The location.{field} field must be a number between -{limit} and {limit}."
                ),
            );
        }
    }
    for field in ["name", "address"] {
        if !location[field].is_null() && !location[field].is_string() {
            errors.add(
                &format!("location.{field}"),
                format!("The location.{field} field must be a string."),
            );
        }
    }
}

fn check_poll(poll: &Value, errors: &mut FieldErrors) {
    if poll["question"].as_str().is_none_or(str::is_empty) {
        errors.add("poll.question", "The poll.question field is required.");
    }
    let is_option = |option: &Value| option.as_str().is_some_and(|text| !text.is_empty());
    let options = poll["options"]
        .as_array()
        .filter(|options| (2..=12).contains(&options.len()));
    if !options.is_some_and(|options| options.iter().all(is_option)) {
        errors.add(
            "poll.options",
            "The poll.options field must have between 2 and 12 items.",
        );
    }
    if !poll["multiSelect"].is_null() && !poll["multiSelect"].is_boolean() {
        errors.add(
            "poll.multiSelect",
            "The poll.multiSelect field must be true or false.",
        );
    }
}

pub(crate) fn check_options(
    body: &Map<String, Value>,
    kind: Kind,
    to: &str,
    errors: &mut FieldErrors,
) {
    let view_once = body.get("viewOnce").unwrap_or(&Value::Null);
    if !view_once.is_null() && !view_once.is_boolean() {
        errors.add("viewOnce", "The viewOnce field must be true or false.");
    } else if view_once == &Value::Bool(true) && !kind.is_viewable_once() {
        errors.add(
            "viewOnce",
            "The viewOnce field needs an imageUrl, videoUrl or audioUrl.",
        );
    }
    if has(body, "replyTo") && !body["replyTo"].is_i64() {
        errors.add("replyTo", "The replyTo field must be an integer.");
    }
    if has(body, "mentions") {
        let is_jid = |jid: &Value| jid.as_str().is_some_and(|jid| jid.contains('@'));
        if !body["mentions"]
            .as_array()
            .is_some_and(|jids| jids.iter().all(is_jid))
        {
            errors.add("mentions", "The mentions field must be an array of JIDs.");
        } else if !to.ends_with("@g.us") {
            errors.add("mentions", "The mentions field needs a group as recipient.");
        }
    }
    if to.ends_with("@newsletter") && kind != Kind::Text {
        errors.add("to", "A channel takes text messages only.");
    }
}
