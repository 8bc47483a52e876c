//! Who somebody is: where the names of one person lead, and asking the provider for a number that is not known.

use std::time::Duration;

use domain::conversation::{Conversation, Resolution, resolve};
use domain::entry::{LaterJob, LookUp};
use domain::{
    Contact, ConversationId, Echo, Identity, Lid, PhoneNumber, VendorId, WabaId, limits,
    look_up_again_in, should_look_up,
};
use jiff::Timestamp;
use platform::tables::{Aliases, Merged, Next};
use platform::{AwsError, Platform};
use providers::wasender::{Person, Session, read_pn_from_lid};

use crate::events::From;
use crate::{call, side};

/// How often a person's conversations are read anew because one of them moved meanwhile.
const TRIES: usize = 6;
/// Turns of the session's budget that a look-up waits for.
const TURNS: usize = 4;
/// How long look-ups are held by a provider that does not say for how long.
const UNTOLD_WAIT: Duration = Duration::from_mins(1);

/// Where the names of one person, or the name of one group chat, lead.
#[derive(Clone, Debug)]
pub struct Found {
    /// As it was read, or joined with the one it was found to be; version 0 if it begins here.
    pub conversation: Conversation,
    /// Names that lead nowhere yet.
    pub new_aliases: Vec<Identity>,
    /// The conversation that was found to be the same.
    pub merged: Option<Merged>,
}

impl Found {
    /// What is written with the next state of this conversation.
    pub fn next<'a>(&'a self, conversation: &'a Conversation) -> Next<'a> {
        Next {
            conversation,
            new_aliases: &self.new_aliases,
            merged: self.merged.as_ref(),
        }
    }
}

/// Reads the conversation that identities lead to; `None` if there are no identities.
pub async fn find(
    platform: &Platform,
    vendor: &VendorId,
    aliases: Aliases,
) -> Result<Option<Found>, AwsError> {
    let Some(resolution) = resolve(&aliases) else {
        return Ok(None);
    };
    let nowhere = aliases.into_iter().filter(|(_, leads)| leads.is_none());
    let new_aliases = nowhere.map(|(identity, _)| identity).collect();
    let (conversation, merged) = match resolution {
        Resolution::Begin(first) => (begun(platform, vendor, &first).await?, None),
        Resolution::One(id) => (existing(platform, vendor, &id).await?, None),
        Resolution::Merge { into, from } => {
            let into = existing(platform, vendor, &into).await?;
            let from = existing(platform, vendor, &from).await?;
            if into.id == from.id {
                (into, None)
            } else {
                let merged = Merged {
                    id: from.id.clone(),
                    version: from.version,
                };
                (into.joined(from), Some(merged))
            }
        }
    };
    Ok(Some(Found {
        conversation,
        new_aliases,
        merged,
    }))
}

/// A conversation that begins, with the word of a customer whose earlier one was lost with the tables.
async fn begun(
    platform: &Platform,
    vendor: &VendorId,
    first: &Identity,
) -> Result<Conversation, AwsError> {
    let begun = Conversation::begin(vendor, first);
    if platform.restore.is_none() {
        return Ok(begun);
    }
    let word = platform.tables.kept_word(vendor, &begun.id).await?;
    let reminded = word.and_then(|(may_write, at)| begun.reminded(may_write, at));
    Ok(reminded.unwrap_or(begun))
}

async fn existing(
    platform: &Platform,
    vendor: &VendorId,
    id: &ConversationId,
) -> Result<Conversation, AwsError> {
    let found = platform.tables.conversation(vendor, id).await?;
    found.ok_or_else(|| AwsError::contended("reading a conversation"))
}

/// Makes all names of one person lead to one conversation. Whatever happens at the same time, the end is the same.
pub async fn join(
    platform: &Platform,
    vendor: &VendorId,
    contact: &Contact,
) -> Result<(), AwsError> {
    for _ in 0..TRIES {
        let identities = contact.identities().collect();
        let aliases = platform.tables.aliases(vendor, identities).await?;
        let Some(found) = find(platform, vendor, aliases).await? else {
            return Ok(());
        };
        let mut joined = found.conversation.clone();
        joined.knows(contact);
        let is_begun = joined.version > 0;
        let is_known =
            found.new_aliases.is_empty() && found.merged.is_none() && joined == found.conversation;
        if is_known || !is_begun {
            return Ok(());
        }
        joined.version += 1;
        let (next, now) = (found.next(&joined), platform.clock.now());
        if platform.tables.write_joined(&next, now).await?.is_done() {
            tracing::info!(
                vendor.id = %vendor,
                conversation.id = %joined.id,
                merged = found.merged.is_some(),
                "a person is known by one more name"
            );
            return Ok(());
        }
    }
    Err(AwsError::contended("joining a person's conversations"))
}

/// Asks the provider whose number is behind a linked id, within [`limits::LOOK_UP`] and the session's budget for such calls.
pub async fn look_up(
    platform: &Platform,
    base_url: &str,
    (vendor, waba): (&VendorId, &WabaId),
    lid: &Lid,
) -> Option<PhoneNumber> {
    let asking = asked(platform, base_url, (vendor, waba), lid);
    let person = tokio::time::timeout(limits::LOOK_UP, asking).await;
    let (known, outcome) = match person.unwrap_or(Person::NoAnswer) {
        Person::Known(phone) => (Some(phone), "known"),
        Person::NotKnown => (None, "not_known"),
        Person::Wait(_) => (None, "wait"),
        Person::NoAnswer => (None, "no_answer"),
    };
    tracing::info!(vendor.id = %vendor, outcome, "a person was looked up");
    known
}

async fn asked(
    platform: &Platform,
    base_url: &str,
    (vendor, waba): (&VendorId, &WabaId),
    lid: &Lid,
) -> Person {
    let Ok(at_hand) = platform.secrets.vendor(vendor).await else {
        return Person::NoAnswer;
    };
    let secrets = at_hand.secrets.as_ref();
    let Some(api_key) = secrets
        .and_then(|secrets| secrets.of(waba))
        .and_then(|instance| instance.api_key.clone())
    else {
        return Person::NoAnswer;
    };
    if !may_ask(platform, vendor, waba).await {
        return Person::NoAnswer;
    }
    let session = Session {
        base_url,
        api_key: &api_key,
    };
    let Ok(answer) = call::perform(&platform.http, session.pn_from_lid(lid)).await else {
        return Person::NoAnswer;
    };
    let person = read_pn_from_lid(
        answer.status().as_u16(),
        answer.headers(),
        answer.body(),
        lid,
    );
    if let Person::Wait(wait) = &person {
        side::told_to_wait(platform, vendor, waba, wait.unwrap_or(UNTOLD_WAIT)).await;
    }
    person
}

/// Waits a few turns for the session's budget, because several people may write at once.
async fn may_ask(platform: &Platform, vendor: &VendorId, waba: &WabaId) -> bool {
    for _ in 0..TURNS {
        if side::may_call(platform, vendor, waba).await {
            return true;
        }
        tokio::time::sleep(limits::SIDE_GAP).await;
    }
    false
}

/// Has a person looked up again after a look-up that failed, unless that was the last try. Should the queue refuse it, the person's next
/// message asks again.
pub async fn look_up_later(platform: &Platform, from: From<'_>, look_up: LookUp) {
    let Some(wait) = look_up_again_in(look_up.tries) else {
        tracing::info!(vendor.id = %from.vendor, "a person stays known by a linked id alone");
        return;
    };
    let later = from.later(LaterJob::Person(look_up));
    if let Err(error) = platform.queues.later(&later, wait).await {
        tracing::warn!(vendor.id = %from.vendor, error = %error, "a person is not looked up again");
    }
}

/// Looks a person up once more, unless the number became known meanwhile, and joins what was found to be one person's.
pub async fn look_up_again(
    platform: &Platform,
    base_url: &str,
    from: From<'_>,
    look_up: &LookUp,
) -> Result<(), AwsError> {
    let contact = Contact {
        lid: Some(look_up.lid.clone()),
        ..Contact::default()
    };
    let identities = contact.identities().collect();
    let aliases = platform.tables.aliases(from.vendor, identities).await?;
    let Some(found) = find(platform, from.vendor, aliases).await? else {
        return Ok(());
    };
    if found.conversation.contact.phone.is_some() {
        return Ok(());
    }
    let at = (from.vendor, from.waba);
    if let Some(phone) = self::look_up(platform, base_url, at, &look_up.lid).await {
        let contact = Contact {
            phone: Some(phone),
            ..contact
        };
        return join(platform, from.vendor, &contact).await;
    }
    let now = platform.clock.now();
    platform
        .tables
        .looked_up_in_vain(from.vendor, &found.conversation.id, now)
        .await?;
    let next = LookUp {
        tries: look_up.tries + 1,
        ..look_up.clone()
    };
    look_up_later(platform, from, next).await;
    Ok(())
}

/// What is known of the recipient of an echo that names a linked id alone.
pub(crate) enum Recipient {
    /// Nothing had to be asked, or was asked just now.
    AsTold,
    /// The number, which the provider told.
    Named(PhoneNumber),
    /// The provider was asked at this time and did not tell; it is asked again.
    Nameless(Timestamp),
}

/// Asks for the number of somebody whom an echo names by a linked id alone, if nobody's number is known under that.
pub(crate) async fn recipient(
    platform: &Platform,
    base_url: &str,
    from: From<'_>,
    echo: &Echo,
) -> Result<Recipient, AwsError> {
    let (vendor, now) = (from.vendor, platform.clock.now());
    let aliases = platform.tables.aliases(vendor, echo.identities()).await?;
    let found = find(platform, vendor, aliases).await?;
    let is_asked = |found: &Found| should_look_up(&found.conversation, &echo.contact, now);
    let Some(lid) = echo
        .contact
        .lid
        .clone()
        .filter(|_| found.as_ref().is_some_and(is_asked))
    else {
        return Ok(Recipient::AsTold);
    };
    if let Some(phone) = look_up(platform, base_url, (vendor, from.waba), &lid).await {
        return Ok(Recipient::Named(phone));
    }
    look_up_later(platform, from, LookUp { lid, tries: 1 }).await;
    Ok(Recipient::Nameless(now))
}
