//! What the vendor typed on the phone: kept with its conversation, which a person attends to from then on.

use domain::entry::{InboundEntry, InboundEvent};
use domain::{
    Content, ConversationId, Delivery, Dispatch, Draft, Echo, Kind, MessageId, Origin, Outbound,
    VendorConfig, limits,
};
use jiff::Timestamp;
use platform::tables::{Commit, ContactRow, Epoch};
use platform::{AwsError, Platform};

use crate::events::From;
use crate::people;

/// How often a typed message is written anew because its conversation moved meanwhile.
const TRIES: usize = 6;

/// Keeps an echo that is none of our sends, once: the message, its conversation (which begins here if nobody wrote before), and the pause.
/// `looked_up_at` is when the recipient's number was asked for in vain.
pub(crate) async fn keep(
    platform: &Platform,
    from: From<'_>,
    echo: &Echo,
    looked_up_at: Option<Timestamp>,
) -> Result<(), AwsError> {
    // Every message that was typed has WhatsApp's id, and somebody whom it went to.
    if echo.reference.key_id.is_none() || echo.identities().is_empty() {
        return Ok(());
    }
    for _ in 0..TRIES {
        match kept(platform, from, echo, looked_up_at).await? {
            Kept::As(typed) => {
                let now = platform.clock.now();
                return platform.tables.link(&typed, &echo.reference, now).await;
            }
            Kept::ForNobody => return Ok(()),
            Kept::Moved => {}
        }
    }
    Err(AwsError::contended("keeping a typed message"))
}

/// How one try to keep a typed message ended.
enum Kept {
    As(Box<Outbound>),
    /// The conversation moved meanwhile.
    Moved,
    /// The vendor was deleted.
    ForNobody,
}

async fn kept(
    platform: &Platform,
    from: From<'_>,
    echo: &Echo,
    looked_up_at: Option<Timestamp>,
) -> Result<Kept, AwsError> {
    let (tables, now) = (&platform.tables, platform.clock.now());
    let row = tables.contact(from.vendor, echo.identities(), None).await?;
    if row.is_of_another_life(from.received_at) {
        return Ok(Kept::ForNobody);
    }
    let ContactRow {
        aliases, config, ..
    } = row;
    let Some(found) = people::find(platform, from.vendor, aliases).await? else {
        return Ok(Kept::Moved);
    };
    let mut after = found.conversation.clone();
    after.knows(&echo.contact);
    after.looked_up_at = after.looked_up_at.max(looked_up_at);
    let epoch = match pause(config.as_ref(), echo) {
        Some(pause) => {
            after = after.typed_in(pause, now);
            Epoch::Rises
        }
        None => Epoch::Stays,
    };
    after.version += 1;
    let typed = typed(from, echo, after.id.clone());
    let next = found.next(&after);
    match tables.keep_typed(&typed, &next, epoch, now).await? {
        Commit::Done => {
            let pauses = epoch == Epoch::Rises;
            tracing::info!(vendor.id = %from.vendor, conversation.id = %after.id, pauses, "the vendor typed a message");
            Ok(Kept::As(Box::new(typed)))
        }
        // The first part is the message: it is kept already, with all that it changes.
        Commit::Lost(parts) if parts.contains(&0) => Ok(Kept::As(Box::new(typed))),
        Commit::Lost(_) => Ok(Kept::Moved),
    }
}

/// How long the engine leaves the conversation alone; a reaction is no part of a talk.
fn pause(config: Option<&VendorConfig>, echo: &Echo) -> Option<std::time::Duration> {
    let usual = std::time::Duration::from_mins(limits::TYPED_PAUSE_MINUTES.into());
    let pause = config.map_or(Some(usual), VendorConfig::typed_pause);
    pause.filter(|_| echo.content.kind != Kind::Reaction)
}

fn typed(from: From<'_>, echo: &Echo, conversation: ConversationId) -> Outbound {
    let entry = InboundEntry {
        vendor_id: from.vendor.clone(),
        waba_id: from.waba.clone(),
        received_at: from.received_at,
        event: InboundEvent::Echo(echo.clone()),
    };
    let draft = Draft {
        id: MessageId::derived(&["typed", entry.message_id().as_str()]),
        vendor: from.vendor.clone(),
        waba: from.waba.clone(),
        conversation,
        to: echo.contact.clone(),
        group: echo.group.clone(),
        content: without_source(echo.content.clone()),
        quote: None,
        origin: Origin::Phone,
        index: 0,
    };
    Outbound {
        dispatch: Dispatch::Accepted,
        delivery: Delivery::Sent,
        undispatched: false,
        reference: echo.reference.clone(),
        ..draft.queued(echo.occurred_at.unwrap_or(from.received_at))
    }
}

/// The vendor's own files are not fetched, so that nobody needs their keys.
fn without_source(mut content: Content) -> Content {
    if let Some(media) = &mut content.media {
        media.source = None;
    }
    content
}
