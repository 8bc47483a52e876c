//! One person under several names: a linked id alone is looked up, and whatever comes first, one conversation is left.

use futures_util::future::join_all;
use serde_json::Value;
use simulator::{Contact, Fault, FaultKind};
use testkit::wasender::{received, received_from_lid};

use crate::front_door::calls_of;
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run};

pub(crate) const LID: &str = "123456789012301";
/// A little more than the first waits before a look-up is repeated.
pub(crate) const WAITS: [u64; 3] = [31, 121, 481];

/// A conversation that is not found to be another, as it is kept.
#[derive(Debug)]
pub(crate) struct Talk {
    phone: Option<String>,
    pub(crate) lid: Option<String>,
    messages: u64,
    session_id: String,
}

pub(crate) async fn talks(world: &World) -> Vec<Talk> {
    let stored = world.stored().await;
    let items = stored["conversations"].as_array().expect("items");
    let heads = items
        .iter()
        .filter(|item| item["sk"]["S"] == "conversation" && item["mergedInto"].is_null());
    let read = |item: &Value| {
        let json = |name: &str| -> Value {
            serde_json::from_str(item[name]["S"].as_str().expect("a text")).expect("JSON")
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (contact, context) = (json("contact"), json("context"));
        Talk {
            phone: text(&contact["phone"]),
            lid: text(&contact["lid"]),
            messages: context["messageCount"].as_u64().expect("a number"),
            session_id: text(&context["sessionId"]).expect("a text"),
        }
    };
    heads.map(read).collect()
}

/// The provider knows whose number is behind a linked id.
pub(crate) fn told(world: &World, lid: &str, phone: &str) {
    let contact = Contact {
        phone: phone.to_owned(),
        lid: Some(lid.to_owned()),
        on_whatsapp: true,
        username: None,
        picture: None,
    };
    world.simulator().add_contact(contact).expect("a contact");
}

pub(crate) async fn writes_by_lid(world: &World, text: &str, lid: &str, key_id: &str) {
    world.unspeakable(&[lid]);
    let answer = world
        .webhook(VENDOR_1, &received_from_lid(text, lid, key_id))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    world.quiet().await;
}

pub(crate) async fn writes(world: &World, text: &str, from: &str, key_id: &str) {
    world.customer_writes(VENDOR_1, from, text, key_id).await;
    world.quiet().await;
}

/// To whom messages left, in order.
pub(crate) fn recipients(world: &World) -> Vec<String> {
    let sends = world.simulator().sends();
    sends.into_iter().map(|send| send.to).collect()
}

fn look_ups_fail(world: &World, kind: FaultKind) {
    let fault = Fault::new(kind).path("pn-from-lid").times(1);
    let fault = Fault {
        retry_after: Some(300),
        ..fault
    };
    world.simulator().fault(fault).expect("a fault");
}

/// The vendor's session reports this status of itself.
pub(crate) async fn session(world: &World, status: &str) {
    let changed = world.simulator().set_status(VENDOR_1.session, status);
    assert_eq!(changed.await.expect("the session exists"), Some(200));
    world.quiet().await;
}

#[tokio::test]
async fn somebody_known_by_a_linked_id_alone_is_answered_at_the_number_behind_it() {
    run(async |world| {
        told(world, LID, AWA);
        writes_by_lid(world, "Bonjour", LID, "LID1").await;
        assert_eq!(recipients(world), [format!("+{AWA}")]);
        assert_eq!(world.statuses(VENDOR_1).await, ["read"]);
        let inbound = world.messages(VENDOR_1, "inbound").await;
        assert_eq!(inbound[0]["contact"]["phone"], format!("+{AWA}"));
        // From now on it is known, whatever the provider says.
        look_ups_fail(world, FaultKind::ServerError);
        writes_by_lid(world, "Merci", LID, "LID2").await;
        writes(world, "Merci", AWA, "PN1").await;
        assert_eq!(
            recipients(world),
            [format!("+{AWA}"), format!("+{AWA}"), format!("+{AWA}")]
        );
        let talks = talks(world).await;
        assert_eq!((talks.len(), talks[0].messages), (1, 3), "{talks:?}");
    })
    .await;
}

#[tokio::test]
async fn a_number_that_is_not_known_yet_is_asked_for_again_and_joins_two_conversations() {
    run(async |world| {
        writes(world, "Bonjour", AWA, "PN1").await;
        let session_id = talks(world).await.remove(0).session_id;
        writes_by_lid(world, "Merci", LID, "LID1").await;
        assert_eq!(talks(world).await.len(), 2);
        told(world, LID, AWA);
        world.later(WAITS[0]).await;
        let joined = talks(world).await;
        assert_eq!(joined.len(), 1, "{joined:?}");
        assert_eq!(
            (joined[0].messages, &joined[0].session_id),
            (2, &session_id)
        );
        assert_eq!(joined[0].phone.as_deref(), Some("+221700000001"));
        assert_eq!(joined[0].lid.as_deref(), Some(LID));
        writes_by_lid(world, "Merci", LID, "LID2").await;
        assert_eq!(recipients(world), [format!("+{AWA}"), format!("+{AWA}")]);
        assert_eq!(talks(world).await[0].messages, 3);
    })
    .await;
}

#[tokio::test]
async fn a_variant_that_tells_the_number_joins_two_conversations() {
    run(async |world| {
        writes(world, "Bonjour", AWA, "PN1").await;
        writes_by_lid(world, "Merci", LID, "LID1").await;
        assert_eq!(talks(world).await.len(), 2);
        let mut richer = received_from_lid("Merci", LID, "LID1");
        richer["data"]["messages"]["key"]["cleanedSenderPn"] = AWA.into();
        assert_eq!(world.webhook(VENDOR_1, &richer).await.status, 200);
        world.quiet().await;
        let joined = talks(world).await;
        assert_eq!((joined.len(), joined[0].messages), (1, 2), "{joined:?}");
    })
    .await;
}

#[tokio::test]
async fn a_look_up_that_nobody_answers_holds_no_answer_up() {
    for kind in [
        FaultKind::TimeoutBefore,
        FaultKind::Reset,
        FaultKind::Unauthorized,
    ] {
        run(async |world| {
            told(world, LID, AWA);
            look_ups_fail(world, kind);
            writes_by_lid(world, "Bonjour", LID, "LID1").await;
            let inbound = world.messages(VENDOR_1, "inbound").await;
            assert_eq!(inbound[0]["status"], "answered", "{kind:?}");
            assert_eq!(talks(world).await[0].phone, None, "{kind:?}");
            world.later(WAITS[0]).await;
            assert_eq!(
                talks(world).await[0].phone.as_deref(),
                Some("+221700000001"),
                "{kind:?}"
            );
        })
        .await;
    }
}

#[tokio::test]
async fn a_number_that_is_not_known_is_not_asked_for_at_every_message() {
    run(async |world| {
        for number in 0..3 {
            writes_by_lid(world, "Bonjour", LID, &format!("LID{number}")).await;
        }
        let calls = calls_of(world, "conversation");
        let asked = |call: &&String| *call == "DynamoDb UpdateItem local-lanes";
        assert_eq!(calls.iter().filter(asked).count(), 1, "{calls:#?}");
        assert_eq!(world.held("later"), 1);
        // It is given up in the end.
        for _ in 0..6 {
            world.later(600).await;
        }
        assert_eq!(world.held("later"), 0);
        let talks = talks(world).await;
        assert_eq!((talks.len(), talks[0].messages), (1, 3), "{talks:?}");
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_wants_fewer_look_ups_slows_look_ups_alone() {
    run(async |world| {
        told(world, LID, AWA);
        look_ups_fail(world, FaultKind::TooManyRequests);
        writes_by_lid(world, "Bonjour", LID, "LID1").await;
        writes(world, "Bonjour", MOUSSA, "PN1").await;
        assert_eq!(recipients(world), [format!("+{MOUSSA}")]);
        let is_known = async || {
            talks(world)
                .await
                .iter()
                .any(|talk| talk.lid.is_some() && talk.phone.is_some())
        };
        for wait in &WAITS[..2] {
            world.later(*wait).await;
            assert!(!is_known().await, "300 s are not over");
        }
        world.later(WAITS[2]).await;
        assert!(is_known().await);
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_waits_goes_to_the_number_that_became_known_meanwhile() {
    run(async |world| {
        session(world, "disconnected").await;
        writes_by_lid(world, "Bonjour", LID, "LID1").await;
        assert_eq!(world.statuses(VENDOR_1).await, ["parked"]);
        told(world, LID, AWA);
        world.later(WAITS[0]).await;
        session(world, "connected").await;
        assert_eq!(recipients(world), [format!("+{AWA}")]);
        assert_eq!(world.statuses(VENDOR_1).await, ["read"]);
    })
    .await;
}

#[tokio::test]
async fn two_names_at_the_same_moment_end_in_one_conversation() {
    run(async |world| {
        let people: Vec<_> = (10..17)
            .map(|number| {
                (
                    format!("1234567890123{number}"),
                    format!("2217000001{number}"),
                )
            })
            .collect();
        let mut bodies = Vec::new();
        for (number, (lid, phone)) in people.iter().enumerate() {
            world.unspeakable(&[lid, phone]);
            told(world, lid, phone);
            bodies.push(received_from_lid("Bonjour", lid, &format!("LID{number}")));
            bodies.push(received("Merci", phone, &format!("PN{number}")));
        }
        let answers = join_all(bodies.iter().map(|body| world.webhook(VENDOR_1, body))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        world.recover().await;
        for wait in WAITS {
            world.later(wait).await;
        }
        let talks = talks(world).await;
        assert_eq!(talks.len(), people.len(), "{talks:#?}");
        for talk in &talks {
            assert!(
                talk.phone.is_some() && talk.lid.is_some() && talk.messages == 2,
                "{talk:?}"
            );
        }
        let inbound = world.messages(VENDOR_1, "inbound").await;
        assert!(
            inbound
                .iter()
                .all(|message| message["status"] == "answered")
        );
    })
    .await;
}
