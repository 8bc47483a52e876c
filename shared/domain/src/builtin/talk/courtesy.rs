use crate::builtin::Intent;
use crate::fold::fold;

/// What courtesy answers in Wolof to somebody who wrote this.
pub(super) fn in_wolof(intent: Intent, written: &str) -> Option<&'static str> {
    let folded = fold(written);
    let is_salam = folded.contains("sala") || folded.contains("asala");
    match intent {
        Intent::Greeting if is_salam => Some("Maaleekum salaam\u{a0}!"),
        Intent::Greeting => Some("Maa ngi fi rekk, jërëjëf\u{a0}!"),
        Intent::Thanks => Some("Ñoo ko bokk\u{a0}!"),
        Intent::Goodbye => Some("Ba beneen yoon\u{a0}!"),
        Intent::ProductInfo
        | Intent::OrderStatus
        | Intent::Payment
        | Intent::Complaint
        | Intent::Appointment
        | Intent::Human
        | Intent::Menu
        | Intent::Help
        | Intent::Unknown => None,
    }
}
