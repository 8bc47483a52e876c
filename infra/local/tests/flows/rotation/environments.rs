//! Fifty environments of the webhook function, each with a cache of its own age, while a secret changes under traffic and forgeries.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::limits;
use http_api::http::Method;
use http_api::{Body, Request};
use messages::App;
use platform::{Config, Credentials, QueueUrls, Roots};
use serde_json::{Value, json};
use testkit::wasender::event;

use super::at_provider;
use crate::front_door::{register, shop};
use crate::world::{VENDOR_1, World, run};

const ENVIRONMENTS: usize = 50;
/// Vendors whose forgeries use up the budget that all vendors of an environment share.
const OTHERS: usize = 7;
/// Posts after each rotation, half of them genuine; how many more come while one is under way is up to the machine.
const POSTS: usize = 300;
/// How often a webhook that is answered 503 is posted again.
const TRIES: usize = 60;

/// A small generator, so that a seed is a whole run.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let sides = u64::try_from(sides).expect("few");
        usize::try_from((mixed ^ (mixed >> 31)) % sides).expect("it is small")
    }
}

/// What came of all posts.
#[derive(Debug, Default)]
struct Tally {
    genuine: usize,
    put_off: usize,
    forged: usize,
    forged_put_off: usize,
}

struct Fleet<'w> {
    world: &'w World,
    environments: Vec<App>,
    dice: Dice,
    tally: Tally,
    /// In which seconds each environment met a proof that did not fit what it had at hand.
    doubtful: BTreeSet<(usize, i64)>,
    /// Genuine webhooks that were answered 503, and how often.
    pending: BTreeMap<usize, usize>,
    posted: usize,
}

/// What a function is told of a world by its environment; it is not told where the gateway is reached.
pub(crate) fn config(world: &World, function: &str) -> Config {
    let url = world.aws().url();
    let queue = |name: &str| format!("{url}/000000000000/local-{name}");
    Config {
        stack: "local".to_owned(),
        region: "eu-west-1".to_owned(),
        credentials: Credentials {
            access_key_id: function.to_owned(),
            secret_access_key: "local".to_owned(),
            session_token: None,
        },
        endpoint_url: Some(url.to_owned()),
        queues: QueueUrls {
            inbound: queue("inbound.fifo"),
            outbound: queue("outbound.fifo"),
            later: queue("later"),
            quarantine: queue("quarantine"),
            ..QueueUrls::default()
        },
        wasender_api_url: format!("{}/api", world.simulator().url()),
        media_bucket: None,
        records_bucket: None,
        restore: None,
        media_hosts: String::new(),
        public_url: None,
        log_level: "info".to_owned(),
        log_sample: 1,
        vendor_metrics: String::new(),
        default_country: "SN".to_owned(),
        vendor_cache: limits::SECRET_CACHE,
        repair_drift: false,
        redis_url: None,
        roots: Roots::default(),
        engine_in_flight: 3,
        engine_url: None,
        actions_url: None,
        engine_origins: String::new(),
    }
}

fn environment(world: &World) -> App {
    App::new(
        "messages",
        &config(world, "messages"),
        world.clock().clone(),
    )
}

async fn posted(app: &App, vendor: &str, secret: &str) -> u16 {
    // It names no session, for these are many vendors'.
    let mut body = event("presence.update", &json!({}));
    body["sessionId"].take();
    let body = body.to_string();
    let path = format!("/api/webhooks/wasender/{vendor}");
    let mut request = Request::new(Method::POST, path);
    request.body = Body::from(body);
    let secret = secret.parse().expect("a header");
    request.headers.insert("x-webhook-signature", secret);
    app.handle(request).await.status().as_u16()
}

impl Fleet<'_> {
    async fn post(&self, environment: usize, vendor: &str, secret: &str) -> u16 {
        posted(&self.environments[environment], vendor, secret).await
    }

    fn doubts(&mut self, environment: usize) {
        let second = self.world.clock().now().as_second();
        self.doubtful.insert((environment, second));
    }

    /// One webhook, genuine or forged, at an environment that chance names. `is_rotating` if a rotation is under way or lately was.
    async fn one(&mut self, secret: &str, is_rotating: bool) {
        let environment = self.dice.roll(ENVIRONMENTS);
        self.posted += 1;
        match self.dice.roll(10) {
            0..=4 => self.genuine(environment, secret, self.posted).await,
            5..=7 => self.forged(environment, VENDOR_1.id, is_rotating).await,
            _ => {
                for other in 0..OTHERS {
                    let vendor = format!("shop_{other:02}");
                    self.forged(environment, &vendor, is_rotating).await;
                }
            }
        }
        let due: Vec<_> = self.pending.keys().copied().take(3).collect();
        for id in due {
            let environment = self.dice.roll(ENVIRONMENTS);
            self.genuine(environment, secret, id).await;
        }
    }

    /// The provider signs with the secret that it has now, also when it posts again.
    async fn genuine(&mut self, environment: usize, secret: &str, id: usize) {
        self.doubts(environment);
        match self.post(environment, VENDOR_1.id, secret).await {
            200 => {
                self.tally.genuine += 1;
                self.pending.remove(&id);
            }
            503 => {
                self.tally.put_off += 1;
                let tries = self.pending.entry(id).or_default();
                *tries += 1;
                assert!(*tries < TRIES, "it is put off for ever");
            }
            status => panic!("a genuine webhook is refused for good: {status}"),
        }
    }

    async fn forged(&mut self, environment: usize, vendor: &str, is_rotating: bool) {
        self.doubts(environment);
        self.tally.forged += 1;
        match self.post(environment, vendor, "a_forged_secret").await {
            401 => {}
            503 if is_rotating && vendor == VENDOR_1.id => self.tally.forged_put_off += 1,
            status => panic!("a forgery for {vendor} is answered {status}"),
        }
    }

    /// Traffic while the admin API rotates the secret. The sender has whatever secret the provider has at the moment.
    async fn rotate(&mut self) {
        let world = self.world;
        let path = format!("vendors/{}/rotate-webhook-secret", VENDOR_1.id);
        let rotating = world.admin("POST", &path, &[], &Value::Null);
        let mut rotating = Box::pin(rotating);
        let answer = loop {
            let mut posting = Box::pin(async {
                let secret = secret(world).await;
                self.one(&secret, true).await;
                world.clock().advance(Duration::from_millis(130));
            });
            tokio::select! {
                answer = &mut rotating => {
                    posting.await;
                    break answer;
                }
                () = &mut posting => {}
            }
        };
        assert_eq!(answer.json["rotated"], true, "{}", answer.text);
    }
}

async fn secret(world: &World) -> String {
    let detail = at_provider(world).await;
    detail["webhook_secret"]
        .as_str()
        .expect("a secret")
        .to_owned()
}

async fn fifty_environments(seed: u64) {
    run(async |world| {
        for other in 0..OTHERS {
            register(world, &shop(other)).await;
        }
        world.later(limits::SECRET_CACHE.as_secs() + 1).await;
        let mut fleet = Fleet {
            world,
            environments: (0..ENVIRONMENTS).map(|_| environment(world)).collect(),
            dice: Dice(seed),
            tally: Tally::default(),
            doubtful: BTreeSet::new(),
            pending: BTreeMap::new(),
            posted: 0,
        };
        let first = secret(world).await;
        world.aws().calls().take();
        let begun = world.clock().now();
        // Caches of all ages.
        for environment in 0..ENVIRONMENTS {
            assert_eq!(fleet.post(environment, VENDOR_1.id, &first).await, 200);
            for other in 0..OTHERS {
                let (vendor, secret) = (
                    format!("shop_{other:02}"),
                    format!("shop_secret_{other:02}"),
                );
                assert_eq!(fleet.post(environment, &vendor, &secret).await, 200);
            }
            world.clock().advance(Duration::from_millis(5_700));
        }
        for rotation in 0..4 {
            Box::pin(fleet.rotate()).await;
            let secret = secret(world).await;
            let rotated_at = world.clock().now();
            for _ in 0..POSTS {
                let announced = rotated_at + limits::SECRET_CACHE + limits::SECRETS_LEASE;
                fleet.one(&secret, world.clock().now() < announced).await;
                let pause = [7, 90, 400, 2_600][fleet.dice.roll(4)];
                world.clock().advance(Duration::from_millis(pause));
            }
            assert!(
                fleet.pending.is_empty(),
                "rotation {rotation}: {:?}",
                fleet.pending
            );
        }
        reads_are_few(&fleet, begun);
        eprintln!("seed {seed}: {:?}", fleet.tally);
        assert!(
            fleet.tally.genuine > 500 && fleet.tally.forged > 1_000,
            "{:?}",
            fleet.tally
        );
    })
    .await;
}

/// A cache that is too old is filled again, and a doubt has it filled again at most once a second and vendor.
fn reads_are_few(fleet: &Fleet<'_>, begun: jiff::Timestamp) {
    let calls = fleet.world.aws().calls().take();
    let of_messages = |operation: &str| {
        let calls = calls.iter().filter(|call| call.caller == "messages");
        calls.filter(|call| call.operation == operation).count()
    };
    let passed = fleet.world.clock().now().duration_since(begun).as_secs();
    let lives = i64::try_from(limits::SECRET_CACHE.as_secs()).expect("it is short");
    let lifetimes = usize::try_from(passed / lives + 2).expect("it is small");
    let refills = ENVIRONMENTS * (OTHERS + 1) * lifetimes;
    let cap = usize::try_from(limits::SECRET_READS_PER_SECOND).expect("it is small");
    let allowed = refills + fleet.doubtful.len() * cap;
    let reads = of_messages("GetSecretValue");
    assert!(reads <= allowed, "{reads} reads, {allowed} are allowed");
    let asked = of_messages("Query");
    assert!(
        asked > 0,
        "a budget was used up, so that who rotates was asked for"
    );
    assert!(asked <= fleet.doubtful.len(), "{asked} questions");
}

#[tokio::test]
async fn an_environment_that_may_not_read_again_puts_off_who_shows_a_secret_that_was_just_registered()
 {
    run(async |world| {
        for other in 0..OTHERS {
            register(world, &shop(other)).await;
        }
        world.later(limits::SECRET_CACHE.as_secs() + 60).await;
        let app = environment(world);
        let shown = |other: usize| {
            (
                format!("shop_{other:02}"),
                format!("shop_secret_{other:02}"),
            )
        };
        for (vendor, secret) in (0..OTHERS).map(shown) {
            assert_eq!(posted(&app, &vendor, &secret).await, 200);
        }
        world.clock().advance(Duration::from_secs(2));
        let mut changed = shop(0);
        changed["wasenderWebhookSecret"] = "another_secret_00".into();
        assert_eq!(register(world, &changed).await.status, 200);
        for (vendor, _) in (1..OTHERS).map(shown) {
            assert_eq!(posted(&app, &vendor, "forged_secret").await, 401);
        }
        assert_eq!(posted(&app, "shop_00", "another_secret_00").await, 503);
        world.clock().advance(Duration::from_secs(2));
        assert_eq!(posted(&app, "shop_00", "another_secret_00").await, 200);
    })
    .await;
}

#[tokio::test]
async fn fifty_environments_refuse_no_genuine_webhook_for_good_while_a_secret_rotates_1() {
    fifty_environments(1).await;
}

#[tokio::test]
async fn fifty_environments_refuse_no_genuine_webhook_for_good_while_a_secret_rotates_2() {
    fifty_environments(0x5EED).await;
}

#[tokio::test]
async fn fifty_environments_refuse_no_genuine_webhook_for_good_while_a_secret_rotates_3() {
    fifty_environments(20_261_122).await;
}
