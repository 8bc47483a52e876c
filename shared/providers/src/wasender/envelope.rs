//! Where in the `data` of an event its items stand. Each shape has its payload in `events/providers/wasender`.

use crate::json::Json;

/// The messages of a message event: `data.messages` as object (documented) or array (observed, and the reverse for `messages.upsert`),
/// `data` as array, or `data` itself (the official SDKs' types).
pub(super) fn messages<'j, 'a>(data: &'j Json<'a>) -> Vec<&'j Json<'a>> {
    let items = data.at("messages").given().unwrap_or(data).one_or_many();
    items.iter().map(message).collect()
}

/// A message, freed from a `message` around key and message (`chats.update`).
fn message<'j, 'a>(item: &'j Json<'a>) -> &'j Json<'a> {
    let inner = item.at("message");
    let wrapped = !item.at("key").is_object() && inner.at("key").is_object();
    if wrapped { inner } else { item }
}

/// What `chats.upsert` and `chats.update` carry: of each chat its messages (observed, often), or the chat itself.
pub(super) enum ChatItem<'j, 'a> {
    Message(&'j Json<'a>),
    Chat,
}

/// The items of a chats event, whose chats are `data`, `data.chats`, each an object or an array.
pub(super) fn chats<'j, 'a>(data: &'j Json<'a>) -> Vec<ChatItem<'j, 'a>> {
    let chats = data.at("chats").given().unwrap_or(data).one_or_many();
    let of_chat = |chat: &'j Json<'a>| -> Vec<ChatItem<'j, 'a>> {
        let messages = chat.at("messages").one_or_many();
        if messages.is_empty() {
            return vec![ChatItem::Chat];
        }
        messages
            .iter()
            .map(|item| ChatItem::Message(message(item)))
            .collect()
    };
    chats.iter().flat_map(of_chat).collect()
}

/// The items of any other event: `data` as array, or the field of this name as object or array, or `data` itself.
pub(super) fn items<'j, 'a>(data: &'j Json<'a>, name: &str) -> Vec<&'j Json<'a>> {
    let named = data.at(name).given().unwrap_or(data);
    named.one_or_many().iter().collect()
}

/// The receipts of `message-receipt.update`: `data.message` (documented), or items with key and receipt.
pub(super) fn receipts<'j, 'a>(data: &'j Json<'a>) -> Vec<&'j Json<'a>> {
    data.one_or_many()
        .iter()
        .flat_map(|item| {
            let inner = item.at("message");
            if inner.at("receipt").is_object() || matches!(inner, Json::Array(_)) {
                inner.one_or_many()
            } else {
                std::slice::from_ref(item)
            }
        })
        .collect()
}
