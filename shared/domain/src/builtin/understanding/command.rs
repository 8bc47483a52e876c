//! Slash commands.

use crate::builtin::Intent;

/// A slash command that the engine knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Help,
    Menu,
    /// All products, or those that its argument names.
    Products,
    /// One product, named by its argument.
    Product,
    Order,
    Pay,
    Appointment,
    Human,
    /// A command that nobody knows: it is answered with help.
    Unknown,
}

impl Command {
    pub const fn intent(self) -> Intent {
        match self {
            Self::Help | Self::Unknown => Intent::Help,
            Self::Menu => Intent::Menu,
            Self::Products | Self::Product => Intent::ProductInfo,
            Self::Order => Intent::OrderStatus,
            Self::Pay => Intent::Payment,
            Self::Appointment => Intent::Appointment,
            Self::Human => Intent::Human,
        }
    }
}
