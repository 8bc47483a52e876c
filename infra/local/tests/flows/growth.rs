//! What a message costs does not grow: not with vendors, and not with what waits for one of them.

use std::collections::BTreeMap;
use std::time::Duration;

use simulator::Delays;

use crate::front_door::{registered_as, shop};
use crate::world::{VENDOR_1, VENDOR_2, Vendor, World, run_with};

/// Vendors that are registered, and customers who wait.
const MANY: usize = 24;

/// What a provider tells of its sends comes when it comes, and costs more or less by what came before: here it comes tomorrow.
fn telling_later(options: &mut simulator::Options) {
    options.delays = Delays::each(Duration::from_hours(24));
}

/// Somebody who never wrote to anybody.
fn somebody(number: usize) -> String {
    format!("2217000000{number:02}")
}

/// A new customer writes to a vendor whose lane is free.
async fn writes(world: &World, vendor: Vendor, number: usize) {
    world.clock().advance(Duration::from_secs(2));
    let (customer, key) = (somebody(number), format!("GROWTH{number}"));
    let answer = world.customer_writes(vendor, &customer, "Bonjour", &key);
    assert_eq!(answer.await.status, 200);
    world.still().await;
}

/// The AWS calls of one message from its webhook to its answer.
async fn cost(world: &World, vendor: Vendor, number: usize) -> BTreeMap<String, usize> {
    world.aws().calls().take();
    writes(world, vendor, number).await;
    let mut counts = BTreeMap::new();
    for call in world.aws().calls().take() {
        let name = format!("{} {} {}", call.caller, call.operation, call.resource);
        *counts.entry(name).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn a_message_costs_the_same_calls_however_many_vendors_there_are() {
    run_with(telling_later, async |world| {
        let mut vendors = Vec::new();
        for number in 0..MANY {
            vendors.push(registered_as(world, &shop(number)).await);
        }
        writes(world, VENDOR_1, 1).await;
        let beside_silent_ones = cost(world, VENDOR_1, 2).await;
        for (number, vendor) in vendors.into_iter().enumerate() {
            writes(world, vendor, 10 + number).await;
        }
        assert_eq!(cost(world, VENDOR_1, 3).await, beside_silent_ones);
    })
    .await;
}

#[tokio::test]
async fn a_message_costs_the_same_calls_however_many_wait_on_its_lane_or_on_anothers() {
    run_with(telling_later, async |world| {
        for (vendor, number) in [(VENDOR_1, 1), (VENDOR_2, 2)] {
            writes(world, vendor, number).await;
        }
        let of_another = cost(world, VENDOR_2, 3).await;
        let status = world
            .simulator()
            .set_status(VENDOR_1.session, "disconnected");
        assert_eq!(status.await.expect("a session"), Some(200));
        writes(world, VENDOR_1, 4).await;
        let of_the_second = cost(world, VENDOR_1, 5).await;
        for number in 0..MANY {
            writes(world, VENDOR_1, 10 + number).await;
        }
        assert_eq!(cost(world, VENDOR_1, 6).await, of_the_second);
        assert_eq!(cost(world, VENDOR_2, 7).await, of_another);
        assert_eq!(world.sent(VENDOR_1).len(), 1, "the others wait");
    })
    .await;
}
