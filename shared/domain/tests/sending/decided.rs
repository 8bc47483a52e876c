//! Messages as conversations and staff decide on them.

use domain::{
    Contact, Content, ConversationId, Draft, MessageId, Origin, Outbound, PhoneNumber, VendorId,
    WabaId,
};
use jiff::Timestamp;

use crate::ledger::CONVERSATIONS;

pub(crate) fn origin(epoch: u64, staff: bool) -> Origin {
    if staff {
        return Origin::Staff;
    }
    Origin::Automatic {
        epoch,
        in_reply_to: MessageId::derived(&["question"]),
    }
}

pub(crate) fn message(
    (conversation, number): (usize, usize),
    index: usize,
    origin: Origin,
    now: Timestamp,
) -> Outbound {
    assert!(
        conversation < CONVERSATIONS,
        "there are but a few conversations"
    );
    let vendor = VendorId::parse("vendor_001").expect("it is an id");
    let phone = PhoneNumber::from_provider("221700000001").expect("it is a number");
    let draft = Draft {
        id: MessageId::derived(&["message", &number.to_string()]),
        waba: WabaId::first_of(&vendor),
        vendor,
        conversation: ConversationId::derived(&[&conversation.to_string()]),
        to: Contact::by_phone(phone),
        group: None,
        content: Content::text(format!("m{number}")),
        quote: None,
        origin,
        index,
    };
    draft.queued(now)
}
