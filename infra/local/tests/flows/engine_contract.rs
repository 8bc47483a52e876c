//! What an engine of somebody else's is asked, and what comes of its answers.

use std::time::Duration;

use domain::limits;
use local::Options;
use serde_json::{Value, json};

use crate::engine_double::{Act, EngineDouble};
use crate::front_door::get;
use crate::media;
use crate::world::{AWA, MOUSSA, VENDOR_1, VENDOR_2, World, run, run_in};

const OTHER_SECRET: &str = "whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldC1vdGhlcg==";

async fn asks(world: &World, text: &str, key_id: &str) {
    world.customer_writes(VENDOR_1, AWA, text, key_id).await;
    world.quiet().await;
}

#[tokio::test]
async fn a_vendors_engine_is_asked_and_its_replies_are_sent_in_order() {
    run(async |world| {
        let engine = EngineDouble::start(world);
        world.configure_engine(VENDOR_1, &engine).await;
        engine.then(Act::Answer(json!({
            "replies": [
                { "type": "text", "text": "Un" },
                { "type": "buttons", "buttons": { "text": "Lequel ?", "options": [{ "id": "a", "title": "Rouge" }] } },
            ],
            "intent": "choosing", "nextStep": "colour", "somethingNew": { "of": "tomorrow" },
        })));
        asks(world, "Bonjour", "FIRST").await;
        asks(world, "1", "SECOND").await;
        world.later(10).await;
        world.later(10).await;
        let asked = engine.asked();
        assert_eq!(asked.len(), 2);
        assert!(asked.iter().all(|asked| asked.is_genuine));
        assert_eq!(asked[0].text(), "Bonjour");
        assert_eq!(
            (&asked[0].body["version"], asked[0].header("webhook-id")),
            (&json!(1), asked[0].body["message"]["id"].as_str().expect("an id"))
        );
        let conversation = &asked[1].body["conversation"];
        assert_eq!(
            (&conversation["currentIntent"], &conversation["currentStep"], &conversation["messageCount"]),
            (&json!("choosing"), &json!("colour"), &json!(2))
        );
        assert_eq!(
            asked[1].body["message"]["choice"],
            json!({ "id": "a", "title": "Rouge" })
        );
        assert_eq!(
            world.sent(VENDOR_1),
            ["Un", "Lequel ?\n\n1. Rouge", "De la part du moteur"]
        );
        world.customer_writes(VENDOR_2, MOUSSA, "Bonjour", "OTHERS").await;
        world.quiet().await;
        assert_eq!(engine.asked().len(), 2, "the other vendor has the built-in engine");
        assert_eq!(engine.connections(), 1, "the connection is kept");
    })
    .await;
}

#[tokio::test]
async fn the_platforms_engine_answers_for_every_vendor_that_names_none() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let options = Options {
        engine_url: Some(format!("http://{address}/answer")),
        ..Options::default()
    };
    run_in(options, async |world| {
        let engine = EngineDouble::on(world, listener);
        asks(world, "Bonjour", "FIRST").await;
        assert_eq!(engine.asked()[0].body["vendor"]["id"], VENDOR_1.id);
        assert_eq!(world.sent(VENDOR_1), ["De la part du moteur"]);
    })
    .await;
}

#[tokio::test]
async fn an_engine_may_answer_nothing() {
    run(async |world| {
        let engine = EngineDouble::start(world);
        world.configure_engine(VENDOR_1, &engine).await;
        engine.always(Act::status(204));
        asks(world, "Merci", "FIRST").await;
        let (asked, held) = (engine.asked().len(), world.held("inbound.fifo"));
        assert_eq!((asked, held), (1, 0));
        assert!(world.sent(VENDOR_1).is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_message_that_an_engine_could_not_answer_is_asked_again_with_the_same_id() {
    run(async |world| {
        let engine = EngineDouble::start(world);
        let slow = json!({ "url": engine.url(), "timeoutMs": 200 });
        world.configure_engine_as(VENDOR_1, &slow).await;
        let late = Act::After(Duration::from_millis(400), Box::new(Act::say("Trop tard")));
        for act in [Act::status(503), Act::Reset, Act::Hang, late] {
            engine.then(act);
        }
        asks(world, "Bonjour", "FIRST").await;
        for _ in 0..5 {
            world.later(limits::ENGINE_WAIT_MOST.as_secs() + 10).await;
        }
        let ids: Vec<_> = engine
            .asked()
            .iter()
            .map(|asked| asked.header("webhook-id").to_owned())
            .collect();
        assert_eq!(ids.len(), 5);
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(world.sent(VENDOR_1), ["De la part du moteur"]);
    })
    .await;
}

#[tokio::test]
async fn a_secret_of_the_vendors_own_signs_and_a_new_one_is_read_as_soon_as_the_old_is_refused() {
    run(async |world| {
        world.unspeakable(&[OTHER_SECRET]);
        let engine = EngineDouble::start(world);
        let own = json!({ "url": engine.url(), "secretRef": "shop_a", "timeoutMs": 2000 });
        world.configure_engine_as(VENDOR_1, &own).await;
        let platforms = world.engine_secret();
        put_secret(world, "CreateSecret", &json!({ "current": platforms })).await;
        asks(world, "Bonjour", "FIRST").await;
        engine.believes(&[OTHER_SECRET]);
        let rotated = json!({ "current": OTHER_SECRET, "previous": platforms });
        put_secret(world, "PutSecretValue", &rotated).await;
        world.later(11).await;
        asks(world, "Encore", "SECOND").await;
        let asked = engine.asked();
        let genuine: Vec<_> = asked.iter().map(|asked| asked.is_genuine).collect();
        assert_eq!(genuine, [true, false, true]);
        let signatures = asked[2].header("webhook-signature");
        assert_eq!(signatures.split(' ').count(), 2, "both sign while it lasts");
        assert_eq!(world.sent(VENDOR_1).len(), 2);
    })
    .await;
}

/// Makes or changes the secret of the first vendor's engine.
async fn put_secret(world: &World, operation: &str, value: &Value) {
    let name = match operation {
        "CreateSecret" => "Name",
        _ => "SecretId",
    };
    let mut body = json!({ "SecretString": value.to_string() });
    body[name] = "local/engine/shop_a".into();
    body["ClientRequestToken"] = format!("{operation:0>32}").into();
    world
        .aws_operation(&format!("secretsmanager.{operation}"), &body)
        .await;
}

#[tokio::test]
async fn without_a_secret_an_engine_is_not_called() {
    run(async |world| {
        let engine = EngineDouble::start(world);
        let own = json!({ "url": engine.url(), "secretRef": "nobody", "timeoutMs": 2000 });
        world.configure_engine_as(VENDOR_1, &own).await;
        asks(world, "Bonjour", "FIRST").await;
        let (calls, held) = (engine.connections(), world.held("inbound.fifo"));
        assert_eq!((calls, held), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_when_it_is_saved() {
    run(async |world| {
        let path = "vendors/vendor_001/config";
        let etag = get(world, path).await.etag;
        for url in [
            "http://engine.example/answer",
            "https://10.0.0.1/answer",
            "https://localhost:8443/answer",
            "https://engine.internal/answer",
            "http://169.254.169.254/latest/meta-data",
        ] {
            let body = json!({ "engine": { "url": url } });
            let answer = world
                .admin("PUT", path, &[("if-match", &etag)], &body)
                .await;
            let field = answer.json["field"].as_str();
            assert_eq!((answer.status, field), (422, Some("engine.url")), "{url}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_wrong_in_one_part_sends_nothing_and_its_text_is_in_no_log() {
    run(async |world| {
        world.unspeakable(&["Une belle réponse"]);
        let engine = EngineDouble::start(world);
        world.configure_engine(VENDOR_1, &engine).await;
        let good = json!({ "type": "text", "text": "Une belle réponse" });
        let stray = json!({ "type": "text", "text": "Une belle réponse", "caption": "a" });
        let html = vec![("content-type", "text/html".to_owned())];
        let wrong = [
            Act::Answer(json!({ "replies": [good, stray] })),
            Act::Answer(json!({ "replies": vec![good; 11] })),
            Act::Reply(200, html, b"<p>Une belle r\xc3\xa9ponse</p>".to_vec()),
            Act::Reply(307, vec![("location", engine.url().to_owned())], Vec::new()),
        ];
        for (number, act) in wrong.into_iter().enumerate() {
            engine.always(act);
            let from = format!("22170000001{number}");
            let key_id = format!("ASKED{number}");
            world
                .customer_writes(VENDOR_1, &from, "Bonjour", &key_id)
                .await;
            world.quiet().await;
            assert_eq!(engine.asked().len(), number + 1);
        }
        let sent = world.sent(VENDOR_1);
        assert!(!sent.iter().any(|text| text.contains("belle")), "{sent:?}");
    })
    .await;
}

#[tokio::test]
async fn a_file_is_told_to_the_engine_without_its_address_and_its_key() {
    run(async |world| {
        let engine = EngineDouble::start(world);
        world.configure_engine(VENDOR_1, &engine).await;
        media::awa_sends(world, media::image(), "le reçu").await;
        let asked = engine.asked().remove(0).body;
        let media = &asked["message"]["media"];
        let path = media["path"].as_str().expect("a path");
        let shown = get(world, path.trim_start_matches("/api/admin/")).await;
        let told = &shown.json["media"]["mimeType"];
        assert_eq!((shown.status, told), (200, &media["mimeType"]));
        assert!(!asked.to_string().contains("/_sim/media"), "{asked}");
    })
    .await;
}
