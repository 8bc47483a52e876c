//! Vendors in the admin API: created, updated, listed, and every mistake by its name.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::front_door::{get, is_problem, register, shop};
use crate::world::{Answer, World, run};

#[tokio::test]
async fn a_vendor_is_created_once_and_updated_after_that() {
    run(async |world| {
        is_problem(&get(world, "vendors/shop_01").await, 404, "no_such_vendor");
        let created = register(world, &shop(1)).await;
        assert_eq!(created.status, 201, "{}", created.text);
        let expected = json!({
            "vendorId": "shop_01", "businessName": "Boutique 01", "phoneNumber": "+221700000101",
            "provider": "wasender", "wasenderInstanceId": "shop_instance_01",
            "active": true, "autoReply": true,
        });
        for (name, value) in expected.as_object().expect("an object") {
            assert_eq!(&created.json[name], value, "{name}");
        }
        let mut changed = shop(1);
        changed["businessName"] = "Boutique Teranga".into();
        changed["phoneNumber"] = "70 000 01 99".into();
        let updated = register(world, &changed).await;
        assert_eq!(updated.status, 200, "{}", updated.text);
        assert_eq!(updated.json["phoneNumber"], "+221700000199");
        assert_eq!(updated.json["createdAt"], created.json["createdAt"]);
        world.quiet().await;
        let mut shown = get(world, "vendors/shop_01").await;
        let seen = &mut shown.json["wabaInstances"][0];
        assert_eq!(
            (&seen["identity"], &seen["lane"]["state"]),
            (&json!("verified"), &json!("open")),
            "the answer came before anybody looked whose number it is"
        );
        for name in ["identity", "verifiedAt", "lane"] {
            seen[name] = updated.json["wabaInstances"][0][name].clone();
        }
        assert_eq!((shown.status, &shown.json), (200, &updated.json));
        assert_eq!(shown.json["businessName"], "Boutique Teranga");
        // The number that was given up is free.
        let mut successor = shop(2);
        successor["phoneNumber"] = "+221700000101".into();
        assert_eq!(register(world, &successor).await.status, 201);
    })
    .await;
}

#[tokio::test]
async fn vendors_are_listed_page_by_page_each_once() {
    run(async |world| {
        for number in 0..5 {
            register(world, &shop(number)).await;
        }
        for limit in [1, 3, 7, 100] {
            let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, String::new());
            loop {
                let page = get(world, &format!("vendors?limit={limit}{cursor}")).await;
                assert_eq!(page.status, 200, "{}", page.text);
                let vendors = page.json["vendors"].as_array().expect("a list");
                assert!(vendors.len() <= limit, "{}", page.text);
                seen.extend(vendors.iter().map(|vendor| vendor["vendorId"].to_string()));
                pages += 1;
                let Some(next) = page.json["nextCursor"].as_str() else {
                    break;
                };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(seen.len(), 7, "two demo vendors and five more: {seen:?}");
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 7, "{seen:?}");
            assert!(pages >= 7_usize.div_ceil(limit), "{pages}");
        }
        for query in ["limit=0", "limit=101", "limit=many", "cursor=not%20one"] {
            let answer = get(world, &format!("vendors?{query}")).await;
            is_problem(&answer, 400, "invalid_query");
        }
    })
    .await;
}

/// Registers a vendor whose field can't be so, and sees that the answer names it.
async fn is_refused(world: &World, field: &str, value: Value) {
    let mut vendor = shop(1);
    vendor[field] = value;
    let answer = world.admin("POST", "vendors", &[], &vendor).await;
    assert_eq!(answer.json["field"], field, "{}", answer.text);
    is_problem(&answer, 422, "invalid_field");
}

#[tokio::test]
async fn each_field_of_a_vendor_that_cannot_be_is_named() {
    run(async |world| {
        let before = world.stored().await;
        for (field, words) in [
            ("vendorId", &["", "a b", "a/b", "é"][..]),
            ("businessName", &["", "  "]),
            (
                "phoneNumber",
                &["", "12", "call me", "+221 12", "+221 (0) 70 000 01 01"],
            ),
            ("provider", &["telegram"]),
            ("wasenderInstanceId", &["", "a b", "é"]),
            (
                "wasenderWebhookSecret",
                &["", "short", "with space", "with,comma"],
            ),
            ("wasenderApiKey", &["short", "with space in it"]),
            ("wasenderWebhookSecrets", &["a field that is not there"]),
        ] {
            for word in words {
                is_refused(world, field, json!(word)).await;
            }
            for value in [json!(17), json!(true), json!(["x"]), json!({})] {
                is_refused(world, field, value).await;
            }
        }
        for (field, longest) in [
            ("vendorId", 64),
            ("businessName", 120),
            ("wasenderInstanceId", 128),
            ("wasenderWebhookSecret", 256),
            ("wasenderApiKey", 512),
        ] {
            is_refused(world, field, json!("x".repeat(longest + 1))).await;
        }
        for field in [
            "vendorId",
            "businessName",
            "phoneNumber",
            "wasenderInstanceId",
            "wasenderWebhookSecret",
        ] {
            is_refused(world, field, Value::Null).await;
        }
        for body in [json!([]), json!("vendor"), json!(17), Value::Null] {
            let answer = world.admin("POST", "vendors", &[], &body).await;
            is_problem(&answer, 400, "invalid_json");
        }
        assert_eq!(world.stored().await, before);
    })
    .await;
}

#[tokio::test]
async fn how_a_vendor_answers_is_said_and_stays_until_it_is_said_otherwise() {
    run(async |world| {
        let created = register(world, &shop(1)).await;
        let behaviour = |answer: &Answer| {
            let fields = ["answerGroups", "typedPauseMinutes"];
            fields.map(|field| answer.json[field].clone())
        };
        assert_eq!(behaviour(&created), [json!(false), json!(60)]);
        let mut changed = shop(1);
        changed["answerGroups"] = true.into();
        changed["typedPauseMinutes"] = 0.into();
        let expected = [json!(true), json!(0)];
        assert_eq!(behaviour(&register(world, &changed).await), expected);
        assert_eq!(behaviour(&register(world, &shop(1)).await), expected);
        assert_eq!(behaviour(&get(world, "vendors/shop_01").await), expected);
        for value in [json!("yes"), json!(1), json!([])] {
            is_refused(world, "answerGroups", value).await;
        }
        for value in [
            json!(-1),
            json!(10_081),
            json!(1.5),
            json!("60"),
            json!(true),
        ] {
            is_refused(world, "typedPauseMinutes", value).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_and_an_instance_id_belong_to_one_vendor() {
    run(async |world| {
        register(world, &shop(1)).await;
        let before = world.stored().await;
        for (field, value, code) in [
            ("phoneNumber", "70 000 01 01", "phone_number_taken"),
            ("wasenderInstanceId", "shop_instance_01", "instance_taken"),
        ] {
            let mut vendor = shop(2);
            vendor[field] = value.into();
            let answer = world.admin("POST", "vendors", &[], &vendor).await;
            is_problem(&answer, 409, code);
            assert_eq!(answer.json["field"], field);
        }
        assert_eq!(world.stored().await, before);
        is_problem(&get(world, "vendors/shop_02").await, 404, "no_such_vendor");
    })
    .await;
}

#[tokio::test]
async fn secrets_go_in_and_never_come_out() {
    run(async |world| {
        let mut answers = vec![
            register(world, &shop(1)).await,
            register(world, &shop(1)).await,
        ];
        let mut bad = shop(1);
        bad["phoneNumber"] = "none".into();
        answers.push(world.admin("POST", "vendors", &[], &bad).await);
        let mut rotated = shop(1);
        rotated["wasenderWebhookSecret"] = "another_secret_01".into();
        answers.push(register(world, &rotated).await);
        for path in ["vendors", "vendors/shop_01", "vendors/shop_01/messages"] {
            answers.push(get(world, path).await);
        }
        for secret in [
            "shop_secret_01",
            "another_secret_01",
            "shop_key_01",
            "secret_123",
            "api_key_abc",
        ] {
            for answer in &answers {
                assert!(!answer.text.contains(secret), "{secret}: {}", answer.text);
            }
            let stored = world.stored().await.to_string();
            assert!(
                !stored.contains(secret),
                "{secret} is in a table or a queue"
            );
        }
    })
    .await;
}
