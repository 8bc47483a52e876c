//! Outbound messages as items of the ledger.

use domain::reconcile::FollowUp;
use domain::{
    Content, Dispatch, GroupId, MessageId, Origin, Outbound, ProviderRef, VendorId, limits,
};
use jiff::{SignedDuration, Timestamp};

use super::item::{Item, Reader, Writer, b, json, key, ms, n, s, seconds};
use super::message_shard;
use crate::error::AwsError;

pub(super) fn message_pk(vendor: &VendorId, id: &MessageId) -> String {
    format!("{vendor}#{id}")
}

pub(super) fn message_key(vendor: &VendorId, id: &MessageId) -> Item {
    key(message_pk(vendor, id), "message")
}

fn open_send_key(message: &Outbound, begun_at: Timestamp) -> Item {
    let pk = super::conversations::conversation_pk(&message.vendor, &message.conversation);
    key(
        pk,
        &format!("open#{:013}#{}", begun_at.as_millisecond(), message.id),
    )
}

/// The mark by which an echo finds a send that no provider id is known for.
pub(super) fn open_send(message: &Outbound, now: Timestamp) -> Item {
    Writer::at(open_send_key(message, now))
        .with("messageId", s(message.id.as_str()))
        .with("content", json(&message.content))
        .with("begunAt", ms(now))
        .with("expiresAt", seconds(now + SignedDuration::from_hours(24)))
        .item()
}

/// A message as an item.
pub(super) fn write(message: &Outbound, now: Timestamp) -> Item {
    let (origin, epoch, in_reply_to) = match &message.origin {
        Origin::Automatic { epoch, in_reply_to } => ("automatic", Some(*epoch), Some(in_reply_to)),
        Origin::Staff => ("staff", None, None),
        Origin::Phone => ("phone", None, None),
    };
    let due_at = message.due_at(now);
    let pk = message_pk(&message.vendor, &message.id);
    Writer::at(message_key(&message.vendor, &message.id))
        .with("schema", n(1))
        .with("direction", s("outbound"))
        .with("vendorId", s(message.vendor.as_str()))
        .with("listKey", s(&message.order))
        .with("wabaId", s(message.waba.as_str()))
        .with("conversationId", s(message.conversation.as_str()))
        .with("contact", json(&message.to))
        .with("group", message.group.as_ref().map(|group| s(&group.0)))
        .with("content", json(&message.content))
        .with(
            "replyTo",
            message.reply_to.as_ref().map(|id| s(id.as_str())),
        )
        .with("quotes", message.quote.as_ref().map(|id| s(id.as_str())))
        .with("origin", s(origin))
        .with("originEpoch", epoch.map(n))
        .with("inReplyTo", in_reply_to.map(|id| s(id.as_str())))
        .with("dispatch", s(message.dispatch.as_str()))
        .with("delivery", n(message.delivery.rank()))
        .with("generation", n(message.generation))
        .with("undispatched", b(message.undispatched))
        .with("attempts", n(message.attempts))
        .with("listed", b(message.listed))
        .with(
            "keyId",
            message.reference.key_id.as_ref().map(|id| s(id.as_str())),
        )
        .with("msgId", message.reference.msg_id.map(n))
        .with(
            "retryOf",
            message.follow_up.retry_of.as_ref().map(|id| s(id.as_str())),
        )
        .with("askedBy", message.asked_by.as_deref().map(s))
        .with("notBefore", message.not_before.map(ms))
        .with("createdAt", ms(message.created_at))
        .with("revision", n(message.revision))
        .with("dueShard", due_at.map(|_| s(message_shard(&pk))))
        .with("dueAt", due_at.map(ms))
        .with(
            "expiresAt",
            seconds(message.created_at + SignedDuration::from_hours(24 * limits::MESSAGE_DAYS)),
        )
        .item()
}

/// A message from its item.
pub(super) fn read(item: &Item) -> Result<Outbound, AwsError> {
    let from = Reader::new(item, "reading an outbound message");
    let origin = match from.text("origin")? {
        "automatic" => Origin::Automatic {
            epoch: from.number("originEpoch")?,
            in_reply_to: from.parsed("inReplyTo")?,
        },
        "staff" => Origin::Staff,
        "phone" => Origin::Phone,
        _ => return Err(from.unreadable()),
    };
    Ok(Outbound {
        id: MessageId::parse(from.text("pk")?.rsplit('#').next().unwrap_or_default())
            .map_err(|_| from.unreadable())?,
        vendor: from.parsed("vendorId")?,
        waba: from.parsed("wabaId")?,
        conversation: from.parsed("conversationId")?,
        to: from.json("contact")?,
        group: from.text_opt("group").map(|id| GroupId(id.to_owned())),
        content: from.json::<Content>("content")?,
        reply_to: from.parsed_opt("replyTo"),
        quote: from.parsed_opt("quotes"),
        quoted: from.flag_opt("quoted"),
        origin,
        dispatch: Dispatch::parse(from.text("dispatch")?).ok_or_else(|| from.unreadable())?,
        delivery: domain::Delivery::from_rank(from.number("delivery")?)
            .ok_or_else(|| from.unreadable())?,
        failure: from.text_opt("failure").map(str::to_owned),
        generation: from.number("generation")?,
        undispatched: from.flag("undispatched"),
        attempts: from.number("attempts")?,
        listed: from.flag("listed"),
        lane_epoch: from.number_opt("laneEpoch"),
        lease_until: from.time_opt("leaseUntil"),
        not_before: from.time_opt("notBefore"),
        expires: from.time_opt("expires"),
        reference: ProviderRef {
            key_id: from.parsed_opt("keyId"),
            msg_id: from.number_opt("msgId"),
        },
        follow_up: FollowUp {
            begun_at: from.time_opt("begunAt"),
            looks: from.number_opt("looks").unwrap_or_default(),
            discarded_at: from.time_opt("discardedAt"),
            restored_at: from.time_opt("restoredAt"),
            retry_of: from.parsed_opt("retryOf"),
            retried_by: from.parsed_opt("retriedBy"),
        },
        created_at: from.time("createdAt")?,
        order: from.text("listKey")?.to_owned(),
        revision: from.number("revision")?,
        asked_by: from.text_opt("askedBy").map(str::to_owned),
    })
}
