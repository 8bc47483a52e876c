//! Webhook secrets and API keys change while a number's traffic goes on, and whatever dies meanwhile.

pub(crate) mod environments;
mod held;
mod keys;
mod waiting;

use std::time::Duration;

use domain::limits;
use embedded_aws::When;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};
use testkit::wasender::received;

use crate::front_door::{JSON, get, is_problem, post, register, shop};
use crate::world::{AWA, Answer, VENDOR_1, World, run, run_with};

/// More steps than a rotation takes.
const STEPS: usize = 30;
/// The table of numbers, and of the right to change a vendor's secrets.
const INSTANCES: &str = "local-waba_instances";

/// Lets time pass until something is done: a rotation waits for a while before it begins.
pub(crate) async fn passing<T>(world: &World, work: impl Future<Output = T>) -> T {
    let mut work = Box::pin(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(Duration::from_millis(5)) => {
                world.clock().advance(Duration::from_millis(100));
            }
        }
    }
}

/// Asks for a rotation of the first demo vendor's number.
pub(crate) async fn ask(world: &World, what: &str, body: &Value) -> Answer {
    let path = format!("vendors/{}/{what}", VENDOR_1.id);
    passing(world, world.admin("POST", &path, &[], body)).await
}

async fn rotate(world: &World, body: Value) -> Answer {
    ask(world, "rotate-webhook-secret", &body).await
}

/// The first demo vendor's session as the provider's account sees it.
pub(crate) async fn at_provider(world: &World) -> Value {
    let path = format!("whatsapp-sessions/{}", VENDOR_1.session);
    let detail = world.provider("GET", &path, &json!({})).await["data"].clone();
    let words = [&detail["api_key"], &detail["webhook_secret"]];
    world.unspeakable(&words.map(|word| word.as_str().expect("a secret")));
    detail
}

/// The webhook secret that the provider signs with.
async fn providers_secret(world: &World) -> String {
    let detail = at_provider(world).await;
    detail["webhook_secret"]
        .as_str()
        .expect("a text")
        .to_owned()
}

/// The status with which a webhook of the first demo vendor is answered.
async fn status(world: &World, secret: &str, key_id: &str) -> u16 {
    world.unspeakable(&[AWA]);
    let body = received("Merci", AWA, key_id).to_string();
    let headers = [JSON, ("x-webhook-signature", secret)];
    let answer = post(world, VENDOR_1.id, &headers, body).await;
    world.quiet().await;
    answer.status
}

/// What the store holds of the first demo vendor's number.
pub(crate) async fn stored(world: &World) -> Value {
    let asked = json!({ "SecretId": format!("local/vendor/{}", VENDOR_1.id) });
    let found = world.aws_operation("secretsmanager.GetSecretValue", &asked);
    let text = found.await["SecretString"]
        .as_str()
        .expect("a text")
        .to_owned();
    serde_json::from_str(&text).expect("JSON")
}

/// Switches the first demo vendor's webhooks off and on at the provider, as somebody may at its dashboard.
async fn another_secret_is_made_at_the_dashboard(world: &World) -> String {
    let path = format!("whatsapp-sessions/{}", VENDOR_1.session);
    for on in [false, true] {
        let body = json!({ "webhook_enabled": on });
        world.provider("PUT", &path, &body).await;
    }
    providers_secret(world).await
}

fn rotated(answer: &Answer) -> (u16, &Value, &Value) {
    (
        answer.status,
        &answer.json["rotated"],
        &answer.json["state"],
    )
}

#[tokio::test]
async fn a_secret_is_rotated_in_one_call_and_the_former_stays_good_for_a_day() {
    run(async |world| {
        let before = providers_secret(world).await;
        let answer = rotate(world, Value::Null).await;
        assert_eq!(rotated(&answer), (200, &json!(true), &json!("rotated")));
        let after = providers_secret(world).await;
        assert_ne!(before, after);
        assert!(!answer.text.contains(&after) && !answer.text.contains(&before));
        world.later(2).await;
        assert_eq!(status(world, &after, "NEW").await, 200);
        assert_eq!(status(world, &before, "OLD").await, 200);
        assert_eq!(status(world, "some_other_secret", "FORGED").await, 401);
        let lives = limits::PREVIOUS_SECRET_LIVES.unsigned_abs().as_secs();
        world.later(lives).await;
        assert_eq!(status(world, &before, "TOO_OLD").await, 401);
        assert_eq!(status(world, &after, "NEW_STILL").await, 200);
        assert_eq!(at_provider(world).await["webhook_enabled"], json!(true));
        let gaps = get(world, "vendors/vendor_001/gaps").await.json;
        assert_eq!(
            gaps["gaps"][0]["cause"], "drift",
            "webhooks were off: {gaps}"
        );
        assert!(gaps["gaps"][0]["to"].is_string(), "{gaps}");
    })
    .await;
}

#[tokio::test]
async fn what_the_customer_writes_after_a_rotation_comes_as_the_provider_posts_it() {
    run(async |world| {
        assert_eq!(rotate(world, json!({})).await.json["rotated"], true);
        world.unspeakable(&[AWA, "Bonsoir"]);
        let writes = simulator::Inbound {
            vendor_id: VENDOR_1.id.to_owned(),
            from: format!("+{AWA}"),
            text: "Bonsoir".to_owned(),
            ..simulator::Inbound::default()
        };
        let posted = world
            .simulator()
            .inbound(writes)
            .await
            .expect("it is posted");
        assert_eq!(posted.status, Some(200));
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_keeps_its_secret_is_told_of_and_nothing_changes() {
    run_with(
        |simulator| simulator.secret_when_switched_on = false,
        async |world| {
            let answer = rotate(world, json!({ "wabaId": "waba_vendor_001" })).await;
            let kept = (200, &json!(false), &json!("unchanged"));
            assert_eq!(rotated(&answer), kept);
            assert!(answer.json["hint"].is_string(), "{}", answer.text);
            assert_eq!(stored(world).await["renewals"], Value::Null);
            assert_eq!(at_provider(world).await["webhook_enabled"], json!(true));
            world.later(2).await;
            assert_eq!(status(world, VENDOR_1.secret, "STILL").await, 200);
            assert_eq!(status(world, "some_other_secret", "FORGED").await, 401);
        },
    )
    .await;
}

#[tokio::test]
async fn a_secret_that_was_made_at_the_dashboard_is_read_back_and_no_other_is_made() {
    run(async |world| {
        let made = another_secret_is_made_at_the_dashboard(world).await;
        let answer = rotate(world, Value::Null).await;
        assert_eq!(rotated(&answer), (200, &json!(true), &json!("rotated")));
        assert_eq!(providers_secret(world).await, made);
        world.later(2).await;
        assert_eq!(status(world, &made, "NEW").await, 200);
    })
    .await;
}

#[tokio::test]
async fn a_given_secret_is_good_at_once_and_promoted_by_the_first_webhook_that_shows_it() {
    run(async |world| {
        world.unspeakable(&["a_secret_to_come"]);
        let given = json!({ "newSecret": "a_secret_to_come" });
        let answer = rotate(world, given.clone()).await;
        assert_eq!(rotated(&answer), (200, &json!(false), &json!("waiting")));
        let ring = &stored(world).await["instances"][0]["webhook"];
        assert_eq!(
            (&ring["next"], &ring["current"]),
            (&json!("a_secret_to_come"), &json!(VENDOR_1.secret))
        );
        world.later(2).await;
        assert_eq!(status(world, VENDOR_1.secret, "OLD").await, 200);
        assert_eq!(
            stored(world).await["instances"][0]["webhook"]["next"],
            "a_secret_to_come"
        );
        assert_eq!(status(world, "a_secret_to_come", "NEW").await, 200);
        let ring = &stored(world).await["instances"][0]["webhook"];
        assert_eq!(
            (&ring["next"], &ring["current"]),
            (&Value::Null, &json!("a_secret_to_come"))
        );
        assert_eq!(ring["previous"]["secret"], VENDOR_1.secret);
        assert_eq!(status(world, VENDOR_1.secret, "OLD_STILL").await, 200);
        let again = rotate(world, given).await;
        assert_eq!(rotated(&again), (200, &json!(false), &json!("unchanged")));
    })
    .await;
}

#[tokio::test]
async fn a_given_secret_that_the_provider_shows_or_that_is_to_be_promoted_is_in_use_at_once() {
    run(async |world| {
        let made = another_secret_is_made_at_the_dashboard(world).await;
        let answer = rotate(world, json!({ "newSecret": made })).await;
        assert_eq!(rotated(&answer), (200, &json!(true), &json!("rotated")));
        world.unspeakable(&["a_secret_by_hand"]);
        let by_hand = json!({ "newSecret": "a_secret_by_hand", "promote": true });
        let answer = rotate(world, by_hand).await;
        assert_eq!(rotated(&answer), (200, &json!(true), &json!("rotated")));
        let ring = &stored(world).await["instances"][0]["webhook"];
        assert_eq!(ring["current"], "a_secret_by_hand");
        assert_eq!(ring["previous"]["secret"], made.as_str());
    })
    .await;
}

#[tokio::test]
async fn what_can_not_be_rotated_is_refused_and_says_why() {
    run(async |world| {
        let unknown = rotate(world, json!({ "wabaId": "waba_nobodys" })).await;
        is_problem(&unknown, 404, "no_such_number");
        let nobody = world.admin("POST", "vendors/nobody/rotate-webhook-secret", &[], &Value::Null);
        is_problem(&nobody.await, 404, "no_such_vendor");
        let wrong = json!({ "wabaId": "a b", "newSecret": "a b", "promote": "yes" });
        let wrong = rotate(world, wrong).await;
        is_problem(&wrong, 422, "invalid_field");
        assert_eq!(wrong.json["errors"].as_array().map(Vec::len), Some(3), "{}", wrong.text);
        is_problem(&rotate(world, json!({ "promote": true })).await, 422, "invalid_field");
        is_problem(&rotate(world, json!({ "newsecret": "x" })).await, 422, "invalid_field");
        is_problem(&rotate(world, json!([])).await, 400, "invalid_json");
        // The account has a session of its number no more.
        let path = format!("whatsapp-sessions/{}", VENDOR_1.session);
        let elsewhere = json!({ "phone_number": "+221700000077" });
        world.provider("PUT", &path, &elsewhere).await;
        let key = json!({ "SecretId": "local/vendor/vendor_001", "SecretString": r#"{"version":1,"instances":[{"wabaId":"waba_vendor_001","webhook":{"current":"secret_123"}}]}"# });
        world.aws_operation("secretsmanager.PutSecretValue", &key).await;
        for what in ["rotate-webhook-secret", "regenerate-api-key"] {
            world.later(limits::SECRET_CACHE.as_secs() + 1).await;
            let answer = ask(world, what, &Value::Null).await;
            is_problem(&answer, 409, "no_such_session");
        }
    })
    .await;
}

#[tokio::test]
async fn two_rotations_at_once_are_one_rotation() {
    run(async |world| {
        let both = async { tokio::join!(rotate(world, Value::Null), rotate(world, Value::Null)) };
        let (one, other) = both.await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", one.text, other.text);
        let refused = if one.status == 409 { one } else { other };
        is_problem(&refused, 409, "rotation_under_way");
        world.later(2).await;
        let secret = providers_secret(world).await;
        assert_eq!(status(world, &secret, "NEW").await, 200);
        assert_eq!(
            rotate(world, Value::Null).await.status,
            200,
            "the lease is over"
        );
    })
    .await;
}

/// Whatever died: the provider posts webhooks, and the gateway proves them by the secret that the provider has.
pub(crate) async fn is_whole(world: &World, what: &str) {
    let detail = at_provider(world).await;
    assert_eq!(detail["webhook_enabled"], true, "{what}");
    let stored = stored(world).await;
    assert_eq!(stored["renewals"], Value::Null, "{what}");
    let own = &stored["instances"][0];
    assert_eq!(
        own["webhook"]["current"], detail["webhook_secret"],
        "{what}"
    );
    assert_eq!(own["apiKey"], detail["api_key"], "{what}");
    let secret = detail["webhook_secret"].as_str().expect("a secret");
    let key_id = format!("WHOLE_{}", what.replace(' ', "_"));
    assert_eq!(status(world, secret, &key_id).await, 200, "{what}");
}

/// Lets the admin function die at its first step of a request, at its second, and so on, and looks whether all is whole afterwards, if need
/// be after the request is repeated. Answers how often it died.
pub(crate) async fn dies_at_every_step(world: &World, what: &str, is_repeated: bool) -> usize {
    let mut deaths = 0;
    for step in 1..=STEPS {
        let mut died = false;
        for when in [When::Before, When::After] {
            world.aws().faults().crash("admin", step, when);
            let answer = ask(world, what, &Value::Null).await;
            let crashed = world.aws().faults().pending_crashes() == 0;
            world.heal();
            assert!(!crashed || answer.status == 500, "{}", answer.text);
            died |= crashed;
            deaths += usize::from(crashed);
            if crashed && is_repeated {
                let lease = limits::SECRETS_LEASE.as_secs();
                world.later(lease + 1).await;
                let again = ask(world, what, &Value::Null).await;
                assert_eq!(again.status, 200, "{when:?} {step}: {}", again.text);
            }
            world.recover().await;
            is_whole(world, &format!("{what} {when:?} {step} {is_repeated}")).await;
        }
        if !died {
            return deaths;
        }
    }
    panic!("{what} takes more than {STEPS} steps");
}

#[tokio::test]
async fn a_rotation_may_die_at_any_step_and_is_finished_by_the_sweep() {
    run(async |world| {
        let deaths = dies_at_every_step(world, "rotate-webhook-secret", false).await;
        assert!(deaths >= 12, "{deaths}");
    })
    .await;
}

#[tokio::test]
async fn a_rotation_may_die_at_any_step_and_be_asked_for_again() {
    run(async |world| {
        let deaths = dies_at_every_step(world, "rotate-webhook-secret", true).await;
        assert!(deaths >= 12, "{deaths}");
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_says_nothing_half_way_is_asked_again_and_genuine_webhooks_are_put_off() {
    run(async |world| {
        // The detail is read, webhooks are switched off, and then nothing is heard.
        let path = format!("/api/whatsapp-sessions/{}", at_provider(world).await["id"]);
        for kind in [FaultKind::Reset, FaultKind::ResetAfter] {
            let later = Fault::new(kind).path(&path);
            let asking = async {
                let asking = world.admin(
                    "POST",
                    "vendors/vendor_001/rotate-webhook-secret",
                    &[],
                    &Value::Null,
                );
                let fault = async {
                    // It is announced, and waits.
                    world
                        .until(async || stored(world).await["renewals"].is_array())
                        .await;
                    world.simulator().fault(later).expect("a fault");
                };
                tokio::join!(asking, fault).0
            };
            let answer = passing(world, asking).await;
            is_problem(&answer, 503, "provider_unavailable");
            world.simulator().clear_faults().expect("faults end");
            let forged = status(world, "some_other_secret", "UNSURE").await;
            assert_eq!(forged, 503, "nobody knows which secret the provider has");
            let lives = limits::RENEWAL_SETTLES.as_secs();
            world.later(lives + 1).await;
            is_whole(world, &format!("{kind:?}")).await;
            world.later(2).await;
            assert_eq!(status(world, "some_other_secret", "FORGED").await, 401);
        }
    })
    .await;
}

/// Rotates the first demo vendor's secret while the provider does this to what it is asked after the secret's detail was read.
async fn rotate_while(world: &World, faults: &[Fault]) -> Answer {
    let path = format!("/api/whatsapp-sessions/{}", at_provider(world).await["id"]);
    let asking = async {
        let path_asked = format!("vendors/{}/rotate-webhook-secret", VENDOR_1.id);
        let asking = world.admin("POST", &path_asked, &[], &Value::Null);
        let faulting = async {
            // It is announced, and waits.
            world
                .until(async || stored(world).await["renewals"].is_array())
                .await;
            for fault in faults {
                let fault = fault.clone().path(&path);
                world.simulator().fault(fault).expect("a fault");
            }
        };
        tokio::join!(asking, faulting).0
    };
    let answer = passing(world, asking).await;
    world.simulator().clear_faults().expect("faults end");
    answer
}

/// Whether the newest gap of the first demo vendor lasts.
async fn gap_lasts(world: &World) -> bool {
    let gaps = get(world, "vendors/vendor_001/gaps").await.json;
    assert_eq!(gaps["gaps"][0]["cause"], "drift", "{gaps}");
    gaps["gaps"][0]["to"].is_null()
}

#[tokio::test]
async fn webhooks_that_may_have_been_switched_off_are_switched_on_at_once() {
    run(async |world| {
        let unheard = Fault::new(FaultKind::ResetAfter).times(1);
        let answer = rotate_while(world, &[unheard]).await;
        is_problem(&answer, 503, "provider_unavailable");
        assert_eq!(at_provider(world).await["webhook_enabled"], true);
        assert!(!gap_lasts(world).await);
        world.later(limits::RENEWAL_SETTLES.as_secs() + 1).await;
        is_whole(world, "off unheard").await;
    })
    .await;
}

#[tokio::test]
async fn a_gap_lasts_as_long_as_the_provider_refuses_to_switch_webhooks_on() {
    run(async |world| {
        let slow = Fault {
            delay_ms: Some(1),
            ..Fault::new(FaultKind::Slow).times(1)
        };
        let too_many = Fault::new(FaultKind::TooManyRequests).times(1);
        let answer = rotate_while(world, &[slow, too_many]).await;
        // Something changed.
        is_problem(&answer, 503, "provider_unavailable");
        assert_eq!(at_provider(world).await["webhook_enabled"], false);
        assert!(gap_lasts(world).await);
        world.later(limits::RENEWAL_SETTLES.as_secs() + 1).await;
        is_whole(world, "on refused").await;
        world.later(limits::WATCH_EVERY.as_secs() + 1).await;
        world.sweep().await;
        assert!(!gap_lasts(world).await);
    })
    .await;
}

#[tokio::test]
async fn a_renewal_whose_outcome_the_provider_never_tells_is_given_up() {
    run(async |world| {
        let path = format!("/api/whatsapp-sessions/{}", at_provider(world).await["id"]);
        let asking = async {
            let asking = world.admin(
                "POST",
                "vendors/vendor_001/rotate-webhook-secret",
                &[],
                &Value::Null,
            );
            let fault = async {
                world
                    .until(async || stored(world).await["renewals"].is_array())
                    .await;
                let silent = Fault::new(FaultKind::Reset).path(&path);
                world.simulator().fault(silent).expect("a fault");
            };
            tokio::join!(asking, fault).0
        };
        is_problem(&passing(world, asking).await, 503, "provider_unavailable");
        let rounds = limits::RENEWAL_LIVES.as_secs() / limits::RENEWAL_SETTLES.as_secs();
        for _ in 0..=rounds {
            world.later(limits::RENEWAL_SETTLES.as_secs() + 1).await;
        }
        assert_eq!(stored(world).await["renewals"], Value::Null);
        assert_eq!(world.held("later"), 0);
        assert_eq!(status(world, VENDOR_1.secret, "STILL").await, 200);
        assert_eq!(status(world, "some_other_secret", "FORGED").await, 401);
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_a_repair_has_the_provider_make_is_read_back() {
    run(async |world| {
        let path = format!("whatsapp-sessions/{}", VENDOR_1.session);
        let off = json!({ "webhook_enabled": false });
        world.provider("PUT", &path, &off).await;
        world.later(limits::WATCH_EVERY.as_secs() + 1).await;
        world.sweep().await;
        world.later(limits::RENEWAL_SETTLES.as_secs() + 1).await;
        is_whole(world, "repaired").await;
    })
    .await;
}

/// Writes or deletes the right of some other request to change the first demo vendor's secrets.
async fn secrets_are_held(world: &World, are_held: bool) {
    let key = json!({ "pk": { "S": VENDOR_1.id }, "sk": { "S": "lease" } });
    let (operation, request) = if are_held {
        let mut item = key;
        item["holder"] = json!({ "S": "somebody" });
        item["leaseUntil"] = json!({ "N": "9999999999999" });
        ("PutItem", json!({ "TableName": INSTANCES, "Item": item }))
    } else {
        ("DeleteItem", json!({ "TableName": INSTANCES, "Key": key }))
    };
    let target = format!("DynamoDB_20120810.{operation}");
    world.aws_operation(&target, &request).await;
}

#[tokio::test]
async fn a_repair_that_could_lose_a_secret_waits_until_the_secrets_are_let_go() {
    run(async |world| {
        let path = format!("whatsapp-sessions/{}", VENDOR_1.session);
        let off = json!({ "webhook_enabled": false });
        world.provider("PUT", &path, &off).await;
        secrets_are_held(world, true).await;
        for _ in 0..3 {
            world.later(limits::WATCH_EVERY.as_secs() + 1).await;
            world.sweep().await;
            assert_eq!(at_provider(world).await["webhook_enabled"], false);
        }
        secrets_are_held(world, false).await;
        world.later(limits::WATCH_EVERY.as_secs() + 1).await;
        world.sweep().await;
        world.later(limits::RENEWAL_SETTLES.as_secs() + 1).await;
        is_whole(world, "repaired later").await;
    })
    .await;
}

#[tokio::test]
async fn another_number_of_the_account_keeps_its_secret() {
    run(async |world| {
        register(world, &shop(1)).await;
        assert_eq!(rotate(world, Value::Null).await.json["rotated"], true);
        world.later(2).await;
        let headers = [JSON, ("x-webhook-signature", "shop_secret_01")];
        let mut body = received("Merci", AWA, "OTHERS");
        body["sessionId"] = "shop_key_01".into();
        let answer = post(world, "shop_01", &headers, body.to_string()).await;
        assert_eq!(answer.status, 200);
    })
    .await;
}
