//! Which entries of `inbound.fifo` wait for each other: a vendor's customers share a few groups, so that one vendor takes a bounded part of
//! what works on the queue, and an entry that has to wait goes on in a group of its customer's own, so that it holds up nobody else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{InboundEntry, InboundEvent, VERSION, Versioned, sendable};
use crate::contact::Identity;
use crate::ids::Fingerprint;
use crate::limits;

/// How an entry stands aside from those of its vendor's other customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// When it was received first: the same, however often it is set aside.
    pub since: Timestamp,
    /// Nothing is to be done about it before this time.
    pub until: Timestamp,
}

/// An entry that was set aside, as its queue carries it. A reader that knows nothing of that reads the entry.
#[derive(Serialize)]
struct SetAside<'a> {
    aside: Aside,
    #[serde(flatten)]
    entry: &'a InboundEntry,
}

impl Aside {
    /// How the entry of a queue's message body stands aside; `None` for one that was not set aside.
    pub fn of(body: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Known {
            aside: Aside,
        }
        let known: Known = serde_json::from_str(body).ok()?;
        Some(known.aside)
    }
}

impl InboundEntry {
    /// What comes of one contact, or of one group chat, is handled one after the other, and so is what comes of others that share the
    /// vendor's group with it.
    pub fn group_id(&self) -> String {
        let vendor = self.vendor_id.as_str();
        let share = Fingerprint::of(&["customer", vendor, &self.who()]).small();
        let share = (share % limits::VENDOR_SHARES).to_string();
        Fingerprint::of(&["share", vendor, &share]).hex()
    }

    /// The group of one contact, or of one group chat, alone.
    pub fn own_group_id(&self) -> String {
        Fingerprint::of(&["group", self.vendor_id.as_str(), &self.who()]).hex()
    }

    /// The entry as the body of a message in its customer's own group.
    pub fn to_body_aside(&self, aside: Aside) -> String {
        let versioned = Versioned {
            v: VERSION,
            entry: SetAside { aside, entry: self },
        };
        sendable(serde_json::to_string(&versioned).expect("an entry has only text keys"))
    }

    fn who(&self) -> String {
        let identities = match &self.event {
            InboundEvent::Message(message) => message.identities(),
            InboundEvent::Echo(echo) => echo.identities(),
            InboundEvent::Change(change) => Identity::of(&change.contact, change.group.as_ref()),
        };
        identities.first().map_or_else(String::new, Identity::key)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::contact::Contact;
    use crate::content::Content;
    use crate::event::{InboundMessage, ProviderMessageId};
    use crate::ids::{VendorId, WabaId};
    use crate::phone::PhoneNumber;

    fn written(vendor: &str, customer: u32, key: u32) -> InboundEntry {
        let vendor_id = VendorId::parse(vendor).unwrap();
        let digits = format!("2217000{customer:05}");
        InboundEntry {
            waba_id: WabaId::first_of(&vendor_id),
            vendor_id,
            received_at: Timestamp::UNIX_EPOCH,
            event: InboundEvent::Message(InboundMessage {
                key_id: ProviderMessageId::parse(&format!("KEY{key}")).unwrap(),
                msg_id: None,
                contact: Contact::by_phone(PhoneNumber::from_provider(&digits).unwrap()),
                group: None,
                content: Content::text("Bonjour"),
                reply_to: None,
                occurred_at: None,
            }),
        }
    }

    fn groups(vendor: &str, customers: u32) -> BTreeSet<String> {
        let customers = 0..customers;
        customers
            .map(|customer| written(vendor, customer, 0).group_id())
            .collect()
    }

    #[test]
    fn however_many_customers_a_vendor_has_they_share_a_few_groups_evenly() {
        let shares = usize::try_from(limits::VENDOR_SHARES).unwrap();
        assert_eq!(groups("vendor_001", 1_000).len(), shares);
        for group in groups("vendor_001", 1_000) {
            let of = |customer| written("vendor_001", customer, 0).group_id() == group;
            let customers = (0..1_000).filter(|customer| of(*customer)).count();
            assert!(
                (1_000 / shares / 2..1_000 / shares * 2).contains(&customers),
                "{customers}"
            );
        }
    }

    #[test]
    fn no_two_vendors_share_a_group() {
        let both = [groups("vendor_001", 200), groups("vendor_002", 200)];
        assert!(both[0].is_disjoint(&both[1]));
    }

    #[test]
    fn an_entry_that_was_set_aside_says_since_when_and_is_read_as_it_was() {
        let entry = written("vendor_001", 1, 1);
        let aside = Aside {
            since: Timestamp::UNIX_EPOCH,
            until: Timestamp::UNIX_EPOCH + std::time::Duration::from_millis(2_500),
        };
        let body = entry.to_body_aside(aside);
        assert_eq!(Aside::of(&body), Some(aside));
        assert_eq!(Aside::of(&entry.to_body()), None);
        assert_eq!(InboundEntry::from_body(&body), Ok(entry));
    }

    proptest! {
        #[test]
        fn a_customer_has_one_group_among_others_and_one_alone(one in 0_u32..100_000, other in 0_u32..100_000, keys in any::<[u32; 2]>()) {
            let first = written("vendor_001", one, keys[0]);
            let next = written("vendor_001", one, keys[1]);
            prop_assert_eq!(first.group_id(), next.group_id());
            prop_assert_eq!(first.own_group_id(), next.own_group_id());
            prop_assert_ne!(first.group_id(), first.own_group_id());
            let stranger = written("vendor_001", other, keys[0]);
            prop_assert_eq!(stranger.own_group_id() == first.own_group_id(), one == other);
            prop_assert!(groups("vendor_001", 200).contains(&stranger.group_id()));
        }
    }
}
