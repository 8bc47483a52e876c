//! What the function is given: the reference event, and others made of it.

use anyhow::{Context as _, Result};
use serde_json::Value;

const REFERENCE: &str = include_str!("../../../events/api/messages-text.json");
const STATUS: &str = include_str!("../../../events/api/status-delivered.json");
const FORGED: &str = include_str!("../../../events/api/messages-bad-signature.json");

/// One customer's message, signed. A `number` makes it another message, and another vendor's if it is asked for.
pub(crate) struct Message {
    event: Value,
}

impl Message {
    pub(crate) fn reference() -> Result<Self> {
        let event = serde_json::from_str(REFERENCE)?;
        Ok(Self { event })
    }

    /// As it is in the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.event.to_string().into_bytes()
    }

    /// So many messages, each with an id of its own.
    pub(crate) fn many(&self, events: u32) -> Result<Vec<Vec<u8>>> {
        let body = self.event["body"].as_str().context("a body")?;
        let numbered = |number: u32| {
            let mut event = self.event.clone();
            let id = format!("3EB0A1B2C3D4E5F{number:05}");
            event["body"] = body.replace("3EB0A1B2C3D4E5F60001", &id).into();
            event.to_string().into_bytes()
        };
        Ok((0..events).map(numbered).collect())
    }

    /// One message for each of so many vendors.
    pub(crate) fn of_vendors(&self, many: usize) -> Vec<Vec<u8>> {
        let text = self.event.to_string();
        let of = |number: usize| text.replace("vendor_001", &format!("vendor_{number:05}"));
        (0..many).map(|number| of(number).into_bytes()).collect()
    }
}

/// A message with another vendor's signature.
pub(crate) fn forged() -> Vec<u8> {
    FORGED.as_bytes().to_vec()
}

/// What became of a message that was sent.
pub(crate) fn status() -> Vec<u8> {
    STATUS.as_bytes().to_vec()
}
