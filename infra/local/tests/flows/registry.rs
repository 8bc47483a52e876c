//! Whose a number is, by every name it has, and what is remembered of vendors.

use domain::config::Settings;
use domain::{
    CatalogueSize, Lane, Marks, Observed, Pacing, PhoneNumber, Provider, VendorConfig, VendorId,
    WabaId, WabaInstance, limits,
};
use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use platform::tables::{Registered, Registration};
use platform::{Clock, Config, Credentials, Platform, QueueUrls, Registry, Roots};
use serde_json::Value;

use crate::front_door::{calls_of, get, is_problem, register, shop};
use crate::world::{VENDOR_1, World, run};

/// The ids of the vendors that a query finds.
async fn found(world: &World, query: &str) -> Vec<String> {
    let answer = get(world, &format!("vendors?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json["nextCursor"], Value::Null);
    let vendors = answer.json["vendors"].as_array().expect("a list");
    let id = |vendor: &Value| vendor["vendorId"].as_str().unwrap_or_default().to_owned();
    vendors.iter().map(id).collect()
}

#[tokio::test]
async fn a_vendor_is_found_by_its_number_however_written_and_by_its_instance() {
    run(async |world| {
        for query in [
            "phoneNumber=%2B221701111111",
            "phoneNumber=70%20111%2011%2011",
            "wasenderInstanceId=instance_abc123",
        ] {
            assert_eq!(found(world, query).await, ["vendor_001"], "{query}");
        }
        for query in [
            "phoneNumber=%2B221700000999",
            "wasenderInstanceId=nobody_s",
            "wasenderInstanceId=",
        ] {
            assert!(found(world, query).await.is_empty(), "{query}");
        }
        for query in [
            "phoneNumber=12",
            "phoneNumber=",
            "phoneNumber=%2B221701111111&wasenderInstanceId=instance_abc123",
        ] {
            let answer = get(world, &format!("vendors?{query}")).await;
            is_problem(&answer, 400, "invalid_query");
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_that_changed_hands_is_found_with_its_new_owner_at_once() {
    run(async |world| {
        register(world, &shop(1)).await;
        assert_eq!(
            found(world, "phoneNumber=%2B221700000101").await,
            ["shop_01"]
        );
        let mut moved = shop(1);
        moved["phoneNumber"] = "+221700000198".into();
        register(world, &moved).await;
        let mut successor = shop(2);
        successor["phoneNumber"] = "+221700000101".into();
        register(world, &successor).await;
        assert_eq!(
            found(world, "phoneNumber=%2B221700000101").await,
            ["shop_02"]
        );
        assert_eq!(
            found(world, "phoneNumber=%2B221700000198").await,
            ["shop_01"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_hundred_requests_for_one_cold_vendor_read_it_once() {
    run(async |world| {
        let config = config(world, "reader");
        let platform = Platform::new(&config, world.clock().clone());
        let registry = Registry::new(&config, &platform);
        let vendor = VendorId::parse(VENDOR_1.id).expect("an id");
        let read = [
            "DynamoDb GetItem local-vendor_configs",
            "DynamoDb Query local-waba_instances",
        ];
        world.aws().calls().take();
        let rows = join_all((0..100).map(|_| registry.vendor(&vendor))).await;
        assert!(
            rows.into_iter()
                .all(|row| row.is_ok_and(|row| row.is_some()))
        );
        assert_eq!(calls_of(world, "reader"), read);
        registry.vendor(&vendor).await.expect("it is at hand");
        assert!(calls_of(world, "reader").is_empty());
        world.later(limits::SECRET_CACHE.as_secs()).await;
        registry.vendor(&vendor).await.expect("it is read anew");
        assert_eq!(calls_of(world, "reader"), read);
    })
    .await;
}

#[tokio::test]
async fn a_vendor_that_was_asked_for_before_it_existed_is_there_once_it_is_created() {
    run(async |world| {
        is_problem(
            &get(world, "vendors/shop_01/gaps").await,
            404,
            "no_such_vendor",
        );
        register(world, &shop(1)).await;
        assert_eq!(get(world, "vendors/shop_01/gaps").await.status, 200);
    })
    .await;
}

/// What an environment of a function with this name is told.
pub(crate) fn config(world: &World, name: &str) -> Config {
    Config {
        stack: "local".to_owned(),
        region: "eu-west-1".to_owned(),
        credentials: Credentials {
            access_key_id: name.to_owned(),
            secret_access_key: "local".to_owned(),
            session_token: None,
        },
        endpoint_url: Some(world.aws().url().to_owned()),
        queues: QueueUrls::default(),
        wasender_api_url: String::new(),
        media_bucket: None,
        records_bucket: None,
        restore: None,
        media_hosts: String::new(),
        repair_drift: false,
        log_level: "info".to_owned(),
        log_sample: 1,
        vendor_metrics: String::new(),
        public_url: None,
        default_country: "SN".to_owned(),
        vendor_cache: limits::SECRET_CACHE,
        redis_url: None,
        roots: Roots::default(),
        engine_in_flight: 3,
        engine_url: None,
        actions_url: None,
        engine_origins: String::new(),
    }
}

/// One of many vendors, with a number of its own.
async fn put(platform: &Platform, clock: &Clock, number: usize) {
    let now = clock.now();
    let vendor_id = VendorId::parse(&format!("fleet_{number:05}")).expect("an id");
    let phone = PhoneNumber::parse(&format!("+22170{:07}", 1_000_000 + number), "SN");
    let config = VendorConfig {
        vendor_id: vendor_id.clone(),
        business_name: format!("Boutique {number}"),
        active: true,
        auto_reply: true,
        language: "fr".to_owned(),
        answer_groups: false,
        typed_pause_minutes: limits::TYPED_PAUSE_MINUTES,
        settings: Settings::default(),
        catalogue: CatalogueSize::default(),
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    let instance = WabaInstance {
        waba_id: WabaId::first_of(&vendor_id),
        vendor_id,
        provider: Provider::Wasender,
        phone: phone.expect("a number"),
        provider_instance_id: format!("fleet_instance_{number}"),
        provider_session_id: None,
        status: "pending".to_owned(),
        pacing: Pacing::default(),
        observed: Observed::default(),
        repair_drift: true,
        marks: Marks::default(),
        incomplete: false,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    let registered = Registered {
        config: (None, &config),
        number: (None, &instance),
        lane: (&Lane::default(), &Lane::default()),
        is_anew: false,
    };
    // A machine that is too busy to answer in time is asked again.
    let mut is_again = false;
    for _ in 0..5 {
        if let Ok(registration) = platform.tables.register(registered, now).await {
            let was_written = is_again && registration == Registration::Moved;
            assert!(
                was_written || registration == Registration::Done,
                "{registration:?}"
            );
            return;
        }
        is_again = true;
    }
    panic!("the tables do not answer");
}

#[tokio::test]
async fn among_many_vendors_a_number_costs_as_many_reads_as_among_two() {
    run(async |world| {
        let cost = async |query: &str, vendor: &str| {
            world.aws().calls().take();
            assert_eq!(found(world, query).await, [vendor]);
            calls_of(world, "admin")
        };
        let among_two = cost("phoneNumber=%2B221701111111", "vendor_001").await;
        let platform = Platform::new(&config(world, "test"), world.clock().clone());
        let puts = (0..FLEET).map(|number| put(&platform, world.clock(), number));
        let mut puts = stream::iter(puts).buffer_unordered(8);
        while puts.next().await.is_some() {}
        let among_many = cost("phoneNumber=%2B221701000042", "fleet_00042").await;
        assert_eq!(among_many, among_two);
        let of_instance = cost("wasenderInstanceId=fleet_instance_9", "fleet_00009").await;
        assert_eq!(of_instance, among_two);
        world.aws().calls().take();
        let page = get(world, "vendors?limit=5").await;
        assert_eq!(page.json["vendors"].as_array().map(Vec::len), Some(5));
        let next = page.json["nextCursor"].as_str().expect("there are more");
        let page = get(world, &format!("vendors?limit=5&cursor={next}")).await;
        assert_eq!(page.json["vendors"].as_array().map(Vec::len), Some(5));
        let calls = calls_of(world, "admin");
        let lists = |call: &&String| call.contains(" Scan ") || call.contains(" Query ");
        assert_eq!(
            calls.iter().filter(lists).count(),
            2 * (1 + 5),
            "{calls:#?}"
        );
    })
    .await;
}

/// As many vendors as are ordinary.
const FLEET: usize = 10_000;
