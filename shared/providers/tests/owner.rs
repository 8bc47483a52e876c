//! What each payload of the owner's older dialect becomes.

mod described;

#[test]
fn prints() {}
