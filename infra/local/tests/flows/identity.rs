//! Whose number a session is: nothing leaves from another one than the registered, and nothing is held that nobody contradicts.

use std::ops::Range;
use std::time::Duration;

use domain::limits;
use embedded_aws::When;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind, SessionSpec};

use crate::front_door::{get, register, shop};
use crate::world::{AWA, VENDOR_1, VENDOR_2, World, run};

/// A number that nobody registered.
const STRANGER: &str = "+221700000177";
const OWN: &str = "+221701111111";

async fn staff_writes(world: &World, vendor: &str, numbers: Range<usize>) {
    for text in numbered(numbers) {
        world.unspeakable(&[&text]);
        let path = format!("vendors/{vendor}/send-message");
        let body = json!({ "to": format!("+{AWA}"), "message": text });
        let answer = world.admin("POST", &path, &[], &body).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
    }
}

fn numbered(numbers: Range<usize>) -> Vec<String> {
    numbers
        .map(|number| format!("message {number:02}"))
        .collect()
}

/// Links another number to the first vendor's session, without a word of it.
async fn link(world: &World, number: &str) {
    world.unspeakable(&[number]);
    let path = format!("whatsapp-sessions/{}", VENDOR_1.session);
    let body = json!({ "phone_number": number });
    world.provider("PUT", &path, &body).await;
}

async fn session(world: &World, status: &str) {
    let changed = world.simulator().set_status(VENDOR_1.session, status);
    assert_eq!(changed.await.expect("the session exists"), Some(200));
}

/// What is known of a vendor's first number, and what its lane stands still for.
async fn state(world: &World, vendor: &str) -> (String, String) {
    let shown = get(world, &format!("vendors/{vendor}")).await.json;
    let number = &shown["wabaInstances"][0];
    let lane = &number["lane"];
    let lane = lane["reason"].as_str().or_else(|| lane["state"].as_str());
    let identity = number["identity"].as_str();
    (
        identity.unwrap_or_default().to_owned(),
        lane.unwrap_or_default().to_owned(),
    )
}

fn known(identity: &str, lane: &str) -> (String, String) {
    (identity.to_owned(), lane.to_owned())
}

fn user_answers(world: &World, kind: FaultKind) {
    let fault = Fault::new(kind).session(VENDOR_1.session).path("user");
    world.simulator().fault(fault).expect("a fault");
}

fn counted(metric: &str) -> bool {
    let lines = World::log_lines(VENDOR_1.id);
    lines.iter().any(|line| line[metric] == 1)
}

#[tokio::test]
async fn a_wrong_number_behind_the_key_sends_nothing_until_it_is_the_registered_one() {
    run(async |world| {
        session(world, "disconnected").await;
        link(world, STRANGER).await;
        session(world, "connected").await;
        staff_writes(world, VENDOR_1.id, 0..5).await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), Vec::<String>::new());
        assert_eq!(world.statuses(VENDOR_1).await, vec!["parked"; 5]);
        let held = known("mismatch", "identity");
        assert_eq!(state(world, VENDOR_1.id).await, held);
        assert!(counted("IdentityMismatch"));
        world.later(61).await;
        world.sweep().await;
        assert_eq!(state(world, VENDOR_1.id).await, held);
        assert_eq!(world.sent(VENDOR_1).len(), 0);
        // Another vendor is not touched.
        staff_writes(world, VENDOR_2.id, 0..1).await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_2).len(), 1);
        link(world, OWN).await;
        world.later(61).await;
        world.sweep().await;
        assert_eq!(world.sent(VENDOR_1), numbered(0..5));
        assert_eq!(state(world, VENDOR_1.id).await, known("verified", "open"));
    })
    .await;
}

#[tokio::test]
async fn a_vendor_that_is_given_anothers_key_sends_nothing_until_it_has_its_own() {
    run(async |world| {
        // Of a session that no vendor registered.
        let strange = SessionSpec {
            vendor_id: "nobody".to_owned(),
            instance_id: "strange".to_owned(),
            phone: STRANGER.to_owned(),
            api_key: "strange_key".to_owned(),
            webhook_secret: "strange_secret".to_owned(),
        };
        let added = world.simulator().add_session(strange);
        added.expect("the account has room for it");
        world.unspeakable(&[STRANGER]);
        let mut vendor = shop(7);
        vendor["wasenderApiKey"] = "strange_key".into();
        register(world, &vendor).await;
        staff_writes(world, "shop_07", 0..3).await;
        world.quiet().await;
        let held = known("mismatch", "identity");
        assert_eq!(state(world, "shop_07").await, held);
        assert!(world.simulator().sends().is_empty());
        vendor["wasenderApiKey"] = "shop_key_07".into();
        register(world, &vendor).await;
        let sends = world.simulator().sends();
        let sent: Vec<_> = sends.into_iter().filter_map(|send| send.text).collect();
        assert_eq!(sent, numbered(0..3));
        assert_eq!(state(world, "shop_07").await, known("verified", "open"));
        assert_eq!(state(world, VENDOR_1.id).await, known("verified", "open"));
    })
    .await;
}

#[tokio::test]
async fn each_connected_has_the_number_verified_anew() {
    run(async |world| {
        let verified_at = async || {
            let shown = get(world, "vendors/vendor_001").await.json;
            shown["wabaInstances"][0]["verifiedAt"].clone()
        };
        let mut before = verified_at().await;
        assert!(before.is_string());
        for _ in 0..3 {
            world.later(10).await;
            session(world, "connected").await;
            world.quiet().await;
            let after = verified_at().await;
            assert_ne!(after, before);
            before = after;
        }
        // Though nothing was said of the session's being down.
        link(world, STRANGER).await;
        session(world, "connected").await;
        world.quiet().await;
        assert_eq!(
            state(world, VENDOR_1.id).await,
            known("mismatch", "identity")
        );
    })
    .await;
}

#[tokio::test]
async fn a_storm_of_connected_ends_with_a_lane_that_is_open() {
    run(async |world| {
        for number in 0..6 {
            session(world, "connected").await;
            staff_writes(world, VENDOR_1.id, number..number + 1).await;
            session(world, "disconnected").await;
        }
        session(world, "connected").await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), numbered(0..6));
        assert_eq!(state(world, VENDOR_1.id).await, known("verified", "open"));
    })
    .await;
}

#[tokio::test]
async fn a_number_that_the_session_does_not_tell_is_read_from_the_account_by_its_key() {
    run(async |world| {
        user_answers(world, FaultKind::SuccessFalse);
        session(world, "connected").await;
        world.quiet().await;
        assert_eq!(state(world, VENDOR_1.id).await, known("verified", "open"));
        link(world, STRANGER).await;
        session(world, "connected").await;
        world.quiet().await;
        assert_eq!(
            state(world, VENDOR_1.id).await,
            known("mismatch", "identity")
        );
    })
    .await;
}

#[tokio::test]
async fn a_number_that_nobody_tells_holds_nothing_and_is_looked_at_again() {
    run(async |world| {
        let secret = json!({ "adminKey": world.admin_key() }).to_string();
        let token = uuid::Uuid::new_v4().to_string();
        let put = json!({ "SecretId": "local/platform", "SecretString": secret, "ClientRequestToken": token });
        world
            .aws_operation("secretsmanager.PutSecretValue", &put)
            .await;
        world.later(limits::SECRET_CACHE.as_secs() + 1).await;
        user_answers(world, FaultKind::SuccessFalse);
        session(world, "connected").await;
        staff_writes(world, VENDOR_1.id, 0..2).await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), numbered(0..2));
        let open = known("unverified", "open");
        assert_eq!(state(world, VENDOR_1.id).await, open);
        assert!(counted("IdentityUnverified"));
        world.simulator().clear_faults().expect("faults end");
        link(world, STRANGER).await;
        world.later(301).await;
        world.sweep().await;
        assert_eq!(
            state(world, VENDOR_1.id).await,
            known("mismatch", "identity")
        );
        link(world, OWN).await;
        world.later(61).await;
        world.sweep().await;
        assert_eq!(
            state(world, VENDOR_1.id).await,
            known("verified", "open")
        );
    })
    .await;
}

#[tokio::test]
async fn a_session_that_can_not_be_asked_stays_held_until_it_can() {
    run(async |world| {
        for (kind, reason) in [
            (FaultKind::TooManyRequests, "identity"),
            (FaultKind::Reset, "identity"),
            (FaultKind::Unauthorized, "credentials"),
        ] {
            user_answers(world, kind);
            session(world, "connected").await;
            world.quiet().await;
            let held = known("pending", reason);
            assert_eq!(state(world, VENDOR_1.id).await, held, "{kind:?}");
            world.simulator().clear_faults().expect("faults end");
            world.later(61).await;
            world.sweep().await;
            let open = known("verified", "open");
            assert_eq!(state(world, VENDOR_1.id).await, open, "{kind:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_that_drops_in_the_middle_of_fifty_sends_loses_and_doubles_none() {
    run(async |world| {
        staff_writes(world, VENDOR_1.id, 0..50).await;
        for until in [10, 25] {
            while world.sent(VENDOR_1).len() < until {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            session(world, "disconnected").await;
            world.quiet().await;
            let sent = world.sent(VENDOR_1);
            assert!(sent.len() < 50, "it dropped in the middle");
            let statuses = world.statuses(VENDOR_1).await;
            let parked = statuses.iter().filter(|status| *status == "parked");
            assert_eq!(parked.count(), 50 - sent.len());
            session(world, "connected").await;
        }
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), numbered(0..50));
        assert_eq!(world.statuses(VENDOR_1).await, vec!["read"; 50]);
        assert_eq!(state(world, VENDOR_1.id).await, known("verified", "open"));
    })
    .await;
}

#[tokio::test]
async fn a_verification_may_die_at_any_step() {
    run(async |world| {
        let mut written = 0;
        for when in [When::Before, When::After] {
            for step in 1.. {
                session(world, "disconnected").await;
                staff_writes(world, VENDOR_1.id, written..written + 1).await;
                world.quiet().await;
                written += 1;
                world.aws().faults().crash("sweep", step, when);
                session(world, "connected").await;
                world.quiet().await;
                let died = world.aws().faults().pending_crashes() == 0;
                world.heal();
                for _ in 0..2 {
                    world.later(61).await;
                    world.sweep().await;
                }
                let open = known("verified", "open");
                assert_eq!(state(world, VENDOR_1.id).await, open, "{when:?} {step}");
                assert_eq!(world.sent(VENDOR_1), numbered(0..written));
                if !died {
                    assert!(step > 5, "a verification takes steps, and {step} were seen");
                    break;
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_registration_that_dies_before_its_secret_is_stored_is_held_and_finished_by_another() {
    run(async |world| {
        let mut vendor: Value = shop(8);
        for when in [When::Before, When::After] {
            for step in 1.. {
                vendor["wasenderApiKey"] = format!("shop_key_{when:?}_{step:02}").into();
                world.unspeakable(&[vendor["wasenderApiKey"].as_str().unwrap_or_default()]);
                world.aws().faults().crash("admin", step, when);
                world.admin("POST", "vendors", &[], &vendor).await;
                world.quiet().await;
                let died = world.aws().faults().pending_crashes() == 0;
                world.heal();
                // Whoever died may have had the right to change the secrets.
                world.later(limits::SECRETS_LEASE.as_secs()).await;
                register(world, &vendor).await;
                world.recover().await;
                let open = known("verified", "open");
                assert_eq!(state(world, "shop_08").await, open, "{when:?} {step}");
                if !died {
                    break;
                }
            }
        }
    })
    .await;
}
