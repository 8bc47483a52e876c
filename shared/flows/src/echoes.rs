//! Echoes: what left from the vendor's number, told back to us.

use domain::echo::{Author, Unlinked, classify};
use domain::{ConversationId, Dispatch, Echo, Outbound, VendorId};
use platform::{AwsError, Platform};

use crate::events::From;
use crate::people::{self, Recipient};
use crate::typed;

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
    let unlinked = if known.is_none() {
        out_there(platform, from.vendor, echo).await?
    } else {
        Vec::new()
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

/// Sends of the echo's conversation without a provider id that the provider may have taken.
async fn out_there(
    platform: &Platform,
    vendor: &VendorId,
    echo: &Echo,
) -> Result<Vec<Unlinked>, AwsError> {
    let mut unlinked = Vec::new();
    for conversation in conversations_of(platform, vendor, echo).await? {
        unlinked.extend(platform.tables.unlinked(vendor, &conversation).await?);
    }
    let ids: Vec<_> = unlinked.iter().map(|send| send.message.clone()).collect();
    let mut messages = platform.tables.outbounds(vendor, &ids).await?;
    messages.retain(|message| {
        // A status may have told WhatsApp's id already.
        message.reference.key_id.is_none()
            && matches!(
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

/// Decides whose an echo is after every send had its time to be known: one of ours, or typed by the vendor.
///
/// An echo may name its recipient by a linked id that we know nobody under, although the send went to the number: so the number is asked
/// for before the echo counts as typed.
pub async fn settle(
    platform: &Platform,
    base_url: &str,
    from: From<'_>,
    echo: &Echo,
) -> Result<(), AwsError> {
    if attribute(platform, from, echo).await? == Attributed::Ours {
        return Ok(());
    }
    let mut named = echo.clone();
    match people::recipient(platform, base_url, from, echo).await? {
        Recipient::AsTold => return typed::keep(platform, from, echo, None).await,
        Recipient::Nameless(at) => return typed::keep(platform, from, echo, Some(at)).await,
        Recipient::Named(phone) => named.contact.phone = Some(phone),
    }
    match attribute(platform, from, &named).await? {
        Attributed::Ours => people::join(platform, from.vendor, &named.contact).await,
        Attributed::NotYet => typed::keep(platform, from, &named, None).await,
    }
}

/// The conversation that an echo belongs to, and those that it was found to be: what they sent is theirs.
async fn conversations_of(
    platform: &Platform,
    vendor: &VendorId,
    echo: &Echo,
) -> Result<Vec<ConversationId>, AwsError> {
    let aliases = platform.tables.aliases(vendor, echo.identities()).await?;
    let found = people::find(platform, vendor, aliases).await?;
    let begun = found
        .map(|found| found.conversation)
        .filter(|conversation| conversation.version > 0);
    Ok(begun.map_or_else(Vec::new, |conversation| {
        let mut all = vec![conversation.id];
        all.extend(conversation.merged_from);
        all
    }))
}
