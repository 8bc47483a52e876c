//! An answer as API Gateway wants it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde::ser::{SerializeMap as _, SerializeStruct as _};
use serde::{Serialize, Serializer};

use crate::Response;
use crate::body::Body;

/// An answer, written as payload 2.0 has it. A header that comes more than once is joined by commas.
#[derive(Debug)]
pub struct Answer(pub Response);

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut answer = serializer.serialize_struct("Answer", 4)?;
        answer.serialize_field("statusCode", &self.0.status().as_u16())?;
        answer.serialize_field("headers", &Headers(self.0.headers()))?;
        let encoded = match self.0.body() {
            Body::Binary(bytes) => Some(STANDARD.encode(bytes)),
            Body::Empty | Body::Text(_) => None,
        };
        let body = match (&encoded, self.0.body()) {
            (Some(encoded), _) => encoded,
            (None, Body::Text(text)) => text.as_str(),
            (None, _) => "",
        };
        answer.serialize_field("body", body)?;
        answer.serialize_field("isBase64Encoded", &encoded.is_some())?;
        answer.end()
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.keys_len()))?;
        for name in self.0.keys() {
            let values = self.0.get_all(name).iter();
            let values: Vec<_> = values
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            match values.as_slice() {
                [only] => map.serialize_entry(name.as_str(), only)?,
                several => map.serialize_entry(name.as_str(), &several.join(", "))?,
            }
        }
        map.end()
    }
}
