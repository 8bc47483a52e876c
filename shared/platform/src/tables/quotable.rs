use domain::{Contact, Dispatch, GroupId, MessageId, ProviderMessageId, VendorId, WabaId};

use super::Tables;
use super::item::Reader;
use super::outbound_item::message_key;
use crate::error::AwsError;

/// A message of either direction, as far as another one that quotes it must know it.
#[derive(Clone, Debug)]
pub struct Quotable {
    pub waba: WabaId,
    /// Who wrote it, or to whom it went.
    pub contact: Contact,
    pub group: Option<GroupId>,
    /// WhatsApp's id.
    pub key_id: Option<ProviderMessageId>,
    /// The provider's number, which is what a quote names.
    pub msg_id: Option<i64>,
    /// Whether the number may still become known.
    pub is_open: bool,
}

impl Tables {
    /// A message to quote, whoever wrote it.
    pub async fn quotable(
        &self,
        vendor: &VendorId,
        id: &MessageId,
    ) -> Result<Option<Quotable>, AwsError> {
        const WHAT: &str = "reading a message to quote";
        let key = message_key(vendor, id);
        let Some(item) = self.get(WHAT, &self.names.messages, key).await? else {
            return Ok(None);
        };
        let from = Reader::new(&item, WHAT);
        let dispatch = from.text_opt("dispatch").and_then(Dispatch::parse);
        let group = from.text_opt("group").or_else(|| from.text_opt("groupId"));
        Ok(Some(Quotable {
            waba: from.parsed("wabaId")?,
            contact: from.json("contact")?,
            group: group.map(|id| GroupId(id.to_owned())),
            key_id: from.parsed_opt("keyId"),
            msg_id: from.number_opt("msgId"),
            is_open: dispatch
                .is_some_and(|dispatch| dispatch.is_open() || dispatch == Dispatch::Unknown),
        }))
    }
}
