//! What is counted of a vendor's messages, and of the fleet, is what the ledger and the registry hold.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::limits;
use embedded_aws::When;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};
use testkit::wasender::update;

use crate::front_door::{calls_of, get, is_problem, register, shop};
use crate::world::{AWA, MOUSSA, VENDOR_1, VENDOR_2, Vendor, World, run};

async fn counts(world: &World, vendor: Vendor, query: &str) -> Value {
    let path = format!("analytics/vendor/{}/messages{query}", vendor.id);
    let answer = get(world, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

/// The statuses of all messages in a vendor's ledger, counted.
async fn ledger(world: &World, vendor: Vendor) -> BTreeMap<String, u64> {
    let mut counted = BTreeMap::new();
    for direction in ["inbound", "outbound"] {
        for message in world.messages(vendor, direction).await {
            let status = message["status"].as_str().expect("a status").to_owned();
            *counted.entry(status).or_default() += 1;
        }
    }
    counted
}

/// So many looks of the sweep at every session.
async fn looks(world: &World, count: usize) {
    for _ in 0..count {
        world
            .later(limits::COUNTED_AFTER.as_secs().unsigned_abs() + 60)
            .await;
        world.sweep().await;
    }
}

#[tokio::test]
async fn what_came_and_went_is_counted_at_once_and_stays_so_once_the_sweep_counted_it() {
    run(async |world| {
        assert_eq!(counts(world, VENDOR_1, "").await["inbound"], 0);
        world.customer_writes(VENDOR_1, AWA, "Bonjour", "ONE").await;
        world
            .customer_writes(VENDOR_1, MOUSSA, "Bonjour", "TWO")
            .await;
        world.quiet().await;
        let fresh = counts(world, VENDOR_1, "").await;
        assert_eq!(
            (&fresh["inbound"], &fresh["outbound"]),
            (&json!(2), &json!(2))
        );
        assert_eq!(fresh["byStatus"], json!(ledger(world, VENDOR_1).await));
        let waited = fresh["avgResponseTime"].as_u64().expect("both got answers");
        assert!(waited < 60_000, "{waited}");
        looks(world, 2).await;
        let counted = counts(world, VENDOR_1, "").await;
        for member in ["inbound", "outbound", "byStatus", "avgResponseTime", "days"] {
            assert_eq!(counted[member], fresh[member], "{member}");
        }
        assert_eq!(counts(world, VENDOR_2, "").await["days"], json!([]));
        world.aws().calls().take();
        counts(world, VENDOR_1, "?from=2026-01-01&to=2026-12-01").await;
        let calls = calls_of(world, "admin");
        let of_the_ledger = calls.iter().filter(|call| call.contains("local-messages"));
        assert!(of_the_ledger.count() <= 4, "{calls:#?}");
    })
    .await;
}

#[tokio::test]
async fn counts_can_be_asked_for_a_status_and_for_days_and_wrong_questions_are_named() {
    run(async |world| {
        world.customer_writes(VENDOR_1, AWA, "Bonjour", "ONE").await;
        world.quiet().await;
        let answered = counts(world, VENDOR_1, "?status=answered").await;
        assert_eq!(answered["byStatus"], json!({ "answered": 1 }));
        assert_eq!(
            (&answered["inbound"], &answered["outbound"]),
            (&json!(1), &json!(0))
        );
        let before = counts(world, VENDOR_1, "?from=2020-01-01&to=2020-12-31").await;
        assert_eq!(
            (&before["inbound"], &before["days"]),
            (&json!(0), &json!([]))
        );
        assert_eq!(before["avgResponseTime"], Value::Null);
        for query in [
            "status=nice",
            "from=yesterday",
            "to=2026-11-31",
            "from=2026-11-22T00:00:00Z",
            "from=2020-01-02&to=2020-01-01",
            "from=2019-12-31&to=2020-12-31",
        ] {
            let path = format!("analytics/vendor/{}/messages?{query}", VENDOR_1.id);
            is_problem(&get(world, &path).await, 400, "invalid_query");
        }
        let answer = get(world, "analytics/vendor/nobody/messages").await;
        is_problem(&answer, 404, "no_such_vendor");
    })
    .await;
}

/// Numbers that look like chance, the same in every run.
fn chance(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    *seed >> 33
}

#[tokio::test]
async fn after_days_of_everything_the_counts_are_what_the_ledger_holds() {
    run(async |world| {
        let mut seed = 20_261_122;
        for step in 0..40 {
            match chance(&mut seed) % 6 {
                0 | 1 => {
                    let from = if step % 2 == 0 { AWA } else { MOUSSA };
                    let key = format!("KEY{step}");
                    world.customer_writes(VENDOR_1, from, "Bonjour", &key).await;
                }
                2 => {
                    let to = json!({ "to": format!("+{MOUSSA}"), "message": "Votre commande" });
                    let path = format!("vendors/{}/send-message", VENDOR_1.id);
                    world.unspeakable(&["Votre commande"]);
                    world.admin("POST", &path, &[], &to).await;
                }
                3 => {
                    if let Some(sent) = world.messages(VENDOR_1, "outbound").await.first()
                        && let Some(key) = sent["providerMessageId"].as_str()
                    {
                        let told = u8::try_from(chance(&mut seed) % 6).unwrap_or_default();
                        world.webhook(VENDOR_1, &update(key, AWA, told)).await;
                    }
                }
                4 => world.sweep().await,
                _ => world.later(chance(&mut seed) % 40_000).await,
            }
            world.quiet().await;
        }
        // Until the last day is counted for the last time.
        for _ in 0..4 {
            world.later(24 * 60 * 60).await;
            world.sweep().await;
        }
        let counted = counts(world, VENDOR_1, "").await;
        assert_eq!(counted["byStatus"], json!(ledger(world, VENDOR_1).await));
        let sum = |member: &str| -> u64 {
            let days = counted["days"].as_array().expect("days");
            days.iter().filter_map(|day| day[member].as_u64()).sum()
        };
        assert_eq!(counted["inbound"], json!(sum("inbound")));
        assert_eq!(counted["outbound"], json!(sum("outbound")));
        assert!(sum("inbound") > 5 && sum("outbound") > 5, "{counted}");
    })
    .await;
}

#[tokio::test]
async fn a_sweep_that_dies_while_it_counts_counts_nothing_twice() {
    run(async |world| {
        for number in 0..6 {
            let key = format!("KEY{number}");
            world.customer_writes(VENDOR_1, AWA, "Bonjour", &key).await;
        }
        world.quiet().await;
        let expected = json!(ledger(world, VENDOR_1).await);
        for nth in 1..12 {
            world.clock().advance(Duration::from_mins(11));
            world.aws().faults().crash("sweep", nth, When::After);
            world.sweep_that_may_die().await;
            world.heal();
            looks(world, 1).await;
            assert_eq!(counts(world, VENDOR_1, "").await["byStatus"], expected);
        }
    })
    .await;
}

#[tokio::test]
async fn the_fleets_numbers_are_counted_by_provider_and_status_with_what_failed_lately() {
    run(async |world| {
        let empty = get(world, "analytics/waba-instances").await;
        assert_eq!(
            (empty.status, &empty.json["countedAt"]),
            (200, &Value::Null)
        );
        register(world, &shop(1)).await;
        let changed = world
            .simulator()
            .set_status(VENDOR_2.session, "disconnected");
        changed.await.expect("the session exists");
        let refused = Fault::new(FaultKind::SuccessFalse)
            .path("send-message")
            .times(1);
        world.simulator().fault(refused).expect("a fault");
        world.customer_writes(VENDOR_1, AWA, "Bonjour", "ONE").await;
        world.quiet().await;
        looks(world, 2).await;
        let shown = get(world, "analytics/waba-instances").await.json;
        let vendors = get(world, "vendors").await.json;
        let mut statuses = BTreeMap::<&str, u64>::new();
        for vendor in vendors["vendors"].as_array().expect("a list") {
            let status = vendor["wabaInstances"][0]["status"].as_str();
            *statuses.entry(status.expect("a status")).or_default() += 1;
        }
        let connected = statuses.get("connected").copied().unwrap_or_default();
        assert!(statuses["disconnected"] >= 1, "{statuses:?}");
        assert_eq!(
            shown["totals"],
            json!({ "vendors": 3, "wabaInstances": 3, "connected": connected })
        );
        assert_eq!(shown["byProvider"], json!({ "wasender": 3 }));
        assert_eq!(shown["statusBreakdown"], json!(statuses));
        let failed = world.messages(VENDOR_1, "outbound").await.remove(0);
        let expected = json!([{
            "vendorId": "vendor_001", "wabaId": "waba_vendor_001", "messageId": failed["id"],
            "class": failed["failure"]["class"], "at": failed["receivedAt"],
        }]);
        assert_eq!(shown["recentFailures"], expected, "{failed}");
    })
    .await;
}
