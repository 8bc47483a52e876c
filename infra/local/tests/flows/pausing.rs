//! A vendor that is paused: messages to it are kept and not answered, and no reply leaves that was decided before.

use embedded_aws::Matcher;
use serde_json::{Value, json};

use crate::front_door::{get, is_problem, register, shop};
use crate::numbers;
use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, World, run};

async fn pause(world: &World, what: &str) -> Answer {
    let path = format!("vendors/{}/{what}", VENDOR_1.id);
    let answer = world.admin("POST", &path, &[], &Value::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json["active"], what == "resume");
    answer
}

async fn staff_writes(world: &World, text: &str) {
    world.unspeakable(&[text]);
    let path = format!("vendors/{}/send-message", VENDOR_1.id);
    let body = json!({ "to": format!("+{AWA}"), "message": text });
    let answer = world.admin("POST", &path, &[], &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
}

#[tokio::test]
async fn a_paused_vendor_keeps_messages_and_answers_none_until_it_goes_on() {
    run(async |world| {
        let paused = pause(world, "pause").await;
        assert_eq!(
            pause(world, "pause").await.etag,
            paused.etag,
            "again changes nothing"
        );
        let kept = world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "KEPT")
            .await;
        assert_eq!(kept.status, 200);
        staff_writes(world, "Nous revenons demain").await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), ["Nous revenons demain"]);
        let inbound = world.messages(VENDOR_1, "inbound").await;
        assert_eq!(
            (inbound.len(), &inbound[0]["status"]),
            (1, &json!("handled"))
        );
        pause(world, "resume").await;
        world.later(60).await;
        assert_eq!(
            world.sent(VENDOR_1).len(),
            1,
            "what came meanwhile is not answered"
        );
        world
            .customer_writes(VENDOR_1, MOUSSA, "Bonjour", "NEXT")
            .await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_was_decided_before_the_pause_never_leaves() {
    run(async |world| {
        for (round, goes_on) in [false, true].into_iter().enumerate() {
            // Decided, and not in the queue yet.
            world.refuse(
                Matcher::any()
                    .caller("conversation")
                    .operation("SendMessage"),
            );
            world
                .customer_writes(VENDOR_1, AWA, "Bonjour", &format!("DECIDED{round}"))
                .await;
            world.quiet().await;
            pause(world, "pause").await;
            if goes_on {
                pause(world, "resume").await;
            }
            world.heal();
            world.recover().await;
            assert_eq!(world.sent(VENDOR_1).len(), 0, "goes on: {goes_on}");
            let statuses = world.statuses(VENDOR_1).await;
            assert_eq!(statuses, vec!["cancelled"; round + 1]);
            pause(world, "resume").await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_waits_for_its_session_is_cancelled_by_a_pause_and_staffs_message_is_not() {
    run(async |world| {
        numbers::add(
            world,
            "vendors/vendor_001/waba-instances",
            &numbers::second(),
        )
        .await;
        let session = async |status: &str| {
            let changed = world.simulator().set_status(VENDOR_1.session, status).await;
            assert_eq!(changed.expect("the session exists"), Some(200));
            world.quiet().await;
        };
        session("disconnected").await;
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "WAITS")
            .await;
        staff_writes(world, "Votre colis est là").await;
        world.quiet().await;
        assert_eq!(world.statuses(VENDOR_1).await, ["parked", "parked"]);
        pause(world, "pause").await;
        pause(world, "resume").await;
        session("connected").await;
        world.later(5).await;
        assert_eq!(world.sent(VENDOR_1), ["Votre colis est là"]);
        assert_eq!(world.statuses(VENDOR_1).await, ["cancelled", "read"]);
    })
    .await;
}

/// When the last call of each of the first vendor's replies began, in milliseconds.
async fn begun(world: &World) -> Vec<i64> {
    let scan = json!({ "TableName": "local-messages", "ConsistentRead": true });
    let found = world.aws_operation("DynamoDB_20120810.Scan", &scan).await;
    let items = found["Items"].as_array().expect("items").iter();
    let replies = items.filter(|item| item["origin"]["S"] == "automatic");
    let begun = |item: &Value| item["begunAt"]["N"].as_str()?.parse().ok();
    replies.filter_map(begun).collect()
}

#[tokio::test]
async fn no_send_of_a_reply_begins_after_a_pause_was_answered_whenever_it_comes() {
    run(async |world| {
        for round in 0..12_u64 {
            for at in 0..4 {
                let customer = format!("2217000007{round:02}{at}");
                world
                    .customer_writes(
                        VENDOR_1,
                        &customer,
                        "Bonjour",
                        &format!("ROUND{round}_{at}"),
                    )
                    .await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(7 * round)).await;
            let before = begun(world).await.len();
            pause(world, "pause").await;
            let paused_at = world.clock().now().as_millisecond();
            world.later(5).await;
            let all = begun(world).await;
            let late = all.iter().filter(|at| **at > paused_at).count();
            assert_eq!(late, 0, "round {round}: {before} had begun before");
            assert_eq!(world.sent(VENDOR_1).len(), all.len());
            pause(world, "resume").await;
            world.later(5).await;
            assert_eq!(
                begun(world).await.len(),
                all.len(),
                "round {round}: going on sends nothing old"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_that_is_added_to_a_paused_vendor_is_silent_too() {
    run(async |world| {
        pause(world, "pause").await;
        let path = "vendors/vendor_001/waba-instances";
        assert_eq!(
            numbers::add(world, path, &numbers::second()).await.status,
            201
        );
        let scan = json!({ "TableName": "local-lanes", "ConsistentRead": true });
        let found = world.aws_operation("DynamoDB_20120810.Scan", &scan).await;
        let lanes = found["Items"].as_array().expect("items").iter();
        let of_vendor = lanes.filter(|it| {
            it["sk"]["S"] == "lane"
                && it["pk"]["S"]
                    .as_str()
                    .is_some_and(|pk| pk.starts_with("vendor_001#"))
        });
        let silent: Vec<_> = of_vendor.map(|it| it["silent"]["BOOL"] == true).collect();
        assert_eq!(silent, [true, true]);
    })
    .await;
}

#[tokio::test]
async fn a_number_that_is_deleted_in_a_pause_and_added_after_it_answers_again() {
    run(async |world| {
        let path = "vendors/vendor_001/waba-instances";
        let added = numbers::add(world, path, &numbers::second()).await;
        let number = format!(
            "vendors/vendor_001/waba/{}",
            added.json["wabaId"].as_str().unwrap()
        );
        pause(world, "pause").await;
        let deleted = world.admin("DELETE", &number, &[], &Value::Null).await;
        assert_eq!(deleted.status, 200, "{}", deleted.text);
        pause(world, "resume").await;
        let again = numbers::add(world, path, &numbers::second()).await;
        assert_eq!(again.status, 201, "{}", again.text);
        world.later(60).await;
        world
            .customer_writes(numbers::SECOND, MOUSSA, "Bonjour", "AGAIN")
            .await;
        world.later(5).await;
        assert_eq!(world.sent(numbers::SECOND).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn two_operators_cannot_overwrite_each_others_change_of_a_vendor() {
    run(async |world| {
        register(world, &shop(1)).await;
        let path = "vendors/shop_01";
        let change = |name: &str| json!({ "businessName": name, "autoReply": false });
        let put = async |etag: &str, name: &str| {
            world.admin("PUT", path, &[("if-match", etag)], &change(name)).await
        };
        is_problem(&world.admin("PUT", path, &[], &change("A")).await, 428, "precondition_required");
        for (first, second) in [("A", "B"), ("B", "A")] {
            let etag = get(world, path).await.etag;
            let (one, other) = tokio::join!(put(&etag, first), put(&etag, second));
            let mut seen = [one.status, other.status];
            seen.sort_unstable();
            assert_eq!(seen, [200, 412], "{} {}", one.text, other.text);
            let won = if one.status == 200 { &one } else { &other };
            let now = get(world, path).await;
            assert_eq!((&now.json["businessName"], &now.etag), (&won.json["businessName"], &won.etag));
            assert_eq!(now.json["autoReply"], false);
            is_problem(&put(&etag, "late").await, 412, "precondition_failed");
        }
        for bad in ["1", "W/\"1\"", "*", "\"one\"", ""] {
            is_problem(&put(bad, "A").await, 422, "invalid_field");
        }
        let etag = get(world, path).await.etag;
        let wrong = json!({ "businessName": "", "active": "no", "language": "français", "typedPauseMinutes": -1, "colour": 1 });
        let answer = world.admin("PUT", path, &[("if-match", &etag)], &wrong).await;
        is_problem(&answer, 422, "invalid_field");
        assert_eq!(answer.json["errors"].as_array().map(Vec::len), Some(5), "{}", answer.text);
    })
    .await;
}

#[tokio::test]
async fn a_vendor_without_auto_reply_is_left_to_its_staff() {
    run(async |world| {
        let etag = get(world, "vendors/vendor_001").await.etag;
        let body = json!({ "businessName": "My Shop A", "autoReply": false });
        let put = world
            .admin("PUT", "vendors/vendor_001", &[("if-match", &etag)], &body)
            .await;
        assert_eq!(
            (put.status, &put.json["autoReply"]),
            (200, &json!(false)),
            "{}",
            put.text
        );
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "UNANSWERED")
            .await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1).len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_number_stays_at_its_provider_until_another_one_is_prepared() {
    run(async |world| {
        let before = world.stored().await;
        let switch = async |body: Value| {
            world
                .admin("POST", "vendors/vendor_001/switch-provider", &[], &body)
                .await
        };
        let same = switch(json!({ "provider": "wasender" })).await;
        assert_eq!(
            (same.status, &same.json["wabaId"]),
            (200, &json!("waba_vendor_001")),
            "{}",
            same.text
        );
        for provider in ["meta", "unipile"] {
            let answer = switch(json!({ "provider": provider, "wabaId": "waba_vendor_001" })).await;
            is_problem(&answer, 409, "provider_not_prepared");
            assert!(answer.json["hint"].is_string());
        }
        is_problem(
            &switch(json!({ "provider": "telegram" })).await,
            422,
            "invalid_field",
        );
        is_problem(
            &switch(json!({ "provider": "meta", "wabaId": "other" })).await,
            404,
            "no_such_number",
        );
        assert_eq!(world.stored().await, before);
    })
    .await;
}
