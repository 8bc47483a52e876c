//! Echoes of people who are known by a linked id and by a number.

use simulator::{Fault, FaultKind};
use testkit::wasender::echo;

use crate::people::{LID, WAITS, recipients, session, talks, told, writes, writes_by_lid};
use crate::world::{AWA, VENDOR_1, World, run, run_with};

/// The vendor writes to Awa's number, on the phone or through us, and every send has its time to be known.
async fn comes_back(world: &World, text: &str, key_id: &str) {
    comes_back_under(world, text, &format!("{AWA}@s.whatsapp.net"), key_id).await;
    world.later(61).await;
}

async fn comes_back_under(world: &World, text: &str, jid: &str, key_id: &str) {
    world.unspeakable(&[text]);
    let mut body = echo(text, AWA, key_id);
    let item = &mut body["data"]["messages"];
    item["key"]["remoteJid"] = jid.into();
    item["messageTimestamp"] = world.clock().now().as_second().into();
    assert_eq!(world.webhook(VENDOR_1, &body).await.status, 200);
    world.quiet().await;
}

#[tokio::test]
async fn what_was_sent_under_a_linked_id_is_ours_after_its_conversation_was_joined() {
    let takes_linked_ids = |options: &mut simulator::Options| options.allow_lid_recipients = true;
    run_with(takes_linked_ids, async |world| {
        writes(world, "Bonjour", AWA, "PN1").await;
        let untold = Fault::new(FaultKind::Drop);
        world.simulator().fault(untold).expect("a fault");
        writes_by_lid(world, "Merci", LID, "LID1").await;
        assert_eq!(recipients(world)[1], format!("{LID}@lid"));
        told(world, LID, AWA);
        world.later(WAITS[0]).await;
        assert_eq!(talks(world).await.len(), 1);
        world.simulator().clear_faults().expect("faults end");
        let text = world.sent(VENDOR_1).remove(1);
        comes_back(world, &text, "ECHO1").await;
        let sent = world.messages(VENDOR_1, "outbound").await;
        assert_eq!(
            (sent.len(), &sent[0]["providerMessageId"]),
            (2, &"ECHO1".into())
        );
        writes(world, "Bonjour", AWA, "PN2").await;
        assert_eq!(
            recipients(world).len(),
            3,
            "nothing pauses the conversation"
        );
    })
    .await;
}

#[tokio::test]
async fn what_waits_under_a_linked_id_is_not_sent_after_the_vendor_typed_to_the_number() {
    run(async |world| {
        writes(world, "Bonjour", AWA, "PN1").await;
        session(world, "disconnected").await;
        writes_by_lid(world, "Merci", LID, "LID1").await;
        told(world, LID, AWA);
        world.later(WAITS[0]).await;
        assert_eq!(talks(world).await.len(), 1);
        comes_back(world, "Je vous appelle", "TYPED1").await;
        session(world, "connected").await;
        assert_eq!(recipients(world), [format!("+{AWA}")]);
        let statuses = world.statuses(VENDOR_1).await;
        assert!(statuses.contains(&"cancelled".to_owned()), "{statuses:?}");
    })
    .await;
}

/// A send went to the number, and its echo names a linked id that nobody was known under.
#[tokio::test]
async fn an_echo_under_a_linked_id_is_looked_up_before_it_counts_as_typed() {
    run(async |world| {
        world.unspeakable(&[LID]);
        told(world, LID, AWA);
        let untold = Fault::new(FaultKind::Drop);
        world.simulator().fault(untold).expect("a fault");
        writes(world, "Bonjour", AWA, "PN1").await;
        world.simulator().clear_faults().expect("faults end");
        let text = world.sent(VENDOR_1).remove(0);
        comes_back_under(world, &text, &format!("{LID}@lid"), "ECHO1").await;
        world.later(61).await;
        let sent = world.messages(VENDOR_1, "outbound").await;
        assert_eq!(
            (sent.len(), &sent[0]["providerMessageId"]),
            (1, &"ECHO1".into())
        );
        let talks = talks(world).await;
        assert_eq!((talks.len(), talks[0].lid.as_deref()), (1, Some(LID)));
        writes(world, "Bonjour", AWA, "PN2").await;
        assert_eq!(
            recipients(world).len(),
            2,
            "nothing pauses the conversation"
        );
    })
    .await;
}

#[tokio::test]
async fn typing_to_somebody_without_a_number_asks_for_it_once() {
    run(async |world| {
        world.unspeakable(&[LID]);
        for (text, key_id) in [
            ("Je vous appelle", "TYPED1"),
            ("Encore un instant", "TYPED2"),
        ] {
            comes_back_under(world, text, &format!("{LID}@lid"), key_id).await;
        }
        world.later(61).await;
        assert_eq!(world.messages(VENDOR_1, "outbound").await.len(), 2);
        assert_eq!(world.held("later"), 1);
        told(world, LID, AWA);
        world.later(WAITS[0]).await;
        writes(world, "Bonjour", AWA, "PN1").await;
        assert_eq!(talks(world).await.len(), 1);
        assert!(recipients(world).is_empty(), "the vendor attends to it");
    })
    .await;
}
