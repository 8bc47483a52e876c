//! What is recorded outside the tables before it takes effect in them, so that tables of before do not undo it.

use jiff::Timestamp;

use crate::access::KeyId;
use crate::ids::{ConversationId, VendorId, WabaId};
use crate::vendor::{VendorConfig, WabaInstance};

/// Something that must hold although the tables are restored from before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub at: Timestamp,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    VendorDeleted(VendorId),
    NumberDeleted(VendorId, WabaId),
    KeyRevoked(KeyId),
    /// The vendor was paused (`false`), or goes on.
    Active(VendorId, bool),
    /// A customer asked to be written to no more (`false`), or again.
    Written(VendorId, ConversationId, bool),
}

impl What {
    /// Under which beginning a record stands: customers' words are kept for as long as a table can be restored, the rest for longer.
    const fn shelf(&self) -> &'static str {
        match self {
            Self::Written(..) => WORDS,
            Self::VendorDeleted(_)
            | Self::NumberDeleted(..)
            | Self::KeyRevoked(_)
            | Self::Active(..) => CHANGES,
        }
    }
}

/// The beginning of the names of records of changes.
pub const CHANGES: &str = "changes/";
/// The beginning of the names of records of customers' words.
pub const WORDS: &str = "words/";

impl Record {
    /// A record's name, which tells all of it: names sort by time, and the same record has the same name.
    pub fn name(&self) -> String {
        let rest = match &self.what {
            What::VendorDeleted(vendor) => format!("vendor-deleted/{vendor}"),
            What::NumberDeleted(vendor, waba) => format!("number-deleted/{vendor}/{waba}"),
            What::KeyRevoked(key) => format!("key-revoked/{}", key.as_str()),
            What::Active(vendor, true) => format!("vendor-resumed/{vendor}"),
            What::Active(vendor, false) => format!("vendor-paused/{vendor}"),
            What::Written(vendor, conversation, true) => format!("start/{vendor}/{conversation}"),
            What::Written(vendor, conversation, false) => format!("stop/{vendor}/{conversation}"),
        };
        let at = self.at.as_millisecond().max(0);
        format!("{}{at:013}/{rest}", self.what.shelf())
    }

    /// Reads a name; one that a later release wrote may not be understood.
    pub fn read(name: &str) -> Option<Self> {
        let rest = name
            .strip_prefix(CHANGES)
            .or_else(|| name.strip_prefix(WORDS))?;
        let mut parts = rest.split('/');
        let at = Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?;
        let kind = parts.next()?;
        let (first, second) = (parts.next()?, parts.next());
        let vendor = || VendorId::parse(first).ok();
        let conversation = || ConversationId::parse(second?).ok();
        let what = match kind {
            "vendor-deleted" => What::VendorDeleted(vendor()?),
            "number-deleted" => What::NumberDeleted(vendor()?, WabaId::parse(second?).ok()?),
            "key-revoked" => What::KeyRevoked(KeyId::parse(first).ok()?),
            "vendor-resumed" => What::Active(vendor()?, true),
            "vendor-paused" => What::Active(vendor()?, false),
            "start" => What::Written(vendor()?, conversation()?, true),
            "stop" => What::Written(vendor()?, conversation()?, false),
            _ => return None,
        };
        let record = Self { at, what };
        (parts.next().is_none() && record.name() == name).then_some(record)
    }

    /// Whether the vendor that was deleted is this one, and not a later one of the same id.
    pub fn deletes(&self, vendor: &VendorConfig) -> bool {
        matches!(&self.what, What::VendorDeleted(id) if *id == vendor.vendor_id)
            && vendor.created_at <= self.at
    }

    /// Whether the number that was deleted is this one, and not a later one of the same id.
    pub fn deletes_number(&self, number: &WabaInstance) -> bool {
        matches!(&self.what, What::NumberDeleted(vendor, waba)
            if *vendor == number.vendor_id && *waba == number.waba_id)
            && number.created_at <= self.at
    }

    /// Whether a vendor is to be active, if this was decided after all that the tables know of it.
    pub fn activity(&self, vendor: &VendorConfig) -> Option<bool> {
        match &self.what {
            What::Active(id, active)
                if *id == vendor.vendor_id
                    && vendor.updated_at <= self.at
                    && vendor.active != *active =>
            {
                Some(*active)
            }
            _ => None,
        }
    }
}
