//! The names of what customers want.

/// What the customer wants, as far as the built-in engine can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intent {
    Greeting,
    ProductInfo,
    OrderStatus,
    Payment,
    Complaint,
    Appointment,
    Human,
    Menu,
    Help,
    Thanks,
    Goodbye,
    Unknown,
}

impl Intent {
    pub const ALL: [Self; 12] = [
        Self::Greeting,
        Self::ProductInfo,
        Self::OrderStatus,
        Self::Payment,
        Self::Complaint,
        Self::Appointment,
        Self::Human,
        Self::Menu,
        Self::Help,
        Self::Thanks,
        Self::Goodbye,
        Self::Unknown,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::ProductInfo => "product_info",
            Self::OrderStatus => "order_status",
            Self::Payment => "payment",
            Self::Complaint => "complaint",
            Self::Appointment => "appointment",
            Self::Human => "human",
            Self::Menu => "menu",
            Self::Help => "help",
            Self::Thanks => "thanks",
            Self::Goodbye => "goodbye",
            Self::Unknown => "unknown",
        }
    }

    /// The intent of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|intent| intent.as_str() == name)
    }
}
