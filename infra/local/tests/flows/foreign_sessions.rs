//! A webhook says which session it is of. With another vendor's in it, it is refused, though its signature is right.

use std::collections::BTreeSet;

use domain::limits;
use embedded_aws::{Matcher, Service};
use serde_json::{Value, json};
use testkit::wasender::{event, received};

use crate::front_door::{JSON, URLS, calls_of, is_problem, post, register, shop, timed};
use crate::world::{AWA, Answer, World, run};

/// The keys of the demo vendors' sessions.
const FIRST: &str = testkit::wasender::SESSION_ID;
const SECOND: &str = "api_key_def";

/// A webhook of the `number`th shop that names this session.
async fn shop_tells(
    world: &World,
    (number, url): (usize, &str),
    session: &str,
    body: Value,
) -> Answer {
    let mut body = body;
    body["sessionId"] = session.into();
    let secret = format!("shop_secret_{number:02}");
    let headers = [JSON, ("x-webhook-signature", secret.as_str())];
    let to = format!("shop_{number:02}{url}");
    post(world, &to, &headers, body.to_string()).await
}

async fn shop_says_nothing(world: &World, number: usize, session: &str) -> u16 {
    let nothing = event("presence.update", &json!({}));
    shop_tells(world, (number, ""), session, nothing)
        .await
        .status
}

/// What was counted of a vendor under this name.
fn counted(vendor: &str, metric: &str) -> usize {
    let lines = World::log_lines(vendor);
    lines.iter().filter(|line| line[metric] == 1).count()
}

/// Lets nothing be known any more of which sessions there are.
async fn forget(world: &World) {
    world.later(limits::SECRET_CACHE.as_secs() + 1).await;
}

#[tokio::test]
async fn a_webhook_that_names_another_vendors_session_is_refused_at_every_url_and_leaves_nothing() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        register(world, &shop(93)).await;
        let body = received("Bonjour", AWA, "FOREIGN");
        world.recover().await;
        let before = world.stored().await;
        for (refused, url) in URLS.into_iter().enumerate() {
            for key in [FIRST, SECOND] {
                let answer = shop_tells(world, (93, url), key, body.clone()).await;
                is_problem(&answer, 401, "unauthorized");
                let headers = [JSON, ("x-webhook-signature", "wrong_secret")];
                let to = format!("shop_93{url}");
                let forged = post(world, &to, &headers, body.to_string()).await;
                assert_eq!(answer.text, forged.text, "they are told apart");
            }
            assert_eq!(counted("shop_93", "ForeignSession"), (refused + 1) * 2);
        }
        let lines = World::log_lines("shop_93");
        let told = lines
            .iter()
            .filter(|line| line["message"] == "webhook received");
        for line in told {
            assert_eq!(
                (&line["elements"], &line["refused"]),
                (&json!(1), &json!(1))
            );
        }
        world.recover().await;
        assert_eq!(world.stored().await, before);
        assert_eq!(
            shop_tells(world, (93, ""), "shop_key_93", body)
                .await
                .status,
            200
        );
    })
    .await;
}

#[tokio::test]
async fn the_vendors_own_sessions_and_nobodys_are_taken_in() {
    run(async |world| {
        register(world, &shop(94)).await;
        let second = json!({
            "phoneNumber": "+221700000994", "wasenderInstanceId": "shop_instance_94b",
            "wasenderWebhookSecret": "shop_secret_94b", "wasenderApiKey": "shop_key_94b",
        });
        world.unspeakable(&["+221700000994", "shop_secret_94b"]);
        let path = "vendors/shop_94/waba-instances";
        let added = world.admin("POST", path, &[], &second).await;
        assert_eq!(added.status, 201, "{}", added.text);
        world.quiet().await;
        world.aws().calls().take();
        for own in ["shop_key_94", "shop_key_94b"] {
            assert_eq!(shop_says_nothing(world, 94, own).await, 200);
        }
        let looks = calls_of(world, "messages");
        assert!(
            !looks.iter().any(|call| call.contains("GetItem")),
            "{looks:?}"
        );
        for nobodys in ["made_by_hand", "1", ""] {
            assert_eq!(
                shop_says_nothing(world, 94, nobodys).await,
                200,
                "{nobodys}"
            );
        }
        assert_eq!(counted("shop_94", "ForeignSession"), 0);
    })
    .await;
}

#[tokio::test]
async fn a_new_key_is_the_vendors_own_before_its_secrets_are_read_again_and_the_former_one_still() {
    run(async |world| {
        register(world, &shop(95)).await;
        assert_eq!(shop_says_nothing(world, 95, "shop_key_95").await, 200);
        let mut changed = shop(95);
        changed["wasenderApiKey"] = "shop_key_95_newer".into();
        register(world, &changed).await;
        for key in ["shop_key_95_newer", "shop_key_95"] {
            assert_eq!(shop_says_nothing(world, 95, key).await, 200, "{key}");
        }
        // Another vendor's webhook with it is refused while the key is in use, and not when it was given up.
        register(world, &shop(96)).await;
        assert_eq!(shop_says_nothing(world, 96, "shop_key_95_newer").await, 401);
        register(world, &shop(95)).await;
        world.clock().advance(limits::SECRET_FRESH);
        assert_eq!(shop_says_nothing(world, 96, "shop_key_95_newer").await, 200);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_nobody_knows_is_looked_up_once_in_minutes() {
    run(async |world| {
        register(world, &shop(97)).await;
        forget(world).await;
        let costs = async |world: &World| {
            world.aws().calls().take();
            assert_eq!(shop_says_nothing(world, 97, "made_by_hand").await, 200);
            calls_of(world, "messages")
        };
        let cold = [
            "SecretsManager GetSecretValue local/vendor/shop_97",
            "SecretsManager GetSecretValue local/marks",
            "DynamoDb GetItem local-waba_instances",
        ];
        assert_eq!(costs(world).await, cold);
        assert!(costs(world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_webhook_is_taken_in_and_counted_where_nobody_can_tell_whose_session_it_names() {
    run(async |world| {
        register(world, &shop(98)).await;
        for (service, number) in [(Service::SecretsManager, 1), (Service::DynamoDb, 2)] {
            forget(world).await;
            assert_eq!(shop_says_nothing(world, 98, "shop_key_98").await, 200);
            world.refuse(Matcher::any().caller("messages").service(service));
            assert_eq!(shop_says_nothing(world, 98, FIRST).await, 200);
            world.heal();
            assert_eq!(counted("shop_98", "SessionUnchecked"), number);
        }
        world.clock().advance(limits::SECRET_FRESH);
        assert_eq!(shop_says_nothing(world, 98, FIRST).await, 401);
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_sessions_looks_up_no_more_than_its_budget_and_stops_nobody() {
    run(async |world| {
        register(world, &shop(99)).await;
        forget(world).await;
        assert_eq!(shop_says_nothing(world, 99, "shop_key_99").await, 200);
        world.aws().calls().take();
        let flood = async {
            for number in 0..60 {
                let made_up = format!("made_up_{number}");
                assert_eq!(shop_says_nothing(world, 99, &made_up).await, 200);
            }
        };
        let ((), took) = timed(flood).await;
        let calls = calls_of(world, "messages");
        let kinds: BTreeSet<_> = calls.iter().map(String::as_str).collect();
        assert!(
            kinds.is_subset(&BTreeSet::from([
                "SecretsManager GetSecretValue local/marks",
                "DynamoDb GetItem local-waba_instances",
            ])),
            "{kinds:?}"
        );
        let seconds = usize::try_from(took.as_secs()).expect("it is short") + 2;
        let a_second = usize::try_from(limits::SESSION_KEYS_PER_SECOND).expect("it is small");
        assert!(
            calls.len() <= 1 + seconds * a_second,
            "{} in {took:?}",
            calls.len()
        );
        assert!(counted("shop_99", "SessionUnchecked") >= 60 - seconds * a_second);
    })
    .await;
}
