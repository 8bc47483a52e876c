/// The branch of business that a vendor is in, which decides on the usual texts and the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    LiveSeller,
    Shop,
    Events,
    Services,
    B2b,
}

impl Segment {
    pub const ALL: [Self; 5] = [
        Self::LiveSeller,
        Self::Shop,
        Self::Events,
        Self::Services,
        Self::B2b,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LiveSeller => "live_seller",
            Self::Shop => "shop",
            Self::Events => "events",
            Self::Services => "services",
            Self::B2b => "b2b",
        }
    }

    /// The segment of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|segment| segment.as_str() == name)
    }
}
