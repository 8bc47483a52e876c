use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Contact, Group, Inbound, ResetHeader};

use crate::world::{CUSTOMER, KEY_A, KEY_B, World};

#[tokio::test]
async fn a_username_is_found_by_number_lid_and_handle() {
    let world = World::new().await;
    let contact = Contact {
        phone: CUSTOMER.to_owned(),
        lid: Some("777".to_owned()),
        username: Some("@awa".to_owned()),
        ..Contact::default()
    };
    world.simulator.add_contact(contact).expect("a contact");
    let found =
        json!({"success": true, "data": {"jid": "221700000001@s.whatsapp.net", "username": "awa"}});
    for who in [
        "+221700000001",
        "221700000001%40s.whatsapp.net",
        "777%40lid",
        "%40awa",
    ] {
        let answer = world
            .get(&format!("/api/fetch-username/{who}"), KEY_A)
            .await;
        assert_eq!(answer.body, found, "{who}");
    }
    let unknown = world.get("/api/fetch-username/221700000009", KEY_A).await;
    assert_eq!(
        (unknown.status, unknown.body["error"].is_string()),
        (404, true)
    );
}

#[tokio::test]
async fn pictures_and_groups_have_limits_of_their_own() {
    let world = World::new().await;
    let picture = json!({"phone": CUSTOMER, "picture": "https://files.example/awa.jpg"});
    world.control(Method::POST, "/contacts", picture).await;
    let shown = world.get("/api/contacts/221700000001/picture", KEY_A).await;
    assert_eq!(
        shown.body,
        json!({"success": true, "data": {"imgUrl": "https://files.example/awa.jpg"}})
    );
    let limits = |headers: &axum::http::HeaderMap| {
        ["x-ratelimit-limit", "x-ratelimit-daily-limit"]
            .map(|name| headers[name].to_str().expect("a number").to_owned())
    };
    assert_eq!(limits(&shown.headers), ["60", "1000"]);
    let group = "/api/groups/12036@g.us/metadata";
    for _ in 0..10 {
        let answer = world.get(group, KEY_A).await;
        assert_eq!(
            (answer.status, limits(&answer.headers)),
            (404, ["10".to_owned(), "500".to_owned()])
        );
    }
    let eleventh = world.get(group, KEY_A).await;
    assert_eq!(
        (eleventh.status, &eleventh.body["success"]),
        (429, &Value::Null)
    );
    assert!(
        eleventh.body["retry_after"]
            .as_u64()
            .is_some_and(|after| after > 50)
    );
    assert_eq!(world.get(group, KEY_B).await.status, 404);
}

#[tokio::test]
async fn the_reset_header_can_be_unix_time() {
    let world = World::with(|options| options.reset_header = ResetHeader::UnixTime).await;
    let answer = world.get("/api/on-whatsapp/221700000001", KEY_A).await;
    let reset = |name: &str| {
        let value = answer.headers[name].to_str().ok();
        value
            .and_then(|value| value.parse::<i64>().ok())
            .expect("a number")
    };
    let now = world.clock.now().as_second();
    assert!((now..=now + 61).contains(&reset("x-ratelimit-reset")));
    assert!(reset("x-ratelimit-daily-reset") > now + 86_000);
}

#[tokio::test]
async fn a_group_is_known_by_what_was_told_of_it_and_by_who_writes_in_it() {
    let world = World::new().await;
    let group = Group {
        group: "12036".to_owned(),
        subject: "Marché".to_owned(),
        participants: vec!["+221701111111".to_owned()],
    };
    let told =
        json!({"group": group.group, "subject": group.subject, "participants": group.participants});
    world.control(Method::POST, "/groups", told).await;
    let inbound = Inbound {
        group: Some("12036".to_owned()),
        lid: Some("777".to_owned()),
        ..World::writes("Bonjour")
    };
    world.simulator.inbound(inbound).await.expect("an answer");
    let metadata = world
        .get("/api/groups/12036@g.us/metadata", KEY_A)
        .await
        .body;
    let data = &metadata["data"];
    assert_eq!(
        (&data["jid"], &data["subject"], &data["owner"]),
        (
            &json!("12036@g.us"),
            &json!("Marché"),
            &json!("221701111111@s.whatsapp.net")
        )
    );
    assert_eq!(
        data["participants"],
        json!([
            {"jid": "221701111111@s.whatsapp.net", "isAdmin": true, "isSuperAdmin": true},
            {"jid": "221700000001@s.whatsapp.net", "isAdmin": false, "isSuperAdmin": false},
        ])
    );
    let participants = world
        .get("/api/groups/12036@g.us/participants", KEY_A)
        .await
        .body;
    assert_eq!(
        participants["data"],
        json!([{"id": "221701111111@s.whatsapp.net", "admin": "superadmin"}, {"id": "777@lid"}])
    );
}
