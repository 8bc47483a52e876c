//! Who wrote: the vendor's rules, the conversation, and a number that is asked for if only a linked id is known.

use domain::conversation::Conversation;
use domain::entry::{InboundEntry, LookUp};
use domain::{Identity, InboundMessage, VendorConfig, should_look_up};
use flows::events::From;
use flows::people::{self, Found};
use jiff::Timestamp;
use platform::AwsError;
use platform::tables::ContactRow;

use crate::App;

/// Whom a message is from, and whom it is to.
pub(crate) struct Who {
    pub(crate) config: VendorConfig,
    pub(crate) found: Found,
}

/// Whether there is a vendor to decide for.
pub(crate) enum Whose {
    Known(Box<Who>),
    /// The vendor has no configuration yet.
    Unborn,
    /// The message came to a vendor that was deleted.
    Erased,
}

impl App {
    /// Reads who wrote, unless that was read just now, and puts a number that the message does not tell into it. The provider is asked at
    /// most once, and `looked_up_at` says when it did not know.
    pub(crate) async fn who(
        &self,
        entry: &InboundEntry,
        (message, read): (&mut InboundMessage, Option<ContactRow>),
        looked_up_at: &mut Option<Timestamp>,
    ) -> Result<Whose, AwsError> {
        let mut who = match self.known(entry, message, read).await? {
            Whose::Known(who) => who,
            nobody @ (Whose::Unborn | Whose::Erased) => return Ok(nobody),
        };
        let now = self.platform.clock.now();
        if looked_up_at.is_none() && should_look_up(&who.found.conversation, &message.contact, now)
        {
            if self.look_up(entry, message).await {
                // By both names, for the number may have a conversation of its own.
                return self.known(entry, message, None).await;
            }
            *looked_up_at = Some(now);
        }
        let conversation = &mut who.found.conversation;
        conversation.looked_up_at = conversation.looked_up_at.max(*looked_up_at);
        if message.group.is_none() && message.contact.phone.is_none() {
            message
                .contact
                .phone
                .clone_from(&conversation.contact.phone);
        }
        Ok(Whose::Known(who))
    }

    async fn known(
        &self,
        entry: &InboundEntry,
        message: &InboundMessage,
        read: Option<ContactRow>,
    ) -> Result<Whose, AwsError> {
        let (vendor, tables) = (&entry.vendor_id, &self.platform.tables);
        let row = match read {
            Some(row) => row,
            None => tables.contact(vendor, message.identities(), None).await?,
        };
        if row.is_of_another_life(entry.received_at) {
            return Ok(Whose::Erased);
        }
        let ContactRow {
            aliases,
            config: Some(config),
            ..
        } = row
        else {
            return Ok(Whose::Unborn);
        };
        // Nobody can be answered there, but the message is kept in a conversation of its own.
        let nobody = || Found {
            conversation: Conversation::begin(vendor, &unnamed(entry)),
            new_aliases: Vec::new(),
            merged: None,
        };
        let found = people::find(&self.platform, vendor, aliases).await?;
        let found = found.unwrap_or_else(nobody);
        Ok(Whose::Known(Box::new(Who { config, found })))
    }

    /// Asks for the number behind the sender's linked id, and has it asked for again if it is not told. `true`: the message has it now.
    async fn look_up(&self, entry: &InboundEntry, message: &mut InboundMessage) -> bool {
        let Some(lid) = message.contact.lid.clone() else {
            return false;
        };
        let from = From {
            vendor: &entry.vendor_id,
            waba: &entry.waba_id,
            received_at: entry.received_at,
        };
        let at = (from.vendor, from.waba);
        let asking = people::look_up(&self.platform, &self.wasender_api_url, at, &lid);
        message.contact.phone = asking.await;
        if message.contact.phone.is_none() {
            people::look_up_later(&self.platform, from, LookUp { lid, tries: 1 }).await;
        }
        message.contact.phone.is_some()
    }
}

/// A stand-in for the identity of somebody without any.
fn unnamed(entry: &InboundEntry) -> Identity {
    let digits: String = entry
        .message_id()
        .as_str()
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(char::from)
        .take(20)
        .collect();
    let lid = domain::Lid::parse(&format!("0{digits}")).expect("one to 21 digits are a linked id");
    Identity::Lid(lid)
}
