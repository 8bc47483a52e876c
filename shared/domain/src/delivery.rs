use serde::{Deserialize, Serialize};

/// How far a sent message got, by what the provider told. Evidence only ever rises.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    #[default]
    None,
    Pending,
    Sent,
    Delivered,
    Read,
    Played,
}

impl Delivery {
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::Pending,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Played,
    ];

    /// The number that stands for it in the ledger, so that "higher" is a comparison of numbers.
    pub const fn rank(self) -> u8 {
        self as u8
    }

    pub fn from_rank(rank: u8) -> Option<Self> {
        Self::ALL.get(usize::from(rank)).copied()
    }
}
