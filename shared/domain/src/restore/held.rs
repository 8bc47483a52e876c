//! The sends that a restore brought into doubt: people decide on them, and somebody has to know how many are left.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::VendorId;
use crate::ledger::Dispatch;
use crate::outbound::Outbound;

/// Vendors that are named, those with the most that is left first.
const MOST_VENDORS: usize = 20;

/// How many sends a restore brought into doubt, as they were counted last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Held {
    /// All of them, the settled ones too.
    pub sends: u64,
    /// Those of which it is known what became, that a person decided on, or that are erased.
    pub decided: u64,
    /// Whose the others are.
    pub vendors: Vec<VendorLeft>,
}

/// How many sends of one vendor wait for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VendorLeft {
    pub vendor_id: VendorId,
    pub left: u64,
}

impl Held {
    /// Counts from how many of each vendor are left.
    pub fn counted(sends: u64, left: BTreeMap<VendorId, u64>) -> Self {
        let open: u64 = left.values().sum();
        let mut vendors: Vec<_> = left
            .into_iter()
            .map(|(vendor_id, left)| VendorLeft { vendor_id, left })
            .collect();
        vendors.sort_by_key(|one| std::cmp::Reverse(one.left));
        vendors.truncate(MOST_VENDORS);
        Self {
            sends,
            decided: sends.saturating_sub(open),
            vendors,
        }
    }

    /// Those that wait for a person.
    pub fn left(&self) -> u64 {
        self.sends.saturating_sub(self.decided)
    }
}

/// Whether nobody has to decide on a send any more that a restore brought into doubt. `None`: the ledger has it no longer.
pub fn is_decided(message: Option<&Outbound>) -> bool {
    message.is_none_or(|message| {
        let follow_up = &message.follow_up;
        message.dispatch != Dispatch::Unknown
            || follow_up.discarded_at.is_some()
            || follow_up.retried_by.is_some()
    })
}
