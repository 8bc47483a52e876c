//! The admin API's requests that more than one caller makes, by name.

use domain::VendorId;
use serde_json::{Value, json};

use super::{AdminClient, Ask};
use crate::client_error::ClientError;
use crate::registration::Registration;

/// What registering a vendor did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    Created,
    Updated,
}

/// Which way a message went, seen from the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Inbound,
    Outbound,
}

impl Direction {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// A part of a list, as the gateway gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub items: Vec<Value>,
    /// Where the next part begins; `None` at the end of the list.
    pub next_cursor: Option<String>,
}

impl AdminClient {
    /// Creates a vendor with its number and secrets, or brings it up to date. It may be repeated.
    pub async fn register(&self, registration: &Registration) -> Result<Registered, ClientError> {
        let ask = Ask::post(&["vendors"]).json(&registration.body());
        match self.call(&ask.repeatable()).await?.status {
            201 => Ok(Registered::Created),
            200 => Ok(Registered::Updated),
            status => Err(ClientError::Unreadable { status }),
        }
    }

    /// Vendors from `cursor` on, or from the first.
    pub async fn vendors(&self, cursor: Option<&str>) -> Result<Page, ClientError> {
        let ask = Ask::get(&["vendors"]).query("cursor", cursor);
        self.page(&ask, "vendors").await
    }

    /// One vendor with its numbers, without secrets.
    pub async fn vendor(&self, id: &VendorId) -> Result<Value, ClientError> {
        let answer = self.call(&Ask::get(&["vendors", id.as_str()])).await?;
        let unreadable = ClientError::Unreadable {
            status: answer.status,
        };
        let body = Some(answer.body).filter(Value::is_object);
        body.ok_or(unreadable)
    }

    /// A vendor's messages, newest first, from `cursor` on; `limit` at most, and fewer if the gateway's pages are smaller.
    pub async fn messages(
        &self,
        id: &VendorId,
        direction: Option<Direction>,
        limit: Option<usize>,
        cursor: Option<&str>,
    ) -> Result<Page, ClientError> {
        let ask = Ask::get(&["vendors", id.as_str(), "messages"])
            .query("direction", direction.map(Direction::as_str))
            .query("limit", limit)
            .query("cursor", cursor);
        self.page(&ask, "messages").await
    }

    /// Queues a text to a customer and answers our id of the message. The same key and text again are the same message.
    pub async fn send(
        &self,
        id: &VendorId,
        to: &str,
        message: &str,
        idempotency_key: Option<&str>,
    ) -> Result<String, ClientError> {
        let body = json!({"to": to, "message": message});
        self.send_body(id, &body, idempotency_key).await
    }

    /// The same for a message of any kind, as the admin API takes it.
    pub async fn send_body(
        &self,
        id: &VendorId,
        body: &Value,
        idempotency_key: Option<&str>,
    ) -> Result<String, ClientError> {
        let ask = Ask::post(&["vendors", id.as_str(), "send-message"]).json(body);
        let ask = match idempotency_key {
            Some(key) => ask.idempotency_key(key),
            None => ask,
        };
        let answer = self.call(&ask).await?;
        let id = answer.body["messageId"].as_str().map(str::to_owned);
        id.ok_or(ClientError::Unreadable {
            status: answer.status,
        })
    }

    /// A part of a list: the items under `name`, and where the next part begins.
    pub async fn page(&self, ask: &Ask, name: &str) -> Result<Page, ClientError> {
        let mut answer = self.call(ask).await?;
        let Some(Value::Array(items)) = answer.body.get_mut(name).map(Value::take) else {
            let status = answer.status;
            return Err(ClientError::Unreadable { status });
        };
        let next_cursor = answer.body["nextCursor"].as_str().map(str::to_owned);
        Ok(Page { items, next_cursor })
    }

    /// A list to its end, or to `most` items.
    pub async fn list(
        &self,
        ask: &Ask,
        name: &str,
        most: usize,
    ) -> Result<Vec<Value>, ClientError> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        while items.len() < most {
            let part = ask.clone().query("cursor", cursor.as_deref());
            let page = self.page(&part, name).await?;
            items.extend(page.items);
            if page.next_cursor.is_none() || page.next_cursor == cursor {
                break;
            }
            cursor = page.next_cursor;
        }
        items.truncate(most);
        Ok(items)
    }
}
