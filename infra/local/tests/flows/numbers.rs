//! Several numbers of one vendor: one webhook address, and each number with its own secret, session and lane.

use std::collections::BTreeSet;

use domain::limits;
use embedded_aws::When;
use serde_json::{Value, json};
use testkit::wasender::received;

use crate::front_door::{get, is_problem, register, shop};
use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, Vendor, World, run};

/// The second number of the first demo vendor.
pub(crate) const SECOND: Vendor = Vendor {
    id: "vendor_001",
    secret: "second_secret",
    session: "instance_second",
};
const PATH: &str = "vendors/vendor_001/waba-instances";

pub(crate) fn second() -> Value {
    json!({
        "phoneNumber": "+221700000150",
        "wasenderInstanceId": SECOND.session,
        "wasenderWebhookSecret": SECOND.secret,
        "wasenderApiKey": "second_key",
    })
}

/// A number of a vendor, made to measure.
fn number(place: usize) -> Value {
    json!({
        "phoneNumber": format!("+2217000002{place:02}"),
        "wasenderInstanceId": format!("number_instance_{place:02}"),
        "wasenderWebhookSecret": format!("number_secret_{place:02}"),
        "wasenderApiKey": format!("number_key_{place:02}"),
    })
}

pub(crate) async fn add(world: &World, path: &str, number: &Value) -> Answer {
    for secret in ["phoneNumber", "wasenderWebhookSecret", "wasenderApiKey"] {
        world.unspeakable(&[number[secret].as_str().unwrap_or_default()]);
    }
    let answer = world.admin("POST", path, &[], number).await;
    world.quiet().await;
    answer
}

async fn put(world: &World, path: &str, etag: &str, body: &Value) -> Answer {
    let answer = world.admin("PUT", path, &[("if-match", etag)], body).await;
    world.quiet().await;
    answer
}

#[tokio::test]
async fn a_customer_is_answered_from_the_number_that_was_written_to() {
    run(async |world| {
        let added = add(world, PATH, &second()).await;
        assert_eq!(added.status, 201, "{}", added.text);
        assert_eq!(added.json["wabaId"], "waba_vendor_001_2");
        assert_eq!(added.json["incomplete"], false);
        for (at, from, key) in [
            (VENDOR_1, AWA, "FIRST"),
            (SECOND, MOUSSA, "SECOND"),
            (SECOND, AWA, "BOTH"),
        ] {
            let answer = world.customer_writes(at, from, "Bonjour", key).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            world.later(1).await;
        }
        assert_eq!(
            (world.sent(VENDOR_1).len(), world.sent(SECOND).len()),
            (1, 2)
        );
        assert_eq!(world.statuses(VENDOR_1).await, ["read"; 3]);
        let from = async |direction| -> Vec<String> {
            let messages = world.messages(VENDOR_1, direction).await;
            let waba = |message: &Value| message["wabaId"].as_str().unwrap_or_default().to_owned();
            messages.iter().rev().map(waba).collect()
        };
        let expected = ["waba_vendor_001", "waba_vendor_001_2", "waba_vendor_001_2"];
        assert_eq!(from("inbound").await, expected);
        assert_eq!(from("outbound").await, expected);
        let body =
            json!({ "to": format!("+{AWA}"), "message": "Bonsoir", "wabaId": "waba_vendor_001_2" });
        world.unspeakable(&["Bonsoir"]);
        let path = "vendors/vendor_001/send-message";
        assert_eq!(world.admin("POST", path, &[], &body).await.status, 202);
        world.later(1).await;
        assert_eq!(
            world.sent(SECOND).last().map(String::as_str),
            Some("Bonsoir")
        );
        assert_eq!(world.statuses(VENDOR_1).await, ["read"; 4]);
    })
    .await;
}

#[tokio::test]
async fn a_number_that_drops_holds_no_other_number_of_its_vendor() {
    run(async |world| {
        add(world, PATH, &second()).await;
        let dropped = world
            .simulator()
            .set_status(SECOND.session, "disconnected")
            .await;
        assert_eq!(dropped.expect("the session exists"), Some(200));
        world.customer_writes(SECOND, AWA, "Bonjour", "HELD").await;
        world
            .customer_writes(VENDOR_1, MOUSSA, "Bonjour", "FREE")
            .await;
        world.quiet().await;
        assert_eq!(
            (world.sent(VENDOR_1).len(), world.sent(SECOND).len()),
            (1, 0)
        );
        let numbers = get(world, PATH).await.json["wabaInstances"].clone();
        let lanes: Vec<_> = (0..2).map(|at| &numbers[at]["lane"]["state"]).collect();
        assert_eq!(lanes, ["open", "parked"]);
    })
    .await;
}

#[tokio::test]
async fn a_number_is_added_once_and_its_id_is_its_own() {
    run(async |world| {
        register(world, &shop(1)).await;
        let path = "vendors/shop_01/waba-instances";
        assert_eq!(add(world, path, &number(2)).await.status, 201);
        let again = add(world, path, &number(2)).await;
        assert_eq!(
            (again.status, &again.json["wabaId"]),
            (200, &json!("waba_shop_01_2"))
        );
        let mut named = number(3);
        named["wabaId"] = "support".into();
        assert_eq!(add(world, path, &named).await.json["wabaId"], "support");
        let mut other = number(4);
        other["wabaId"] = "support".into();
        is_problem(&add(world, path, &other).await, 409, "waba_id_taken");
        for place in 4..=limits::NUMBERS {
            let answer = add(world, path, &number(place)).await;
            assert_eq!(answer.status, 201, "{place}: {}", answer.text);
        }
        is_problem(
            &add(world, path, &number(21)).await,
            409,
            "too_many_numbers",
        );
        let listed = get(world, path).await.json["wabaInstances"].clone();
        let listed = listed.as_array().expect("a list");
        let ids: BTreeSet<_> = listed.iter().map(|it| it["wabaId"].to_string()).collect();
        assert_eq!(ids.len(), limits::NUMBERS);
        is_problem(
            &add(world, "vendors/shop_09/waba-instances", &number(5)).await,
            404,
            "no_such_vendor",
        );
    })
    .await;
}

#[tokio::test]
async fn a_key_and_a_webhook_secret_belong_to_one_number() {
    run(async |world| {
        register(world, &shop(1)).await;
        let before = world.stored().await;
        for (field, value, code) in [
            ("wasenderApiKey", "shop_key_01", "api_key_in_use"),
            ("wasenderWebhookSecret", "shop_secret_01", "secret_in_use"),
        ] {
            let mut vendor = shop(2);
            vendor[field] = value.into();
            let answer = world.admin("POST", "vendors", &[], &vendor).await;
            is_problem(&answer, 409, code);
            assert_eq!(answer.json["field"], field);
            assert!(!answer.text.contains("shop_01"), "{}", answer.text);
            let mut another = number(2);
            another[field] = value.into();
            is_problem(
                &add(world, "vendors/shop_01/waba-instances", &another).await,
                409,
                code,
            );
        }
        assert_eq!(world.stored().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_replaced_key_or_secret_is_free_once_nobody_can_use_it_any_more() {
    run(async |world| {
        register(world, &shop(1)).await;
        let mut replaced = shop(1);
        replaced["wasenderApiKey"] = "another_key_01".into();
        replaced["wasenderWebhookSecret"] = "another_secret_01".into();
        register(world, &replaced).await;
        let mut key = shop(2);
        key["wasenderApiKey"] = "shop_key_01".into();
        let mut secret = shop(3);
        secret["wasenderWebhookSecret"] = "shop_secret_01".into();
        let ask = async |vendor: &Value| world.admin("POST", "vendors", &[], vendor).await;
        is_problem(&ask(&key).await, 409, "api_key_in_use");
        is_problem(&ask(&secret).await, 409, "secret_in_use");
        world.later(limits::SECRET_CACHE.as_secs()).await;
        assert_eq!(ask(&key).await.status, 201);
        is_problem(&ask(&secret).await, 409, "secret_in_use");
        let day = limits::PREVIOUS_SECRET_LIVES.as_secs();
        world
            .later(u64::try_from(day).expect("it is positive"))
            .await;
        assert_eq!(ask(&secret).await.status, 201);
        // Back to what it was is no theft, and nobody else's any more.
        is_problem(&ask(&shop(1)).await, 409, "secret_in_use");
    })
    .await;
}

#[tokio::test]
async fn of_two_vendors_that_claim_one_number_at_once_exactly_one_has_it() {
    run(async |world| {
        for (round, field) in [
            "phoneNumber",
            "wasenderInstanceId",
            "wasenderWebhookSecret",
            "wasenderApiKey",
        ]
        .into_iter()
        .cycle()
        .take(24)
        .enumerate()
        {
            let (mut one, mut other) = (shop(2 * round), shop(2 * round + 1));
            let shared = format!("+2217000008{round:02}");
            (one[field], other[field]) = (shared.clone().into(), shared.into());
            let (first, second) = tokio::join!(
                world.admin("POST", "vendors", &[], &one),
                world.admin("POST", "vendors", &[], &other)
            );
            let mut seen = [first.status, second.status];
            seen.sort_unstable();
            assert_eq!(seen, [201, 409], "{round}: {} {}", first.text, second.text);
            let loser = if first.status == 409 { &one } else { &other };
            let path = format!("vendors/{}", loser["vendorId"].as_str().expect("an id"));
            is_problem(&get(world, &path).await, 404, "no_such_vendor");
        }
        world.quiet().await;
    })
    .await;
}

#[tokio::test]
async fn numbers_that_are_added_at_once_all_keep_their_secrets() {
    run(async |world| {
        register(world, &shop(1)).await;
        let numbers: Vec<_> = (2..8).map(number).collect();
        let path = "vendors/shop_01/waba-instances";
        let adding = numbers
            .iter()
            .map(|number| world.admin("POST", path, &[], number));
        for answer in futures_util::future::join_all(adding).await {
            assert_eq!(answer.status, 201, "{}", answer.text);
        }
        world.quiet().await;
        for place in 2..8 {
            let secret = format!("number_secret_{place:02}");
            let mut body = received("Bonjour", AWA, &format!("AT{place}"));
            // The one of the events is the first vendor's session.
            body["sessionId"].take();
            let body = body.to_string();
            let headers = [("x-webhook-signature", secret.as_str())];
            let url = "/api/webhooks/wasender/shop_01";
            let answer = world.request("POST", url, &headers, body).await;
            assert_eq!(answer.status, 200, "{place}: {}", answer.text);
        }
        world.quiet().await;
    })
    .await;
}

#[tokio::test]
async fn two_operators_cannot_overwrite_each_others_change_of_a_number() {
    run(async |world| {
        register(world, &shop(1)).await;
        let path = "vendors/shop_01/waba/waba_shop_01";
        let change = |cap: u32| json!({ "phoneNumber": "+221700000101", "wasenderInstanceId": "shop_instance_01", "dailyCap": cap });
        is_problem(&world.admin("PUT", path, &[], &change(1)).await, 428, "precondition_required");
        for (first, second) in [(10, 20), (20, 10)] {
            let etag = get(world, path).await.etag;
            assert!(!etag.is_empty());
            let won = put(world, path, &etag, &change(first)).await;
            assert_eq!((won.status, &won.json["pacing"]["dailyCap"]), (200, &json!(first)));
            is_problem(&put(world, path, &etag, &change(second)).await, 412, "precondition_failed");
            let now = get(world, path).await;
            assert_eq!((&now.json["pacing"]["dailyCap"], &now.etag), (&json!(first), &won.etag));
        }
        // What the provider tells takes nobody's change away.
        let etag = get(world, path).await.etag;
        let told = world.simulator().set_status("shop_instance_01", "disconnected").await;
        told.expect("the session exists");
        world.quiet().await;
        assert_eq!(get(world, path).await.etag, etag);
        assert_eq!(put(world, path, &etag, &change(30)).await.status, 200);
        is_problem(&get(world, "vendors/shop_01/waba/other").await, 404, "no_such_number");
    })
    .await;
}

#[tokio::test]
async fn what_was_seen_of_a_session_does_not_count_for_another_even_without_a_key() {
    run(async |world| {
        let mut keyless = number(1);
        keyless.as_object_mut().expect("an object").remove("wasenderApiKey");
        let added = add(world, PATH, &keyless).await;
        assert_eq!(added.status, 201, "{}", added.text);
        let waba = added.json["wabaId"].as_str().expect("an id");
        let key = json!({ "pk": { "S": "vendor_001" }, "sk": { "S": format!("waba#{waba}") } });
        let known = json!({
            "TableName": "local-waba_instances", "Key": key,
            "ConditionExpression": "attribute_exists(pk)",
            "UpdateExpression": "SET providerSessionId = :session, #identity = :identity, drift = :drift",
            "ExpressionAttributeNames": { "#identity": "identity" },
            "ExpressionAttributeValues": {
                ":session": { "N": "77" }, ":identity": { "S": "match" }, ":drift": { "L": [{ "S": "webhook_url" }] },
            },
        });
        let read = json!({ "TableName": "local-waba_instances", "Key": key, "ConsistentRead": true });
        let path = format!("vendors/vendor_001/waba/{waba}");
        for (field, value) in [
            ("dailyCap", json!(50)),
            ("wasenderInstanceId", json!("number_instance_91")),
            ("phoneNumber", json!("+221700000291")),
        ] {
            world.aws_operation("DynamoDB_20120810.UpdateItem", &known).await;
            keyless[field] = value;
            let etag = get(world, &path).await.etag;
            let answer = put(world, &path, &etag, &keyless).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            let item = world.aws_operation("DynamoDB_20120810.GetItem", &read).await["Item"].clone();
            for name in ["providerSessionId", "identity", "drift"] {
                assert_eq!(item.get(name).is_some(), field == "dailyCap", "{field}: {name}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_of_a_number_and_of_a_vendor_is_named_at_once() {
    run(async |world| {
        let before = world.stored().await;
        let wrong = json!({
            "vendorId": "a b", "businessName": "", "phoneNumber": "12", "provider": "telegram", "wasenderInstanceId": "é",
            "wasenderWebhookSecret": "short", "wasenderApiKey": "x", "plan": "gold", "accountProtection": 1, "dailyCap": 0,
            "jitter": "no", "answerGroups": 1, "typedPauseMinutes": -1, "colour": "red",
        });
        let named = |answer: &Answer| -> BTreeSet<String> {
            is_problem(answer, 422, "invalid_field");
            let errors = answer.json["errors"].as_array().expect("all of them");
            assert_eq!(answer.json["field"], errors[0]["field"]);
            let name = |error: &Value| error["field"].as_str().unwrap_or_default().to_owned();
            errors.iter().map(name).collect()
        };
        let all = |body: &Value| -> BTreeSet<String> {
            body.as_object().expect("an object").keys().cloned().collect()
        };
        let answer = world.admin("POST", "vendors", &[], &wrong).await;
        assert_eq!(named(&answer), all(&wrong));
        let mut number = wrong.clone();
        for field in ["vendorId", "businessName", "answerGroups", "typedPauseMinutes"] {
            number.as_object_mut().expect("an object").remove(field);
        }
        let path = "vendors/vendor_001/waba/waba_vendor_001";
        assert_eq!(named(&put(world, path, "\"1\"", &number).await), all(&number));
        number["wabaId"] = "a b".into();
        assert_eq!(named(&world.admin("POST", PATH, &[], &number).await), all(&number));
        assert_eq!(world.stored().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_registration_that_dies_at_any_step_is_repaired_by_repeating_it() {
    run(async |world| {
        for when in [When::Before, When::After] {
            let mut seen_incomplete = 0;
            for step in 1..40 {
                let place = if when == When::Before {
                    step
                } else {
                    step + 40
                };
                let vendor = shop(place);
                world.aws().faults().crash("admin", step, when);
                let answer = world.admin("POST", "vendors", &[], &vendor).await;
                let died = world.aws().faults().pending_crashes() == 0;
                world.heal();
                let path = format!("vendors/shop_{place:02}");
                let left = get(world, &path).await;
                if died {
                    assert_eq!(answer.status, 500, "{step}: {}", answer.text);
                    seen_incomplete +=
                        usize::from(left.json["wabaInstances"][0]["incomplete"] == true);
                }
                world.later(limits::SECRETS_LEASE.as_secs()).await;
                let again = register(world, &vendor).await;
                assert_eq!(
                    again.json["wabaInstances"][0]["incomplete"], false,
                    "{step}: {}",
                    again.text
                );
                let known = Vendor {
                    id: Box::leak(format!("shop_{place:02}").into_boxed_str()),
                    secret: Box::leak(format!("shop_secret_{place:02}").into_boxed_str()),
                    session: "",
                };
                let told = world
                    .customer_writes(known, AWA, "Bonjour", &format!("STEP{place}"))
                    .await;
                assert_eq!(told.status, 200, "{step}: {}", told.text);
                world.quiet().await;
                if !died {
                    break;
                }
                assert!(step < 39, "the admin function takes more steps than that");
            }
            assert!(
                seen_incomplete > 0,
                "between the tables and the secret it is shown as incomplete"
            );
        }
    })
    .await;
}
