//! Records that environments share in a Redis: a real one, and whatever else may stand at its address.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use domain::{VendorId, limits};
use platform::tables::VendorRow;
use platform::{Config, Platform, Registry};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::front_door::{calls_of, change};
use crate::registry::config;
use crate::world::{VENDOR_1, World, run};

/// Where a record stands: stack, version of the form, vendor.
const KEY: &str = "local:v1:vendor:vendor_001";

/// A Redis of Debian's, on a port of its own, which ends with the test.
struct Redis {
    process: Child,
    at: SocketAddr,
    _directory: TempDir,
}

impl Redis {
    /// `None` where there is none, which is told; with `CI` set it is a failure.
    async fn start() -> Option<Self> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let at = free.and_then(|free| free.local_addr()).expect("a port");
        let directory = tempfile::tempdir().expect("a directory");
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &at.port().to_string()])
            .arg("--dir")
            .arg(directory.path())
            .stdout(Stdio::null())
            .spawn();
        let process = match process {
            Ok(process) => process,
            Err(error) => {
                let is_ci = std::env::var_os("CI").is_some();
                assert!(
                    !is_ci,
                    "redis-server: {error}; infra/ci/tools.sh installs it"
                );
                eprintln!("LEFT OUT: a shared cache, as there is no redis-server: {error}");
                return None;
            }
        };
        let redis = Self {
            process,
            at,
            _directory: directory,
        };
        for _ in 0..500 {
            if TcpStream::connect(at).await.is_ok() {
                return Some(redis);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("redis-server does not listen");
    }

    fn url(&self) -> String {
        format!("redis://{}", self.at)
    }

    /// What Redis answers to a command, as it comes.
    async fn say(&self, command: &str) -> String {
        let mut stream = TcpStream::connect(self.at).await.expect("Redis listens");
        let line = format!("{command}\r\nQUIT\r\n");
        stream.write_all(line.as_bytes()).await.expect("it hears");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .await
            .expect("it answers");
        answer
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A function's environment that knows nothing yet, by its name.
fn environment(world: &World, name: &str, redis: &str) -> Registry {
    let mut config: Config = config(world, name);
    config.redis_url = Some(redis.to_owned());
    Registry::new(&config, &Platform::new(&config, world.clock().clone()))
}

async fn ask(registry: &Registry) -> VendorRow {
    let vendor = VendorId::parse(VENDOR_1.id).expect("an id");
    let row = registry.vendor(&vendor).await.expect("never an error");
    VendorRow::clone(&row.expect("it exists"))
}

/// Whether an environment that knows nothing has the vendor from Redis; a busy machine may be too slow for Redis once or twice.
async fn is_shared(world: &World, redis: &str) -> bool {
    for _ in 0..20 {
        let fresh = environment(world, "fresh", redis);
        world.aws().calls().take();
        ask(&fresh).await;
        if !reads_tables(world, "fresh") {
            return true;
        }
    }
    false
}

/// Whether an environment asked the tables since calls were last taken.
fn reads_tables(world: &World, name: &str) -> bool {
    let calls = calls_of(world, name);
    calls.iter().any(|call| call.starts_with("DynamoDb"))
}

#[tokio::test]
async fn what_one_environment_read_others_have_from_redis_until_its_time_is_over() {
    run(async |world| {
        let Some(redis) = Redis::start().await else {
            return;
        };
        assert!(is_shared(world, &redis.url()).await);
        let kept = redis.say(&format!("GET {KEY}")).await;
        assert!(kept.contains("vendor_001"), "{kept}");
        for secret in [VENDOR_1.secret, "api_key_abc"] {
            assert!(!kept.contains(secret), "{secret} is shared: {kept}");
        }
        let lives = redis.say(&format!("TTL {KEY}")).await;
        let lives = lives.lines().next().and_then(|line| line.strip_prefix(':'));
        let lives: u64 = lives.and_then(|text| text.parse().ok()).expect("it ends");
        assert!(
            (1..=limits::SECRET_CACHE.as_secs()).contains(&lives),
            "{lives}"
        );
        // As old as it may be: what Redis still has counts no more.
        world.later(limits::SECRET_CACHE.as_secs()).await;
        let late = environment(world, "late", &redis.url());
        ask(&late).await;
        assert!(reads_tables(world, "late"));
    })
    .await;
}

/// Puts the password of Redis into the platform's secret.
async fn tell_password(world: &World, password: &str) {
    let secret = json!({ "SecretId": "local/platform" });
    let read = world.aws_operation("secretsmanager.GetSecretValue", &secret);
    let read = read.await;
    let text = read["SecretString"].as_str().expect("a secret");
    let mut platform: Value = serde_json::from_str(text).expect("it is JSON");
    platform["redisPassword"] = password.into();
    let token = format!("{:0>36}", password.len());
    let put = json!({ "SecretId": "local/platform", "SecretString": platform.to_string(), "ClientRequestToken": token });
    world
        .aws_operation("secretsmanager.PutSecretValue", &put)
        .await;
}

#[tokio::test]
async fn the_password_of_redis_is_the_platforms_secret_and_a_wrong_one_is_no_error() {
    run(async |world| {
        let Some(redis) = Redis::start().await else {
            return;
        };
        let set = redis.say("CONFIG SET requirepass open-sesame-1").await;
        assert!(set.starts_with("+OK"), "{set}");
        for wrong in ["", "open-sesame"] {
            tell_password(world, wrong).await;
            let reader = environment(world, "reader", &redis.url());
            assert_eq!(ask(&reader).await.config.vendor_id.as_str(), VENDOR_1.id);
            assert!(reads_tables(world, "reader"), "{wrong}");
        }
        tell_password(world, "open-sesame-1").await;
        assert!(is_shared(world, &redis.url()).await);
    })
    .await;
}

#[tokio::test]
async fn what_was_changed_is_forgotten_by_redis_too() {
    run(async |world| {
        let Some(redis) = Redis::start().await else {
            return;
        };
        assert!(is_shared(world, &redis.url()).await);
        let writer = environment(world, "writer", &redis.url());
        let vendor = VendorId::parse(VENDOR_1.id).expect("an id");
        for _ in 0..20 {
            change(world, "businessName", "Boutique Teranga".into()).await;
            writer.forget(&vendor).await;
            if redis.say(&format!("EXISTS {KEY}")).await.starts_with(":0") {
                break;
            }
            // It was too busy to answer.
            world.later(limits::REDIS_LEFT_ALONE.as_secs() + 1).await;
        }
        let other = environment(world, "other", &redis.url());
        assert_eq!(ask(&other).await.config.business_name, "Boutique Teranga");
        assert_eq!(ask(&writer).await.config.business_name, "Boutique Teranga");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_record_is_read_anew_from_the_tables() {
    run(async |world| {
        let Some(redis) = Redis::start().await else {
            return;
        };
        let of_another =
            r#"{"at":99999999999999,"record":{"config":{"pk":{"S":"vendor_002"}},"numbers":[]}}"#;
        for garbage in ["garbage", "{}", "7", r#"{"at":1}"#, of_another] {
            let garbage = garbage.replace('"', "\\\"");
            redis.say(&format!("SET {KEY} \"{garbage}\"")).await;
            let reader = environment(world, "reader", &redis.url());
            assert_eq!(ask(&reader).await.config.vendor_id.as_str(), VENDOR_1.id);
            assert!(reads_tables(world, "reader"), "{garbage}");
        }
        redis.say(&format!("DEL {KEY}")).await;
        redis.say(&format!("LPUSH {KEY} 1")).await;
        let reader = environment(world, "reader", &redis.url());
        assert_eq!(ask(&reader).await.config.vendor_id.as_str(), VENDOR_1.id);
        assert!(is_shared(world, &redis.url()).await, "it is written over");
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_dies_costs_no_answer_and_is_used_again_when_one_is_back() {
    run(async |world| {
        let Some(redis) = Redis::start().await else {
            return;
        };
        let url = redis.url();
        let reader = environment(world, "reader", &url);
        ask(&reader).await;
        drop(redis);
        for _ in 0..3 {
            world.later(limits::SECRET_CACHE.as_secs() + 1).await;
            world.aws().calls().take();
            ask(&reader).await;
            assert!(reads_tables(world, "reader"));
            world.aws().calls().take();
            ask(&reader).await;
            assert!(!reads_tables(world, "reader"), "memory goes on");
        }
        let Some(another) = Redis::start().await else {
            return;
        };
        assert!(is_shared(world, &another.url()).await);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_accepts_and_never_answers_is_waited_for_once_in_a_while() {
    run(async |world| {
        let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let url = format!("redis://{}", silent.local_addr().expect("an address"));
        let held = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = silent.accept().await {
                held.push(stream);
            }
        });
        let reader = environment(world, "reader", &url);
        let begun = tokio::time::Instant::now();
        for _ in 0..20 {
            let vendor = VendorId::parse(VENDOR_1.id).expect("an id");
            ask(&reader).await;
            reader.forget(&vendor).await;
        }
        // Twenty times both waits would be longer by far than one, and what the tables take.
        let waits = (limits::REDIS_CONNECT + limits::REDIS_ANSWER) * 20;
        assert!(
            begun.elapsed() < waits.max(Duration::from_secs(2)),
            "{:?}",
            begun.elapsed()
        );
        held.abort();
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_none_or_holds_a_password_is_not_used() {
    run(async |world| {
        for url in [
            "nonsense",
            "redis://:hunter2@127.0.0.1:1",
            "redis://127.0.0.1:1",
        ] {
            let reader = environment(world, "reader", url);
            assert_eq!(ask(&reader).await.config.vendor_id.as_str(), VENDOR_1.id);
        }
        world.unspeakable(&["hunter2"]);
    })
    .await;
}
