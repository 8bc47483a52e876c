use std::collections::{BTreeMap, HashMap};

use aws::dynamodb::AttributeValue;
use domain::{Choice, Contact, Content, Dispatch, Failure, MessageId, Outbound, VendorId, WabaId};
use jiff::Timestamp;

use super::Tables;
use super::actions::ListedActions;
use super::changes::{Changes, changes};
use super::item::{Item, Reader, key, s};
use super::media::KeptMedia;
use super::outbound_item::{message_key, message_pk};
use crate::error::AwsError;

/// Whose messages a list holds.
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

/// A message of either direction, as lists show it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: MessageId,
    /// The vendor's number that it came to, or leaves from.
    pub waba: String,
    pub direction: Direction,
    pub status: &'static str,
    /// Why a message that is shown as failed did.
    pub failure: Option<Failure>,
    pub contact: Contact,
    pub content: Content,
    /// What became of its file, if it is fetched.
    pub media: Option<KeptMedia>,
    pub group: Option<String>,
    /// WhatsApp's id, or the provider's number while that is not known.
    pub provider_message_id: Option<String>,
    pub reply_to: Option<String>,
    /// Our id of the message that an outbound one is to quote, and whether it was sent with the quote.
    pub quote: Option<(MessageId, Option<bool>)>,
    /// What a text chose from a menu that was sent as one.
    pub choice: Option<Choice>,
    pub changes: Changes,
    pub intent: Option<String>,
    /// Why a message that came in was answered, or was not.
    pub outcome: Option<String>,
    /// What was wrong with the engine's answer to it.
    pub outcome_reason: Option<String>,
    /// What the vendor's other systems were to do.
    pub actions: Option<ListedActions>,
    pub occurred_at: Timestamp,
    pub received_at: Timestamp,
}

/// One page of a list, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    pub messages: Vec<Listed>,
    /// Where the next page begins: the last message's place.
    pub next: Option<(String, MessageId)>,
}

/// Items that one call looks at, and calls that one page may cost: a rare direction is looked for within this bound.
const LOOKED_AT: i32 = 100;
const CALLS: usize = 10;

impl Tables {
    /// A vendor's messages, newest first, from after `start`.
    pub async fn list(
        &self,
        vendor: &VendorId,
        direction: Option<Direction>,
        limit: usize,
        mut start: Option<(String, MessageId)>,
    ) -> Result<Page, AwsError> {
        let mut messages = Vec::new();
        for _ in 0..CALLS {
            let (answer, ended) = self.page(vendor, start.as_ref()).await?;
            for item in &answer {
                if messages.len() == limit {
                    return Ok(Page {
                        messages,
                        next: start,
                    });
                }
                start = Some(place(item)?);
                let listed = read(item)?;
                if direction.is_none_or(|wanted| wanted == listed.direction) {
                    messages.push(listed);
                }
            }
            if ended {
                return Ok(Page {
                    messages,
                    next: None,
                });
            }
        }
        Ok(Page {
            messages,
            next: start,
        })
    }

    /// One message of either direction as lists show it, and whole if it was to be sent.
    pub async fn message(
        &self,
        vendor: &VendorId,
        id: &MessageId,
    ) -> Result<Option<(Listed, Option<Outbound>)>, AwsError> {
        let key = message_key(vendor, id);
        let item = self.get("reading a message", &self.names.messages, key);
        item.await?.as_ref().map_or(Ok(None), whole)
    }

    /// When the newest message to one of a vendor's numbers came, as far as one reading finds one.
    pub async fn newest_inbound(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
    ) -> Result<Option<Timestamp>, AwsError> {
        let (items, _) = self.page(vendor, None).await?;
        let came = |item: &Item| {
            let from = Reader::new(item, "finding the newest message");
            let is_ours = from.text_opt("direction") == Some("inbound")
                && from.text_opt("wabaId") == Some(waba.as_str());
            is_ours.then(|| from.time("createdAt"))
        };
        items.iter().find_map(came).transpose()
    }

    /// How many of a vendor's newest messages are still on their way, by number and by what becomes of them, as far as one reading finds
    /// them.
    pub async fn on_their_way(
        &self,
        vendor: &VendorId,
    ) -> Result<BTreeMap<String, BTreeMap<&'static str, u32>>, AwsError> {
        let (items, _) = self.page(vendor, None).await?;
        let mut counted: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for item in &items {
            let from = Reader::new(item, "counting what is on its way");
            let dispatch = from.text_opt("dispatch").and_then(Dispatch::parse);
            let is_open = |dispatch: &Dispatch| {
                use Dispatch::{Parked, Queued, Sending, Unknown};
                matches!(dispatch, Queued | Parked | Sending | Unknown)
            };
            let open = dispatch.filter(is_open).map(Dispatch::as_str);
            if let Some((waba, open)) = from.text_opt("wabaId").zip(open) {
                let of_number = counted.entry(waba.to_owned()).or_default();
                *of_number.entry(open).or_default() += 1;
            }
        }
        Ok(counted)
    }

    async fn page(
        &self,
        vendor: &VendorId,
        start: Option<&(String, MessageId)>,
    ) -> Result<(Vec<Item>, bool), AwsError> {
        let request = self
            .client
            .query()
            .table_name(&self.names.messages)
            .index_name("by_vendor")
            .key_condition_expression("vendorId = :vendor")
            .expression_attribute_values(":vendor", s(vendor.as_str()))
            .scan_index_forward(false)
            .limit(LOOKED_AT)
            .exclusive_start_key(start.map(|(list_key, id)| start_key(vendor, list_key, id)));
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("listing messages", &error))?;
        // A page may be short of the limit because of its bytes; only the missing key says that it is the last.
        let ended = answer.last_evaluated_key.is_none();
        Ok((answer.items, ended))
    }
}

/// A message of either direction, and whole if it was to be sent.
pub(super) fn whole(item: &Item) -> Result<Option<(Listed, Option<Outbound>)>, AwsError> {
    let direction = Reader::new(item, "reading a message").text_opt("direction");
    let outbound =
        (direction == Some(Direction::Outbound.as_str())).then(|| super::outbound_item::read(item));
    match direction {
        // An echo that the queue refused is no message yet.
        Some("inbound" | "outbound") => Ok(Some((read(item)?, outbound.transpose()?))),
        _ => Ok(None),
    }
}

fn start_key(vendor: &VendorId, list_key: &str, id: &MessageId) -> HashMap<String, AttributeValue> {
    let mut start = key(message_pk(vendor, id), "message");
    start.insert("vendorId".to_owned(), s(vendor.as_str()));
    start.insert("listKey".to_owned(), s(list_key));
    start
}

fn place(item: &Item) -> Result<(String, MessageId), AwsError> {
    let from = Reader::new(item, "listing messages");
    let id = from
        .text("pk")?
        .rsplit('#')
        .next()
        .and_then(|id| MessageId::parse(id).ok())
        .ok_or_else(|| from.unreadable())?;
    Ok((from.text("listKey")?.to_owned(), id))
}

fn read(item: &Item) -> Result<Listed, AwsError> {
    let from = Reader::new(item, "listing messages");
    let (_, id) = place(item)?;
    let outbound = from.text("direction")? == "outbound";
    let received_at = from.time("createdAt")?;
    let status = if outbound {
        super::outbound_item::read(item)?.status()
    } else {
        inbound_status(&from)
    };
    let failure = from.text_opt("failure").filter(|_| status == "failed");
    Ok(Listed {
        id,
        waba: from.text("wabaId")?.to_owned(),
        direction: if outbound {
            Direction::Outbound
        } else {
            Direction::Inbound
        },
        status,
        failure: failure.map(Failure::read),
        contact: from.json("contact")?,
        content: from.json("content")?,
        group: from
            .text_opt("groupId")
            .or_else(|| from.text_opt("group"))
            .map(str::to_owned),
        media: super::media::kept(&from),
        provider_message_id: from.text_opt("keyId").map(str::to_owned).or_else(|| {
            from.number_opt::<i64>("msgId")
                .map(|number| number.to_string())
        }),
        reply_to: from.text_opt("replyTo").map(str::to_owned),
        quote: from
            .parsed_opt("quotes")
            .map(|id| (id, from.flag_opt("quoted"))),
        choice: from.json("choice").ok(),
        changes: changes(&from),
        intent: from.text_opt("intent").map(str::to_owned),
        outcome: from.text_opt("outcome").map(str::to_owned),
        outcome_reason: from.text_opt("outcomeReason").map(str::to_owned),
        actions: super::actions::listed(&from),
        occurred_at: from.time_opt("occurredAt").unwrap_or(received_at),
        received_at,
    })
}

/// An inbound message is `received`, then `answered` if it got replies or `handled` if it was decided to send none.
pub(super) fn inbound_status(from: &Reader<'_>) -> &'static str {
    let at_once = from.text_opt("replies").is_some_and(|ids| ids != "[]");
    // What its engine answers later is no part of its decision.
    let later = matches!(from.text_opt("outcome"), Some("answered" | "fallback"));
    match from.text_opt("state") {
        Some("decided") if at_once || later => "answered",
        Some("decided") => "handled",
        _ => "received",
    }
}
