//! Echoes: what left from the vendor's number, told back to us.

use domain::conversation::{Resolution, resolve};
use domain::echo::{Author, Unlinked, classify};
use domain::entry::{InboundEntry, InboundEvent};
use domain::{
    ConversationId, Delivery, Dispatch, Draft, Echo, MessageId, Origin, Outbound, VendorId,
};
use jiff::Timestamp;
use platform::{AwsError, Platform};

use crate::events::From;

/// What became of an echo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attributed {
    /// It is one of our sends, and its ids lead there.
    Ours,
    /// Nothing fits yet.
    NotYet,
}

/// Finds the send that an echo belongs to, by its ids or by the oldest send that it fits, and links them.
pub async fn attribute(
    platform: &Platform,
    from: From<'_>,
    echo: &Echo,
) -> Result<Attributed, AwsError> {
    let tables = &platform.tables;
    let known = tables
        .known(from.vendor, from.waba, &echo.reference)
        .await?;
    let conversation = if known.is_none() {
        conversation_of(platform, from.vendor, echo).await?
    } else {
        None
    };
    let unlinked = match &conversation {
        Some(conversation) => out_there(platform, from.vendor, conversation).await?,
        None => Vec::new(),
    };
    let (id, matched) = match classify(echo, known, &unlinked, from.received_at) {
        Author::Known(id) => (id, false),
        Author::Matched(id) => (id, true),
        Author::Unattributed => return Ok(Attributed::NotYet),
    };
    let Some(message) = tables.outbound(from.vendor, &id).await? else {
        return Ok(Attributed::NotYet);
    };
    tables
        .link(&message, &echo.reference, platform.clock.now())
        .await?;
    if echo.reference.key_id.is_some() {
        close(platform, &message, matched.then_some(&unlinked)).await?;
    }
    Ok(Attributed::Ours)
}

/// Sends of a conversation without a provider id that the provider may have taken.
async fn out_there(
    platform: &Platform,
    vendor: &VendorId,
    conversation: &ConversationId,
) -> Result<Vec<Unlinked>, AwsError> {
    let mut unlinked = platform.tables.unlinked(vendor, conversation).await?;
    let ids: Vec<_> = unlinked.iter().map(|send| send.message.clone()).collect();
    let mut messages = platform.tables.outbounds(vendor, &ids).await?;
    messages.retain(|message| {
        matches!(
            message.dispatch,
            Dispatch::Sending | Dispatch::Unknown | Dispatch::Accepted
        )
    });
    unlinked.retain(|send| messages.iter().any(|message| message.id == send.message));
    Ok(unlinked)
}

/// The send is known by WhatsApp's id now: no other echo may be matched with it.
pub(crate) async fn close(
    platform: &Platform,
    message: &Outbound,
    unlinked: Option<&Vec<Unlinked>>,
) -> Result<(), AwsError> {
    let read;
    let unlinked = if let Some(unlinked) = unlinked {
        unlinked
    } else {
        read = platform
            .tables
            .unlinked(&message.vendor, &message.conversation)
            .await?;
        &read
    };
    for send in unlinked.iter().filter(|send| send.message == message.id) {
        platform
            .tables
            .close_send(&message.vendor, &message.conversation, send)
            .await?;
    }
    Ok(())
}

/// Keeps an echo that fits no send after all its time: the vendor typed it on the phone.
pub async fn keep_typed(platform: &Platform, from: From<'_>, echo: &Echo) -> Result<(), AwsError> {
    let Some(key_id) = echo.reference.key_id.clone() else {
        return Ok(());
    };
    let Some(conversation) = conversation_of(platform, from.vendor, echo).await? else {
        tracing::info!("a typed message has no conversation yet and is not kept");
        return Ok(());
    };
    let entry = InboundEntry {
        vendor_id: from.vendor.clone(),
        waba_id: from.waba.clone(),
        received_at: from.received_at,
        event: InboundEvent::Echo(echo.clone()),
    };
    let id = MessageId::derived(&["typed", entry.message_id().as_str()]);
    let typed = typed(
        from,
        echo,
        (id, conversation),
        echo.occurred_at.unwrap_or(from.received_at),
    );
    platform.tables.keep_typed(&typed).await?;
    let reference = domain::ProviderRef {
        key_id: Some(key_id),
        msg_id: echo.reference.msg_id,
    };
    platform
        .tables
        .link(&typed, &reference, platform.clock.now())
        .await
}

fn typed(
    from: From<'_>,
    echo: &Echo,
    (id, conversation): (MessageId, ConversationId),
    at: Timestamp,
) -> Outbound {
    let draft = Draft {
        id,
        vendor: from.vendor.clone(),
        waba: from.waba.clone(),
        conversation,
        to: echo.contact.clone(),
        group: echo.group.clone(),
        content: echo.content.clone(),
        quote: None,
        origin: Origin::Phone,
        index: 0,
    };
    Outbound {
        dispatch: Dispatch::Accepted,
        delivery: Delivery::Sent,
        undispatched: false,
        reference: echo.reference.clone(),
        ..draft.queued(at)
    }
}

async fn conversation_of(
    platform: &Platform,
    vendor: &VendorId,
    echo: &Echo,
) -> Result<Option<ConversationId>, AwsError> {
    if echo.group.is_some() || echo.contact.identities().next().is_none() {
        return Ok(None);
    }
    let aliases = platform.tables.aliases(vendor, &echo.contact).await?;
    Ok(match resolve(&aliases) {
        Some(Resolution::One(id) | Resolution::Merge { into: id, .. }) => Some(id),
        Some(Resolution::Begin(_)) | None => None,
    })
}
