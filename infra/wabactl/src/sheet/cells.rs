//! What one cell says.

use std::fmt::Display;
use std::ops::RangeInclusive;

use domain::{InvalidPhone, PhoneNumber, Plan, limits};
use serde_json::Value;

use super::Column;

/// A number with its country code; spreadsheets like to drop the `+`. National numbers are refused, for the sheet does not say their country.
pub(super) fn international(typed: &str) -> Result<PhoneNumber, InvalidPhone> {
    let marked = typed.starts_with(['+', '\u{202a}']) || typed.starts_with("00");
    if marked {
        PhoneNumber::parse(typed, "SN")
    } else {
        PhoneNumber::parse(&format!("+{typed}"), "SN")
    }
}

pub(super) fn business_name(text: &str) -> Result<String, &'static str> {
    if text.chars().count() <= 120 && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("a business name has at most 120 characters and no line break")
    }
}

pub(super) fn instance_id(text: &str) -> Result<String, &'static str> {
    if text.len() <= 128 && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("an instance id has at most 128 visible ASCII characters and no space")
    }
}

/// The value of an optional column as the admin API takes it.
pub(super) fn optional(column: Column, text: &str) -> Result<Value, String> {
    match column {
        Column::Provider => word(text, &["wasender"], column),
        Column::Plan => word(text, &[Plan::Paid.as_str(), Plan::Trial.as_str()], column),
        Column::Language => language(text),
        Column::AutoReply => yes_or_no(text, "autoReply"),
        Column::AccountProtection => yes_or_no(text, "account protection"),
        Column::Jitter => yes_or_no(text, "jitter"),
        Column::AnswerGroups => yes_or_no(text, "answerGroups"),
        // A known vendor's cap goes by the word; an empty cell leaves it.
        Column::DailyCap if text.eq_ignore_ascii_case("none") => Ok(Value::Null),
        Column::DailyCap => number(text, 1..=limits::DAILY_CAP_MOST),
        Column::TypedPauseMinutes => number(text, 0..=limits::TYPED_PAUSE_MINUTES_MOST),
        _ => Ok(text.into()),
    }
}

fn language(text: &str) -> Result<Value, String> {
    let text = text.to_ascii_lowercase();
    let is_code = (2..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase());
    is_code
        .then(|| text.into())
        .ok_or_else(|| "language is a code of ISO 639, such as fr or en".to_owned())
}

fn yes_or_no(text: &str, what: impl Display) -> Result<Value, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true.into()),
        "false" => Ok(false.into()),
        _ => Err(format!("{what} is true or false")),
    }
}

fn word(text: &str, known: &[&str], column: Column) -> Result<Value, String> {
    let text = text.to_ascii_lowercase();
    if known.contains(&text.as_str()) {
        return Ok(text.into());
    }
    Err(format!("{} is {}", column.name(), known.join(" or ")))
}

fn number(text: &str, range: RangeInclusive<u32>) -> Result<Value, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    let (least, most) = (range.start(), range.end());
    number
        .map(Value::from)
        .ok_or_else(|| format!("it is a whole number from {least} to {most}"))
}
