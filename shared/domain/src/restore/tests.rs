use std::time::Duration;

use proptest::prelude::*;

use super::held::{Held, VendorLeft, is_decided};
use super::record::{Record, What};
use super::*;
use crate::access::KeyId;
use crate::outbound::tests::reply;
use crate::reconcile::{Alike, Logged, Row, row_of};
use crate::{ConversationId, LaneState, MessageId, ParkReason, VendorId, WabaId, limits};

const MADE: Timestamp = Timestamp::UNIX_EPOCH;

fn after(seconds: u64) -> Timestamp {
    MADE + Duration::from_secs(seconds)
}

fn restore() -> Restore {
    Restore::at(after(100))
}

fn in_state(dispatch: Dispatch) -> Outbound {
    let mut message = reply(3);
    message.dispatch = dispatch;
    message.listed = dispatch == Dispatch::Parked;
    message
}

#[test]
fn a_restore_is_named_by_its_moment() {
    let restore = Restore::parse(" 2026-11-23T10:15:00Z ").unwrap();
    assert_eq!(restore.to_string(), "2026-11-23T10:15:00Z");
    assert_eq!(Restore::parse("2026-11-23"), None, "a day is no moment");
    assert_eq!(Restore::parse("yes"), None);
}

#[test]
fn whatever_the_backup_holds_open_comes_into_doubt_and_nothing_else_moves() {
    for dispatch in Dispatch::ALL {
        let message = in_state(dispatch);
        let doubted = restore().doubted(&message);
        assert_eq!(doubted.is_some(), dispatch.is_open(), "{dispatch:?}");
        if let Some(doubted) = doubted {
            assert_eq!(doubted.dispatch, Dispatch::Unknown);
            assert_eq!(doubted.follow_up.restored_at, Some(after(100)));
            assert_eq!(doubted.revision, message.revision + 1);
            assert!(!doubted.listed && !doubted.undispatched);
            assert!(doubted.due_at(after(100)).is_some(), "it is asked after");
            assert_eq!(restore().doubted(&doubted), None, "once");
        }
    }
    let mut newer = in_state(Dispatch::Queued);
    newer.created_at = after(100);
    assert_eq!(restore().doubted(&newer), None, "it was made since");
}

#[test]
fn a_send_in_doubt_is_decided_by_proof_by_a_person_and_by_its_erasure() {
    let doubted = restore().doubted(&in_state(Dispatch::Queued)).unwrap();
    assert!(!is_decided(Some(&doubted)));
    assert!(
        !is_decided(Some(&doubted.clone().looked_at())),
        "asked after"
    );
    assert!(is_decided(None), "erased");
    assert!(is_decided(Some(&doubted.clone().discarded(after(200)))));
    let mut repeated = doubted.clone();
    repeated.follow_up.retried_by = Some(MessageId::derived(&["again"]));
    assert!(is_decided(Some(&repeated)));
    for proved in [Dispatch::Accepted, Dispatch::Rejected] {
        assert!(is_decided(Some(&doubted.clone().moved_to(proved))));
    }
}

#[test]
fn of_what_is_left_the_vendors_with_the_most_are_named_first() {
    let vendor = |number: u64| VendorId::parse(&format!("vendor_{number:03}")).unwrap();
    let left = (1..=30).map(|number| (vendor(number), number)).collect();
    let held = Held::counted(1_000, left);
    assert_eq!((held.left(), held.decided), (465, 535));
    let first = VendorLeft {
        vendor_id: vendor(30),
        left: 30,
    };
    assert_eq!((held.vendors.len(), &held.vendors[0]), (20, &first));
    assert_eq!(Held::counted(3, [].into()).left(), 0);
}

#[test]
fn a_send_that_the_provider_spoke_of_was_taken() {
    let mut message = reply(3).taken(MADE);
    message.delivery = Delivery::Sent;
    let doubted = restore().doubted(&message).unwrap();
    assert_eq!(doubted.dispatch, Dispatch::Accepted);
    assert_eq!(doubted.follow_up.restored_at, None);
}

#[test]
fn a_message_of_before_is_one_that_came_or_was_written_before() {
    let (before, since) = (after(99), after(100));
    for (received_at, occurred_at, expected) in [
        (before, None, true),
        (before, Some(before), true),
        (since, Some(before), true),
        (since, Some(since), false),
        (since, None, false),
    ] {
        let answered = restore().may_have_answered(received_at, occurred_at);
        assert_eq!(answered, expected, "{received_at} {occurred_at:?}");
    }
}

#[test]
fn an_emptied_lane_lists_nothing_and_waits_for_its_number_to_be_verified() {
    let stopped = Lane::default().parked(ParkReason::NotConnected, None);
    for lane in [Lane::default(), stopped.listing(false)] {
        let emptied = restore().emptied(lane.clone(), after(100));
        assert_eq!((emptied.listed, emptied.doubts), (0, 0));
        assert!(emptied.is_held_for_its_number() && emptied.unverified);
        assert!(emptied.revision > lane.revision && emptied.epoch > lane.epoch);
        assert_eq!(emptied.due_at(after(100)), Some(after(100)), "at once");
        let closed = restore().emptied(lane.closed(after(50)), after(100));
        assert!(closed.closed && closed.listed == 0);
        assert_eq!(closed.state, LaneState::Open);
    }
}

#[test]
fn a_log_proves_a_restored_send_until_the_moment_of_the_restore() {
    let doubted = restore().doubted(&in_state(Dispatch::Queued)).unwrap();
    let alike = [Alike {
        message: doubted.id.clone(),
        begun_at: doubted.follow_up.begun_at.unwrap(),
        begun_by: doubted.follow_up.restored_at,
        in_flight: false,
    }];
    let long = Restore::at(after(3_600));
    let longer = [Alike {
        begun_by: Some(long.moment()),
        ..alike[0].clone()
    }];
    let proof = |alike: &[Alike], at| {
        let row = Row {
            msg_id: 1,
            at: after(at),
            state: Logged::Taken,
        };
        row_of(&doubted.id, alike, &[row]).is_some()
    };
    assert!(proof(&alike, 50));
    assert!(proof(&longer, 3_000) && !proof(&longer, 3_601));
    assert!(!proof(
        &[Alike {
            begun_by: None,
            ..alike[0].clone()
        }],
        3_000
    ));
}

fn records() -> Vec<Record> {
    let vendor = VendorId::parse("vendor_001").unwrap();
    let conversation = ConversationId::derived(&["conversation"]);
    [
        What::VendorDeleted(vendor.clone()),
        What::NumberDeleted(vendor.clone(), WabaId::first_of(&vendor)),
        What::KeyRevoked(KeyId::from_bits(7)),
        What::Active(vendor.clone(), false),
        What::Active(vendor.clone(), true),
        What::Written(vendor.clone(), conversation.clone(), false),
        What::Written(vendor, conversation, true),
    ]
    .map(|what| Record {
        at: after(1_795_368_256),
        what,
    })
    .into()
}

#[test]
fn a_record_is_read_back_from_its_name_and_other_names_are_none() {
    for record in records() {
        assert_eq!(Record::read(&record.name()), Some(record));
    }
    let deleted = records()[0].name();
    assert_eq!(deleted, "changes/1795368256000/vendor-deleted/vendor_001");
    for wrong in [
        "",
        "changes/",
        "changes/1/vendor-deleted/v",
        "words/1795368256000/stop/v",
    ] {
        assert_eq!(Record::read(wrong), None, "{wrong}");
    }
    assert_eq!(Record::read(&format!("{deleted}/more")), None);
    assert_eq!(Record::read(&deleted.replace("changes", "words")), None);
}

#[test]
fn a_deletion_deletes_no_later_vendor_of_the_same_id_and_no_later_word_is_undone() {
    let mut vendor = crate::conversation::tests::config();
    let record = &records()[0];
    assert!(record.deletes(&vendor));
    vendor.created_at = record.at + Duration::from_millis(1);
    assert!(!record.deletes(&vendor));
    let paused = &records()[3];
    assert_eq!(paused.activity(&vendor), Some(false));
    vendor.active = false;
    assert_eq!(paused.activity(&vendor), None, "it is paused");
    vendor.active = true;
    vendor.updated_at = paused.at + Duration::from_millis(1);
    assert_eq!(paused.activity(&vendor), None, "it was changed since");
}

proptest! {
    /// Pages of any number, some repeated because whoever worked on them died before noting it.
    #[test]
    fn a_restore_passes_each_phase_in_its_order_and_is_done_once(pages in prop::collection::vec((0_u64..5, any::<bool>(), any::<bool>()), 0..40)) {
        let mut progress = Progress::begun(MADE);
        let mut noted = 0;
        for (sends, is_last, dies) in pages {
            let worked = Worked { sends, ..Worked::default() };
            let next = (!is_last).then(|| "place".to_owned());
            let after = progress.went_on(worked, next.clone(), after(1));
            prop_assert!(after.phase >= progress.phase && after.revision == progress.revision + 1);
            prop_assert_eq!(after.is_done(), after.finished_at.is_some());
            if !is_last && progress.phase != Phase::Done {
                prop_assert_eq!(after.phase, progress.phase);
            }
            if dies || progress.is_done() { continue; }
            noted += sends;
            progress = after;
            prop_assert_eq!(progress.worked.sends, noted);
        }
        // From wherever it stands, a last page of each phase ends it.
        for _ in Phase::ALL { progress = progress.went_on(Worked::default(), None, after(2)); }
        prop_assert!(progress.is_done());
    }

    /// Whatever state a message of the backup is in, it can't leave any more after the restore, whatever entries come for it.
    #[test]
    fn nothing_of_the_backup_leaves_after_the_restore(
        at in 0..Dispatch::ALL.len(), generation in 0_u32..3, entry in 0_u32..3, made in 0_u64..100, delivery in 0_usize..3
    ) {
        let mut message = in_state(Dispatch::ALL[at]);
        (message.generation, message.created_at) = (generation, after(made));
        message.delivery = Delivery::ALL[delivery];
        let restored = restore().doubted(&message).unwrap_or(message);
        prop_assert!(!restored.dispatch.is_open());
        let entry = crate::turn::Entry { generation: entry, control_epoch: 3, ..crate::turn::Entry::default() };
        let turn = crate::turn::turn(&restored, &Lane::default(), entry, after(100) + limits::SEND_LEASE);
        prop_assert!(matches!(turn, crate::turn::Turn::Drop(_)));
    }
}

#[test]
fn an_open_question_is_left_and_a_newer_one_is_not() {
    let vendor = VendorId::parse("vendor_001").unwrap();
    let mut question = Deferred {
        waba: WabaId::first_of(&vendor),
        vendor,
        question: MessageId::derived(&["question"]),
        conversation: ConversationId::derived(&["conversation"]),
        epoch: 1,
        asked_at: after(1),
        answer_by: after(300),
        state: DeferredState::Open,
        replies: 0,
    };
    let left = restore().left(&question).unwrap();
    assert_eq!(left.state, DeferredState::Superseded);
    assert_eq!(restore().left(&left), None);
    question.asked_at = after(100);
    assert_eq!(restore().left(&question), None);
}
