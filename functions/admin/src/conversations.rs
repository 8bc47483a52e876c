//! A vendor's conversations as the admin API shows them.

use domain::conversation::{Attendant, Conversation};
use domain::{ConversationId, Dispatch, Lid, Outbound, PhoneNumber, Priority, VendorId, limits};
use flows::problem::{self, Problem};
use http_api::Query;
use jiff::Timestamp;
use platform::tables::{ConversationPlace, KeptConversation};
use serde_json::{Value, json};

use crate::call::{Call, Scope};
use crate::listing::{bad_cursor, bad_query, limit};
use crate::routes::Route;
use crate::{Answer, App, no_such_conversation, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(
        "GET",
        "/vendors/{vendorId}/conversations",
        Scope::Read,
        |app, call| Box::pin(app.list_conversations(call)),
    ),
    Route::new(
        "GET",
        "/vendors/{vendorId}/conversations/{conversationId}",
        Scope::Read,
        |app, call| Box::pin(app.get_conversation(call)),
    ),
];

impl App {
    /// A vendor's conversations, the one in which something happened last first.
    async fn list_conversations(&self, call: Call<'_>) -> Answer {
        let (vendor, query, now) = (&call.vendor()?, call.query, self.platform.clock.now());
        let by_a_person = match query.first("status") {
            None => None,
            Some("bot") => Some(false),
            Some("human") => Some(true),
            Some(_) => return Err(bad_query("status", "is bot or human")),
        };
        let priority = query.first("priority").map(priority).transpose()?;
        let wanted = |kept: &KeptConversation| {
            let conversation = &kept.conversation;
            by_a_person.is_none_or(|human| human == conversation.attendant.is_human(now))
                && priority.is_none_or(|priority| priority == conversation.priority())
        };
        let (limit, start) = (limit(query)?, start(query)?);
        self.row(vendor).await?;
        let tables = &self.platform.tables;
        let page = tables.conversations(vendor, limit, start, wanted).await;
        let page = page.map_err(|error| unavailable(&error))?;
        let conversations = page.conversations.iter();
        let conversations: Vec<_> = conversations.map(|kept| shown(kept, now)).collect();
        let next = page
            .next
            .map(|(at, id)| hex::encode(format!("{}\n{id}", at.as_millisecond())));
        let answer = json!({ "conversations": conversations, "nextCursor": next });
        Ok(problem::json(200, &answer))
    }

    /// A conversation by itself, with what is still to be sent in it and its last messages.
    async fn get_conversation(&self, call: Call<'_>) -> Answer {
        let (vendor, now) = (&call.vendor()?, self.platform.clock.now());
        let kept = self
            .kept_conversation(vendor, &call.conversation()?)
            .await?;
        let open = self.open_sends(&kept.conversation).await?;
        let all = everything(&kept.conversation);
        let newest = (limits::CONVERSATION_MESSAGES, Timestamp::UNIX_EPOCH);
        let messages = self.platform.tables.messages_of(vendor, &all, newest).await;
        let messages = messages.map_err(|error| unavailable(&error))?;
        let messages = messages
            .iter()
            .map(|(listed, _)| crate::shown::shown(listed, self.media(listed).as_ref()));
        let mut answer = shown(&kept, now);
        answer["openSends"] = open.iter().map(open_send).collect();
        answer["messages"] = messages.collect();
        Ok(problem::json(200, &answer))
    }

    /// A conversation of a vendor that was not deleted, which must exist, or the one that it was found to be.
    pub(crate) async fn kept_conversation(
        &self,
        vendor: &VendorId,
        id: &ConversationId,
    ) -> Result<KeptConversation, Problem> {
        self.not_deleted(vendor).await?;
        let kept = self.platform.tables.kept_conversation(vendor, id).await;
        kept.map_err(|error| unavailable(&error))?
            .ok_or_else(no_such_conversation)
    }

    /// What is not settled yet of what is, or was, to be sent in a conversation, oldest first.
    pub(crate) async fn open_sends(
        &self,
        conversation: &Conversation,
    ) -> Result<Vec<Outbound>, Problem> {
        let since = self.platform.clock.now() - limits::OPEN_SENDS_LIVE;
        let all = everything(conversation);
        let newest = (limits::OPEN_SENDS_LOOKED_AT, since);
        let tables = &self.platform.tables;
        let messages = tables.messages_of(&conversation.vendor, &all, newest).await;
        let messages = messages.map_err(|error| unavailable(&error))?;
        let sends = messages.into_iter().rev().filter_map(|(_, send)| send);
        Ok(sends.filter(is_open).collect())
    }
}

/// A conversation and all that were found to be it: nothing was moved, so what they sent is still theirs.
fn everything(conversation: &Conversation) -> Vec<&ConversationId> {
    let merged = conversation.merged_from.iter();
    std::iter::once(&conversation.id).chain(merged).collect()
}

fn is_open(send: &Outbound) -> bool {
    match send.dispatch {
        Dispatch::Queued | Dispatch::Parked | Dispatch::Sending => true,
        Dispatch::Unknown => send.follow_up.discarded_at.is_none(),
        Dispatch::Accepted | Dispatch::Rejected | Dispatch::Cancelled | Dispatch::Expired => false,
    }
}

fn open_send(send: &Outbound) -> Value {
    json!({
        "messageId": send.id.as_str(),
        "status": send.status(),
        "createdAt": send.created_at.to_string(),
        "expiresAt": send.expires.map(|at| at.to_string()),
    })
}

/// A conversation as lists show it. Who attends to it is of interest only while somebody does.
pub(crate) fn shown(kept: &KeptConversation, now: Timestamp) -> Value {
    let conversation = &kept.conversation;
    let until = match conversation.attendant {
        Attendant::Human { until } if now < until => Some(until),
        Attendant::Human { .. } | Attendant::Engine => None,
    };
    let ends = until.filter(|until| *until < Attendant::UNTIL_RELEASED);
    let by = until.and(conversation.attended_by.as_ref());
    let (contact, context) = (&conversation.contact, &conversation.context);
    json!({
        "conversationId": conversation.id.as_str(),
        "status": if until.is_some() { "human" } else { "bot" },
        "attendedBy": by,
        "attendedUntil": ends.map(|at| at.to_string()),
        "state": conversation.status(now).as_str(),
        "optedOutAt": conversation.rules.opted_out_at().map(|at| at.to_string()),
        "priority": conversation.priority().as_str(),
        "contact": {
            "phone": contact.phone.as_ref().map(PhoneNumber::expose),
            "lid": contact.lid.as_ref().map(Lid::expose),
            "name": contact.name,
        },
        "group": conversation.group.as_ref().map(|group| json!({ "id": group.0 })),
        "intent": context.current_intent,
        "step": context.current_step,
        "messageCount": context.message_count,
        "lastMessageAt": context.last_message_at.map(|at| at.to_string()),
        "controlEpoch": conversation.control_epoch,
        "mergedFrom": conversation.merged_from.iter().map(ConversationId::as_str).collect::<Vec<_>>(),
        "updatedAt": kept.updated_at.to_string(),
    })
}

fn priority(name: &str) -> Result<Priority, Problem> {
    Priority::of(name).ok_or_else(|| bad_query("priority", "is normal or high"))
}

fn start(query: &Query) -> Result<Option<ConversationPlace>, Problem> {
    let read = |cursor: &str| read_cursor(cursor).ok_or_else(bad_cursor);
    query.first("cursor").map(read).transpose()
}

fn read_cursor(cursor: &str) -> Option<ConversationPlace> {
    let text = String::from_utf8(hex::decode(cursor).ok()?).ok()?;
    let (at, id) = text.split_once('\n')?;
    let at = Timestamp::from_millisecond(at.parse().ok()?).ok()?;
    Some((at, ConversationId::parse(id).ok()?))
}
