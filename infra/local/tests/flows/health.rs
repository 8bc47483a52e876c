//! What the gateway says of its own tables, queues and secrets.

use embedded_aws::{Matcher, Service};
use serde_json::{Value, json};

use crate::front_door::get;
use crate::world::{World, run};

/// The parts that are not as they should be, as `<kind> <name> <code>`.
fn wrong(health: &Value) -> Vec<String> {
    let parts = health["checks"].as_array().expect("a list").iter();
    let wrong = parts.filter(|part| part["state"] != "ok");
    let told = wrong.map(|part| {
        let word = |member: &str| part[member].as_str().unwrap_or_default();
        format!("{} {} {}", word("kind"), word("name"), word("code"))
    });
    told.collect()
}

async fn health(world: &World) -> Value {
    let answer = get(world, "health").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

#[tokio::test]
async fn every_table_queue_and_secret_of_a_deployment_is_looked_at_and_none_of_a_vendors() {
    run(async |world| {
        world.pause();
        world.put("inbound.fifo", "{}").await;
        world.aws().calls().take();
        let health = health(world).await;
        assert_eq!((&health["ok"], wrong(&health)), (&json!(true), Vec::new()));
        let parts = health["checks"].as_array().expect("a list");
        let count = |kind: &str| parts.iter().filter(|part| part["kind"] == kind).count();
        assert_eq!(["table", "queue", "secret"].map(count), [9, 7, 4]);
        let inbound = parts.iter().find(|part| part["name"] == "inbound");
        assert_eq!(inbound.expect("it is there")["waiting"], 1);
        let calls = world.aws().calls().take();
        assert!(calls.len() <= 24, "it costs {} calls", calls.len());
        let of_vendors = calls
            .iter()
            .filter(|call| call.resource.contains("/vendor/"));
        assert_eq!(of_vendors.count(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_is_gone_or_does_not_answer_is_named() {
    run(async |world| {
        let table = json!({ "TableName": "local-orders" });
        world
            .aws_operation("DynamoDB_20120810.DeleteTable", &table)
            .await;
        let url = format!("{}/000000000000/local-quarantine", world.aws().url());
        let queue = json!({ "QueueUrl": url });
        world.aws_operation("AmazonSQS.DeleteQueue", &queue).await;
        for secret in ["platform", "marks", "engine/platform"] {
            let secret = json!({ "SecretId": format!("local/{secret}") });
            world
                .aws_operation("secretsmanager.DeleteSecret", &secret)
                .await;
        }
        let gone = health(world).await;
        assert_eq!(gone["ok"], false);
        let expected = [
            "table orders missing",
            "queue quarantine missing",
            "secret platform missing",
            "secret account-token ",
            "secret marks missing",
            "secret engine missing",
        ];
        assert_eq!(wrong(&gone), expected);
        let queues = Matcher::any().caller("admin").service(Service::Sqs);
        world.aws().faults().throttle(queues);
        let throttled = wrong(&health(world).await);
        let of_queues = throttled.iter().filter(|one| one.starts_with("queue"));
        let is_throttled = |one: &String| one.ends_with(" throttled");
        assert_eq!(of_queues.filter(|one| is_throttled(one)).count(), 7);
    })
    .await;
}

#[tokio::test]
async fn a_secret_without_what_it_must_hold_is_named() {
    run(async |world| {
        for (secret, text) in [
            ("platform", json!({ "adminKey": "" }).to_string()),
            ("marks", "too short".to_owned()),
        ] {
            let version = json!({
                "SecretId": format!("local/{secret}"), "SecretString": text,
                "ClientRequestToken": "6e0d2f5a-0000-4000-8000-000000000001",
            });
            world
                .aws_operation("secretsmanager.PutSecretValue", &version)
                .await;
        }
        let expected = [
            "secret platform incomplete",
            "secret account-token ",
            "secret marks unreadable",
        ];
        assert_eq!(wrong(&health(world).await), expected);
    })
    .await;
}
