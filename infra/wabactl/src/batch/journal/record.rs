use domain::VendorId;
use serde::{Deserialize, Serialize};

use crate::batch::view::View;

/// The form of the journal that this build writes.
pub(super) const VERSION: u32 = 1;

/// What a row did to a vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Created,
    Updated,
}

/// One line of a journal.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Record {
    /// The first line.
    Run {
        version: u32,
        run: String,
        gateway: String,
    },
    /// How a vendor was, before it is written.
    Planned {
        vendor: VendorId,
        before: Option<View>,
        wanted: View,
    },
    Done {
        vendor: VendorId,
        outcome: Outcome,
        after: View,
    },
    Undone {
        vendor: VendorId,
    },
}

impl Record {
    pub(super) fn line(&self) -> String {
        let text = serde_json::to_string(self).expect("a record is JSON");
        text + "\n"
    }
}
