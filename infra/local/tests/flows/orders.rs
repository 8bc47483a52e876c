//! Customers' orders: the back office tells of them, and customers are told of their own.

use domain::limits;
use serde_json::{Value, json};
use testkit::wasender::received_from_lid;

use crate::admin_keys_made::{create, with};
use crate::catalogue::asks;
use crate::front_door::{calls_of, get, is_problem};
use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, World, run};

const ORDERS: &str = "vendors/vendor_001/orders";

pub(crate) fn order(customer: &str, status: &str) -> Value {
    json!({ "customerPhone": format!("+{customer}"), "status": status })
}

pub(crate) async fn put(world: &World, id: &str, order: &Value) -> Answer {
    world.unspeakable(&[AWA, MOUSSA]);
    let path = format!("{ORDERS}/{id}");
    world.admin("PUT", &path, &[], order).await
}

/// An order that is as of that minute of an hour.
fn at(minute: u32, status: &str) -> Value {
    let mut order = order(AWA, status);
    order["updatedAt"] = format!("2026-11-22T10:{minute:02}:00Z").into();
    order
}

#[tokio::test]
async fn an_order_is_kept_shown_and_deleted() {
    run(async |world| {
        let mut sent = at(0, "shipped");
        sent["items"] = json!([{ "name": "Robe wax", "quantity": 2 }]);
        (sent["total"], sent["currency"]) = (27_500.into(), "XOF".into());
        let made = put(world, "CMD-1042", &sent).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(put(world, "CMD-1042", &sent).await.status, 200, "repeated");
        let mut expected = sent.clone();
        expected["orderId"] = "CMD-1042".into();
        let path = format!("{ORDERS}/CMD-1042");
        assert_eq!(get(world, &path).await.json, expected);
        let deleted = world.admin("DELETE", &path, &[], &Value::Null).await;
        assert_eq!(deleted.status, 200, "{}", deleted.text);
        let again = world.admin("DELETE", &path, &[], &Value::Null).await;
        is_problem(&again, 404, "no_such_order");
        is_problem(&get(world, &path).await, 404, "no_such_order");
        let nobodys = "vendors/vendor_999/orders/A";
        let answer = world.admin("PUT", nobodys, &[], &sent).await;
        is_problem(&answer, 404, "no_such_vendor");
        let wrong = put(world, "CMD-1", &json!({ "status": "lost", "colour": 1 })).await;
        is_problem(&wrong, 422, "invalid_field");
        let errors = wrong.json["errors"].as_array().map(Vec::len);
        assert_eq!(errors, Some(3), "{}", wrong.text);
    })
    .await;
}

#[tokio::test]
async fn what_is_older_never_replaces_what_is_newer() {
    run(async |world| {
        for (minute, status, expected) in [
            (5, "preparing", 201),
            (9, "shipped", 200),
            (5, "preparing", 409),
            (9, "delivered", 200),
        ] {
            let answer = put(world, "A1", &at(minute, status)).await;
            assert_eq!(answer.status, expected, "{}", answer.text);
            if expected == 409 {
                is_problem(&answer, 409, "outdated");
            }
        }
        let kept = get(world, &format!("{ORDERS}/A1")).await;
        assert_eq!(kept.json["status"], "delivered");
        let orders = (1..=9).rev().map(|minute| at(minute, "ready"));
        let orders: Vec<_> = orders.collect();
        let racing = orders.iter().map(|order| put(world, "A2", order));
        futures_util::future::join_all(racing).await;
        let kept = get(world, &format!("{ORDERS}/A2")).await;
        assert_eq!(kept.json["updatedAt"], "2026-11-22T10:09:00Z");
    })
    .await;
}

#[tokio::test]
async fn of_several_orders_each_is_kept_by_itself() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        put(world, "B1", &at(9, "shipped")).await;
        let with_id = |id: &str, mut order: Value| {
            order["orderId"] = id.into();
            order
        };
        let orders = json!({ "orders": [
            with_id("B1", at(5, "ready")), with_id("B2", at(5, "ready")), with_id("B2", at(6, "ready")), with_id("a b", at(5, "ready")),
            with_id("B3", json!({ "status": "ready" })), 7,
        ]});
        let answer = world.admin("POST", ORDERS, &[], &orders).await;
        assert_eq!((answer.status, &answer.json["stored"]), (200, &json!(1)));
        let results = answer.json["results"].as_array().expect("results").iter();
        let results: Vec<_> = results.map(|it| it["result"].as_str().unwrap_or_default()).collect();
        let expected = ["outdated", "stored", "invalid", "invalid", "invalid", "invalid"];
        assert_eq!(results, expected);
        assert_eq!(answer.json["results"][4]["errors"][0]["field"], "customerPhone");
        for wrong in [json!({}), json!({ "orders": [] }), json!({ "orders": vec![1; limits::ORDERS_AT_ONCE + 1] })] {
            let answer = world.admin("POST", ORDERS, &[], &wrong).await;
            is_problem(&answer, 422, "invalid_field");
        }
    })
    .await;
}

#[tokio::test]
async fn orders_are_listed_page_by_page_or_those_of_one_customer() {
    run(async |world| {
        for number in 1..=5 {
            let customer = if number % 2 == 0 { MOUSSA } else { AWA };
            let mut order = order(customer, "ready");
            order["placedAt"] = format!("2026-11-2{}T10:00:00Z", 9 - number).into();
            put(world, &format!("C{number}"), &order).await;
        }
        let ids = |answer: &Answer| -> Vec<String> {
            let orders = answer.json["orders"].as_array().expect("orders").iter();
            orders
                .map(|it| it["orderId"].as_str().unwrap_or_default().to_owned())
                .collect()
        };
        let first = get(world, &format!("{ORDERS}?limit=3")).await;
        assert_eq!(ids(&first), ["C1", "C2", "C3"]);
        let cursor = first.json["nextCursor"]
            .as_str()
            .expect("a cursor")
            .to_owned();
        let second = get(world, &format!("{ORDERS}?limit=3&cursor={cursor}")).await;
        assert_eq!(
            (ids(&second), &second.json["nextCursor"]),
            (vec!["C4".to_owned(), "C5".to_owned()], &Value::Null)
        );
        let mine = get(world, &format!("{ORDERS}?customerPhone=%2B{AWA}")).await;
        assert_eq!(ids(&mine), ["C1", "C3", "C5"]);
        assert_eq!(ids(&get(world, "vendors/vendor_002/orders").await).len(), 0);
        for query in ["customerPhone=nobody", "cursor=zz", "limit=0"] {
            let answer = get(world, &format!("{ORDERS}?{query}")).await;
            is_problem(&answer, 400, "invalid_query");
        }
    })
    .await;
}

#[tokio::test]
async fn a_customer_is_told_of_their_order_and_of_nobody_elses() {
    run(async |world| {
        put(world, "CMD-1042", &order(AWA, "shipped")).await;
        put(world, "CMD-2000", &order(MOUSSA, "delivered")).await;
        asks(world, AWA, "menu", "MENU").await;
        let mine = asks(world, AWA, "2", "MINE").await;
        assert!(
            mine[0].starts_with("Votre commande CMD-1042 a été expédiée."),
            "{mine:?}"
        );
        put(world, "CMD-1050", &order(AWA, "preparing")).await;
        asks(world, AWA, "menu", "MENU2").await;
        let both = asks(world, AWA, "2", "BOTH").await;
        assert!(both[0].contains("Laquelle de vos commandes"), "{both:?}");
        let one = asks(world, AWA, "2", "ONE").await;
        assert_eq!(one.len(), 1, "{one:?}");
        assert!(one[0].starts_with("Votre commande CMD-10"), "{one:?}");
        // Of a customer without an order the number is asked for, and somebody else's opens nothing.
        let stranger = "221700000009";
        asks(world, stranger, "menu", "THEIR_MENU").await;
        let asked = asks(world, stranger, "2", "THEIRS").await;
        assert!(asked[0].contains("numéro de votre commande"), "{asked:?}");
        let told = asks(world, stranger, "CMD-1042", "NOT_THEIRS").await;
        assert!(
            told[0].contains("conseiller") && !told[0].contains("CMD"),
            "{told:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn who_is_known_by_a_linked_id_alone_is_told_nothing() {
    run(async |world| {
        put(world, "CMD-1042", &order(AWA, "shipped")).await;
        let lid = "123456789012309";
        for (text, key_id) in [
            ("menu", "LID_MENU"),
            ("2", "LID_ORDER"),
            ("CMD-1042", "LID_NUMBER"),
        ] {
            let message = received_from_lid(text, lid, key_id);
            assert_eq!(world.webhook(VENDOR_1, &message).await.status, 200);
            world.quiet().await;
        }
        let said = world.sent(VENDOR_1);
        assert!(
            !said.iter().any(|text| text.contains("expédiée")),
            "{said:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_question_about_an_order_costs_one_call_and_other_messages_none() {
    run(async |world| {
        put(world, "CMD-1042", &order(AWA, "shipped")).await;
        asks(world, AWA, "Bonjour", "FIRST").await;
        world.aws().calls().take();
        asks(world, AWA, "menu", "USUAL").await;
        let mut usual = calls_of(world, "conversation");
        usual.sort_unstable();
        let orders = "DynamoDb Query local-orders/by_customer";
        assert!(
            !usual.iter().any(|call| call.contains("orders")),
            "{usual:#?}"
        );
        asks(world, AWA, "2", "ORDER").await;
        let mut asked = calls_of(world, "conversation");
        asked.sort_unstable();
        let query = asked.iter().position(|call| call.contains("local-orders"));
        let query = asked.remove(query.expect("the orders are read"));
        assert!(
            query.starts_with("DynamoDb Query local-orders"),
            "{query}, not {orders}"
        );
        assert_eq!(asked, usual);
    })
    .await;
}

#[tokio::test]
async fn orders_are_written_with_the_scope_manage_and_read_with_read() {
    run(async |world| {
        for (scope, write, read) in [("read", 403, 200), ("send", 403, 403), ("manage", 201, 403)] {
            let (_, key) = create(world, &json!({ "name": scope, "scopes": [scope] })).await;
            let path = format!("{ORDERS}/{scope}");
            let written = with(world, &key, "PUT", &path, &order(AWA, "ready")).await;
            assert_eq!(written.status, write, "{scope}: {}", written.text);
            let listed = with(world, &key, "GET", ORDERS, &Value::Null).await;
            assert_eq!(listed.status, read, "{scope}: {}", listed.text);
        }
    })
    .await;
}
