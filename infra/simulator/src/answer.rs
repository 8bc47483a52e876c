//! Wasender's answers: one success form, two error forms, and the framework's own for what never reached it.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Map, Value, json};

/// Field errors of a request, in the order of field names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldErrors(BTreeMap<String, Vec<String>>);

impl FieldErrors {
    pub(crate) fn one(field: &str, text: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, text);
        errors
    }

    pub(crate) fn add(&mut self, field: &str, text: impl Into<String>) {
        self.0
            .entry(field.to_owned())
            .or_default()
            .push(text.into());
    }

    pub(crate) fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    #[cfg(test)]
    pub(crate) fn fields(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

impl IntoResponse for FieldErrors {
    fn into_response(self) -> Response {
        let body = json!({"success": false, "message": "Validation failed", "errors": self.0});
        (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
    }
}

/// Put on a response that must never be written: the connection is closed in its place.
#[derive(Clone, Copy)]
pub(crate) struct HangUp;

pub(crate) fn hang_up() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.extensions_mut().insert(HangUp);
    response
}

pub(crate) fn data(data: Value) -> Response {
    let success = [
        ("success".to_owned(), Value::Bool(true)),
        ("data".to_owned(), data),
    ];
    Json(Map::from_iter(success)).into_response()
}

/// A success that has something to add.
pub(crate) fn data_with(data: &Value, warning: Option<&str>) -> Response {
    let mut body = json!({"success": true, "data": data});
    if let Some(warning) = warning {
        body["warning"] = json!(warning);
    }
    Json(body).into_response()
}

/// A success that says so in words.
pub(crate) fn said(message: &str) -> Response {
    Json(json!({"success": true, "message": message})).into_response()
}

/// The error form of sending, signing in and validating.
pub(crate) fn message(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"success": false, "message": message}))).into_response()
}

/// The error form of sessions and LID look-ups.
pub(crate) fn error(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"success": false, "error": error}))).into_response()
}

/// The framework's own errors, which have no `success`.
pub(crate) fn bare(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"message": message}))).into_response()
}

pub(crate) fn invalid_api_key() -> Response {
    message(StatusCode::UNAUTHORIZED, "Invalid API key")
}

pub(crate) fn not_connected() -> Response {
    message(
        StatusCode::BAD_REQUEST,
        "Your Whatsapp Session is not connected please connect your session first.",
    )
}

/// `retry_after` in whole seconds. This body has no `success` either.
pub(crate) fn too_many(text: &str, retry_after: u64) -> Response {
    (
        StatusCode::TOO_MANY_REQUESTS,
        Json(json!({"message": text, "retry_after": retry_after})),
    )
        .into_response()
}

/// A moment as the `Date` header has it.
pub(crate) fn date(at: Timestamp) -> HeaderValue {
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&at);
    text.ok()
        .and_then(|text| HeaderValue::try_from(text).ok())
        .unwrap_or(HeaderValue::from_static(""))
}

/// A failure of the simulator itself, such as a full disk; the cause goes to the log.
pub(crate) fn broken(cause: &anyhow::Error) -> Response {
    tracing::error!(
        cause = format!("{cause:#}"),
        "the simulator could not keep an operation"
    );
    bare(StatusCode::INTERNAL_SERVER_ERROR, "Server Error")
}

/// A request body as the framework reads it: what is not a JSON object counts as empty.
pub(crate) fn object(body: &[u8]) -> Map<String, Value> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}
