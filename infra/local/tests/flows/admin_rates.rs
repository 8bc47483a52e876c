//! How often a key may ask, and how often a vendor may be asked about, over all environments.

use admin::App;
use http_api::Request;
use http_api::http::Method;
use serde_json::{Value, json};

use crate::admin_keys_made::{bearer, create, with};
use crate::front_door::{get, is_problem};
use crate::world::{VENDOR_1, VENDOR_2, World, run};

/// Lets time pass until a minute has just begun.
async fn at_the_begin_of_a_minute(world: &World) {
    let second = world.clock().now().as_second().rem_euclid(60);
    let left = u64::try_from(60 - second).expect("it is positive");
    world.later(left).await;
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_ask_again_and_others_go_on() {
    run(async |world| {
        let slow = json!({ "name": "slow", "scopes": ["read"], "ratePerMinute": 3 });
        let (_, slow) = create(world, &slow).await;
        let (_, other) = create(world, &json!({ "name": "other", "scopes": ["read"] })).await;
        at_the_begin_of_a_minute(world).await;
        for _ in 0..3 {
            assert_eq!(
                with(world, &slow, "GET", "vendors", &Value::Null)
                    .await
                    .status,
                200
            );
        }
        world.aws().calls().take();
        for _ in 0..3 {
            let refused = with(world, &slow, "GET", "vendors", &Value::Null).await;
            is_problem(&refused, 429, "rate_limited");
            let seconds = refused.retry_after.expect("Retry-After");
            let seconds: u64 = seconds.parse().expect("seconds");
            assert!((1..=60).contains(&seconds), "{seconds}");
        }
        let writes = world.aws().calls().take().into_iter();
        let writes = writes.filter(|call| call.operation == "UpdateItem").count();
        assert_eq!(writes, 1, "a full minute is remembered");
        assert_eq!(
            with(world, &other, "GET", "vendors", &Value::Null)
                .await
                .status,
            200
        );
        world.later(60).await;
        assert_eq!(
            with(world, &slow, "GET", "vendors", &Value::Null)
                .await
                .status,
            200
        );
    })
    .await;
}

#[tokio::test]
async fn a_vendor_is_asked_about_ten_times_a_second_whoever_asks() {
    run(async |world| {
        let mut keys = Vec::new();
        for number in 0..3 {
            let key = json!({ "name": format!("key {number}"), "scopes": ["read"], "ratePerMinute": 6000 });
            keys.push(create(world, &key).await.1);
        }
        let path = format!("/api/admin/vendors/{}", VENDOR_1.id);
        let asked = (0..60).map(async |number: usize| {
            let authorization = bearer(&keys[number % 3]);
            let headers = [("authorization", authorization.as_str())];
            let begun = world.clock().now().as_second();
            let answer = world.request("GET", &path, &headers, "").await;
            let over = world.clock().now().as_second();
            (answer, begun, over)
        });
        let answers = futures_util::future::join_all(asked).await;
        let first = answers.iter().map(|(_, begun, _)| *begun).min().expect("answers");
        let last = answers.iter().map(|(_, _, over)| *over).max().expect("answers");
        let seconds = usize::try_from(last - first + 1).expect("it is positive");
        let good = answers.iter().filter(|(answer, ..)| answer.status == 200).count();
        assert!((1..=10 * seconds).contains(&good), "{good} in {seconds} s");
        for (answer, ..) in answers.iter().filter(|(answer, ..)| answer.status != 200) {
            is_problem(answer, 429, "rate_limited");
            assert_eq!(answer.retry_after.as_deref(), Some("1"));
        }
        let other = format!("vendors/{}", VENDOR_2.id);
        assert_eq!(with(world, &keys[0], "GET", &other, &Value::Null).await.status, 200);
        let own = format!("vendors/{}", VENDOR_1.id);
        assert_eq!(get(world, &own).await.status, 200, "the bootstrap key is not shut out");
    })
    .await;
}

#[tokio::test]
async fn several_environments_let_no_more_through_than_one() {
    run(async |world| {
        let key = json!({ "name": "till", "scopes": ["read"], "ratePerMinute": 20 });
        let (_, key) = create(world, &key).await;
        at_the_begin_of_a_minute(world).await;
        let environments: Vec<App> = (0..5).map(|_| world.another_admin()).collect();
        let asked = (0..60).map(async |number: usize| {
            let mut request = Request::new(Method::GET, "/api/admin/vendors");
            let bearer = bearer(&key).parse().expect("a header");
            request.headers.insert("authorization", bearer);
            environments[number % 5]
                .handle(request)
                .await
                .status()
                .as_u16()
        });
        let statuses = futures_util::future::join_all(asked).await;
        let good = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(good, 20, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 429].contains(status)));
    })
    .await;
}
