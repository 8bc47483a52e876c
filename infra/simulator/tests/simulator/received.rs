use reqwest::Method;
use serde_json::{Value, json};
use simulator::Inbound;

use crate::world::{CUSTOMER, KEY_A, World};

#[tokio::test]
async fn a_customers_message_reaches_the_vendors_webhook_and_brings_the_gateways_answer() {
    let world = World::new().await;
    let body =
        json!({"vendorId": "vendor_001", "from": CUSTOMER, "text": "Bonjour", "name": "Awa"});
    let answer = world.control(Method::POST, "/inbound", body).await;
    let key_id = answer.body["keyId"].as_str().expect("an id").to_owned();
    assert_eq!(
        answer.body,
        json!({"keyId": key_id, "status": 200, "body": {"status": "received", "processId": "p1"}})
    );
    let got = &world.gateway.got()[0];
    assert_eq!(
        (got.path.as_str(), got.signature.as_deref()),
        ("/api/webhooks/wasender/vendor_001", Some("secret_123"))
    );
    assert_eq!(
        (got.event(), &got.body["sessionId"]),
        ("messages.received", &json!(KEY_A))
    );
    let message = &got.body["data"]["messages"];
    assert_eq!(
        (&message["key"]["id"], &message["key"]["cleanedSenderPn"]),
        (&json!(key_id), &json!("221700000001"))
    );
    assert_eq!(
        (&message["messageBody"], &message["pushName"]),
        (&json!("Bonjour"), &json!("Awa"))
    );
}

#[tokio::test]
async fn the_same_message_can_come_again_under_another_name() {
    let world = World::new().await;
    let first = world
        .simulator
        .inbound(World::writes("Bonjour"))
        .await
        .expect("an answer");
    let again = Inbound {
        key_id: Some(first.key_id.clone()),
        event: Some("messages.upsert".to_owned()),
        ..World::writes("Bonjour")
    };
    assert_eq!(
        world
            .simulator
            .inbound(again)
            .await
            .expect("an answer")
            .key_id,
        first.key_id
    );
    assert_eq!(
        world.gateway.labels(),
        ["messages.received", "messages.upsert"]
    );
    assert_eq!(
        world.gateway.got()[1].body["data"]["messages"][0]["key"]["id"],
        first.key_id.as_str()
    );
}

#[tokio::test]
async fn two_messages_have_two_ids() {
    let world = World::new().await;
    let first = world
        .simulator
        .inbound(World::writes("un"))
        .await
        .expect("an answer");
    let second = world
        .simulator
        .inbound(World::writes("deux"))
        .await
        .expect("an answer");
    assert_ne!(first.key_id, second.key_id);
}

#[tokio::test]
async fn the_event_is_one_that_the_session_subscribed_to() {
    let world = World::new().await;
    world
        .manage(
            Method::PUT,
            "/1",
            json!({"webhook_events": ["messages.upsert", "session.status"]}),
        )
        .await;
    world
        .simulator
        .inbound(World::writes("Bonjour"))
        .await
        .expect("an answer");
    assert_eq!(world.gateway.labels(), ["messages.upsert"]);
    world
        .manage(
            Method::PUT,
            "/1",
            json!({"webhook_events": ["session.status"]}),
        )
        .await;
    let unheard = world
        .simulator
        .inbound(World::writes("Bonjour"))
        .await
        .expect("an answer");
    assert_eq!((unheard.status, unheard.body), (None, Value::Null));
}

#[tokio::test]
async fn what_the_vendor_types_comes_as_an_outgoing_upsert() {
    let world = World::new().await;
    world
        .simulator
        .inbound(Inbound {
            from_me: true,
            ..World::writes("J'arrive")
        })
        .await
        .expect("an answer");
    let got = &world.gateway.got()[0];
    let key = &got.body["data"]["messages"][0]["key"];
    assert_eq!(
        (got.event(), &key["fromMe"], &key["remoteJid"]),
        (
            "messages.upsert",
            &json!(true),
            &json!("221700000001@s.whatsapp.net")
        )
    );
}

#[tokio::test]
async fn any_whatsapp_message_can_come_in() {
    let world = World::new().await;
    let image =
        json!({"imageMessage": {"url": "https://mmg.example/a.enc", "mimetype": "image/jpeg"}});
    let inbound = Inbound {
        message: Some(image.clone()),
        text: String::new(),
        ..World::writes("")
    };
    world.simulator.inbound(inbound).await.expect("an answer");
    assert_eq!(
        world.gateway.got()[0].body["data"]["messages"]["message"],
        image
    );
}

#[tokio::test]
async fn the_gateways_refusal_and_its_absence_are_told() {
    let world = World::new().await;
    world.gateway.answers(&[401]);
    assert_eq!(
        world
            .simulator
            .inbound(World::writes("x"))
            .await
            .expect("an answer")
            .status,
        Some(401)
    );
    world
        .manage(
            Method::PUT,
            "/1",
            json!({"webhook_url": "http://127.0.0.1:9/none"}),
        )
        .await;
    assert_eq!(
        world
            .simulator
            .inbound(World::writes("x"))
            .await
            .expect("an answer")
            .status,
        None
    );
}

#[tokio::test]
async fn an_inbound_without_vendor_sender_or_content_is_refused() {
    let world = World::new().await;
    for body in [
        json!({"vendorId": "vendor_404", "from": CUSTOMER, "text": "x"}),
        json!({"vendorId": "vendor_001", "text": "x"}),
        json!({"vendorId": "vendor_001", "from": CUSTOMER}),
        json!({"vendorId": "vendor_001", "instance": "instance_def456", "from": CUSTOMER, "text": "x"}),
        json!([]),
    ] {
        let answer = world.control(Method::POST, "/inbound", body.clone()).await;
        assert_eq!(
            (answer.status, answer.body["error"].is_string()),
            (422, true),
            "{body}"
        );
    }
    assert!(world.gateway.got().is_empty());
}

#[tokio::test]
async fn a_vendors_second_number_is_named_by_its_instance() {
    let world = World::new().await;
    let spec = simulator::SessionSpec {
        instance_id: "instance_second".to_owned(),
        phone: "+221700000035".to_owned(),
        api_key: "api_key_second".to_owned(),
        webhook_secret: "secret_second".to_owned(),
        ..crate::world::vendor_a()
    };
    world.simulator.add_session(spec).expect("a session");
    let inbound = Inbound {
        instance: Some("instance_second".to_owned()),
        ..World::writes("Bonjour")
    };
    world.simulator.inbound(inbound).await.expect("an answer");
    let got = &world.gateway.got()[0];
    assert_eq!(
        (got.path.as_str(), got.signature.as_deref()),
        ("/api/webhooks/wasender/vendor_001", Some("secret_second"))
    );
}
