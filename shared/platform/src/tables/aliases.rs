//! Identities and where they lead: pointers to conversations that are made once and never moved.

use aws::dynamodb::TransactWriteItem;
use domain::conversation::Conversation;
use domain::{ConversationId, Identity, VendorConfig, VendorId};
use jiff::Timestamp;

use super::Tables;
use super::aside::{OwnGroup, stands_aside};
use super::erasure::is_erasing;
use super::item::{Item, Reader, Writer, key, put, s};
use crate::error::AwsError;

/// Identities and where each leads.
pub type Aliases = Vec<(Identity, Option<ConversationId>)>;

/// What is read of a contact for one message.
#[derive(Clone, Debug)]
pub struct ContactRow {
    pub aliases: Aliases,
    pub config: Option<VendorConfig>,
    /// The vendor was deleted.
    pub is_erased: bool,
    /// Entries of the contact were set aside, and are not done with.
    pub is_aside: bool,
}

impl ContactRow {
    /// Whether something that came at this time came to a vendor that was deleted since, whoever has its id now.
    pub fn is_of_another_life(&self, received_at: Timestamp) -> bool {
        let begins_later = |config: &VendorConfig| config.created_at > received_at;
        self.is_erased || self.config.as_ref().is_some_and(begins_later)
    }
}

fn leads(item: &Item) -> Option<ConversationId> {
    Reader::new(item, "an alias").parsed_opt("conversationId")
}

fn alias_key(vendor: &VendorId, identity: &Identity) -> Item {
    key(format!("{vendor}#{}", identity.key()), "alias")
}

impl Tables {
    /// Where identities lead, in their order; `None` for one that leads nowhere yet.
    pub async fn aliases(
        &self,
        vendor: &VendorId,
        identities: Vec<Identity>,
    ) -> Result<Aliases, AwsError> {
        if identities.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.alias_keys(vendor, &identities);
        let found = self.get_many("reading a contact's aliases", &keys).await?;
        Ok(paired(identities, &found))
    }

    /// Where identities lead, and how their vendor wants to answer, read in one call; and whether entries stand aside in their own group,
    /// if that is asked for.
    pub async fn contact(
        &self,
        vendor: &VendorId,
        identities: Vec<Identity>,
        own: Option<(OwnGroup<'_>, Timestamp)>,
    ) -> Result<ContactRow, AwsError> {
        let mut keys = self.alias_keys(vendor, &identities);
        let conversations = self.names.conversations.as_str();
        keys.extend(own.map(|(group, _)| (conversations, group.key())));
        let config_key = super::vendors::config_key(vendor);
        keys.push((self.names.vendor_configs.as_str(), config_key));
        let mut found = self.get_many("reading a contact", &keys).await?;
        let config = found.pop().flatten();
        let is_erased = config.as_ref().is_some_and(is_erasing);
        let config = config
            .as_ref()
            .filter(|_| !is_erased)
            .map(super::vendors::read_config)
            .transpose()?;
        let aside = own.and_then(|(_, now)| Some((found.pop().flatten()?, now)));
        let is_aside = aside.is_some_and(|(item, now)| stands_aside(&item, now));
        let aliases = paired(identities, &found);
        Ok(ContactRow {
            aliases,
            config,
            is_erased,
            is_aside,
        })
    }

    fn alias_keys(&self, vendor: &VendorId, identities: &[Identity]) -> Vec<(&str, Item)> {
        let table = self.names.conversations.as_str();
        let keys = identities
            .iter()
            .map(|identity| (table, alias_key(vendor, identity)));
        keys.collect()
    }

    /// The part of a transaction that makes one more identity lead to a conversation. It fails if the identity leads anywhere already.
    pub(super) fn new_alias(
        &self,
        conversation: &Conversation,
        identity: &Identity,
    ) -> TransactWriteItem {
        let item = Writer::at(alias_key(&conversation.vendor, identity))
            .owned()
            .with("conversationId", s(conversation.id.as_str()));
        put(
            &self.names.conversations,
            item.item(),
            Some("attribute_not_exists(pk)"),
        )
    }
}

fn paired(identities: Vec<Identity>, found: &[Option<Item>]) -> Aliases {
    let led = found.iter().map(|item| item.as_ref().and_then(leads));
    identities.into_iter().zip(led).collect()
}
