//! Everything that the staff may send, as Wasender gets it and as the back office sees it afterwards.

mod refused;

use serde_json::{Value, json};

use crate::front_door::is_problem;
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run, run_with};

const SEND: &str = "vendors/vendor_001/send-message";
const FILE: &str = "https://files.example/a";
const GROUP: &str = "120363000000000001@g.us";

/// A request of the staff that is taken; answers with our id of the message.
async fn sends(world: &World, body: &Value) -> String {
    let answer = world.admin("POST", SEND, &[], body).await;
    assert_eq!(answer.status, 202, "{body}: {}", answer.text);
    let id = answer.json["messageId"].as_str().expect("an id");
    id.to_owned()
}

/// What is asked for, what Wasender must get but for `to`, and what the list must show, for each kind.
fn kinds() -> Vec<(Value, Value, Value)> {
    let options = json!([{"id": "s", "title": "Petite"}, {"id": "m", "title": "Moyenne", "description": "2 kg"}]);
    let buttons = json!([{"id": "yes", "title": "Oui"}, {"id": "no", "title": "Non"}]);
    let webp = format!("{FILE}.webp");
    vec![
        (
            json!({"message": "Bonne fête"}),
            json!({"text": "Bonne fête"}),
            json!({"kind": "text", "text": "Bonne fête"}),
        ),
        (
            json!({"type": "image", "mediaUrl": FILE, "caption": "La robe", "viewOnce": true}),
            json!({"imageUrl": FILE, "text": "La robe", "viewOnce": true}),
            json!({"kind": "image", "text": "La robe", "media": {"url": FILE, "viewOnce": true}}),
        ),
        (
            json!({"type": "video", "mediaUrl": FILE}),
            json!({"videoUrl": FILE}),
            json!({"kind": "video", "text": null, "media": {"url": FILE}}),
        ),
        (
            json!({"type": "document", "mediaUrl": FILE, "fileName": "facture.pdf", "caption": "La facture"}),
            json!({"documentUrl": FILE, "fileName": "facture.pdf", "text": "La facture"}),
            json!({"kind": "document", "text": "La facture", "media": {"fileName": "facture.pdf"}}),
        ),
        (
            json!({"type": "audio", "mediaUrl": FILE, "viewOnce": true}),
            json!({"audioUrl": FILE, "viewOnce": true}),
            json!({"kind": "audio", "media": {"voiceNote": true}}),
        ),
        (
            json!({"type": "sticker", "mediaUrl": webp}),
            json!({"stickerUrl": webp}),
            json!({"kind": "sticker", "media": {"url": webp}}),
        ),
        (
            json!({"contact": {"name": "Fatou", "phone": "70 000 00 03"}}),
            json!({"contact": {"name": "Fatou", "phone": "+221700000003"}}),
            json!({"kind": "contact", "card": {"name": "Fatou", "phones": ["+221700000003"]}}),
        ),
        (
            json!({"location": {"latitude": 14.7, "longitude": -17.4, "name": "La boutique"}}),
            json!({"location": {"latitude": 14.7, "longitude": -17.4, "name": "La boutique"}}),
            json!({"kind": "location", "location": {"latitude": 14.7, "longitude": -17.4, "name": "La boutique"}}),
        ),
        (
            json!({"poll": {"question": "Quelle couleur ?", "options": ["Bleu", "Vert"]}}),
            json!({"poll": {"question": "Quelle couleur ?", "options": ["Bleu", "Vert"], "multiSelect": false}}),
            json!({"kind": "poll", "poll": {"options": ["Bleu", "Vert"], "multiSelect": false}}),
        ),
        (
            json!({"buttons": {"text": "Livrer demain ?", "options": buttons}}),
            json!({"text": "Livrer demain ?\n\n1. Oui\n2. Non"}),
            json!({"kind": "text", "menu": {"kind": "buttons", "text": "Livrer demain ?"}}),
        ),
        (
            json!({"type": "list", "list": {"text": "Quelle taille ?", "options": options}}),
            json!({"text": "Quelle taille ?\n\n1. Petite\n2. Moyenne — 2 kg"}),
            json!({"menu": {"kind": "list", "options": options_shown()}}),
        ),
    ]
}

fn options_shown() -> Value {
    json!([
        {"id": "s", "title": "Petite", "description": null},
        {"id": "m", "title": "Moyenne", "description": "2 kg"},
    ])
}

/// Whether `whole` says all that `part` says.
fn says(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| whole.get(name).is_some_and(|whole| says(whole, part))),
        _ => whole == part,
    }
}

#[tokio::test]
async fn every_kind_leaves_as_wasender_documents_it_and_its_echo_is_known_without_a_number() {
    let echoes: fn(&mut simulator::Options) = |options| {
        options.msg_id_in_events = false;
        options.echo = true;
    };
    run_with(echoes, async |world| {
        let texts = [
            "Bonne fête",
            "La robe",
            "La facture",
            "La boutique",
            "Quelle couleur",
            "Fatou",
        ];
        world.unspeakable(&texts);
        world.unspeakable(&[
            MOUSSA,
            "files.example",
            "Livrer demain",
            "Moyenne",
            "221700000003",
        ]);
        let kinds = kinds();
        for (asked, _, _) in &kinds {
            let mut body = asked.clone();
            body["to"] = "70 000 00 02".into();
            sends(world, &body).await;
        }
        world.quiet().await;
        let mut got = world.accepted().await;
        for body in &mut got {
            let to = body.as_object_mut().expect("an object").remove("to");
            assert_eq!(to, Some(json!("+221700000002")));
        }
        let expected: Vec<_> = kinds.iter().map(|(_, sent, _)| sent.clone()).collect();
        assert_eq!(got, expected);
        assert_eq!(world.statuses(VENDOR_1).await, vec!["read"; kinds.len()]);
        let mut listed = world.messages(VENDOR_1, "outbound").await;
        listed.reverse();
        for (message, (_, _, shown)) in listed.iter().zip(&kinds) {
            assert!(says(message, shown), "{message} does not show {shown}");
        }
        world.later(100).await;
        let typed = world.messages(VENDOR_1, "outbound").await.len();
        assert_eq!(typed, kinds.len(), "no echo was taken for typed");
    })
    .await;
}

#[tokio::test]
async fn a_group_is_written_to_and_people_in_it_are_mentioned() {
    run(async |world| {
        world.unspeakable(&["Réunion à midi", MOUSSA]);
        for _ in 0..2 {
            let body = json!({
                "to": GROUP, "message": "@221700000002 Réunion à midi", "mentions": ["70 000 00 02"],
            });
            sends(world, &body).await;
            world.quiet().await;
        }
        let expected = json!({
            "to": GROUP, "text": "@221700000002 Réunion à midi", "mentions": ["221700000002@s.whatsapp.net"],
        });
        assert_eq!(world.accepted().await, [expected.clone(), expected]);
        let listed = world.messages(VENDOR_1, "outbound").await;
        assert_eq!(listed[0]["group"], json!({"id": "120363000000000001"}));
        assert_eq!(listed[0]["mentions"], json!(["+221700000002"]));
        assert_eq!(listed[0]["contact"]["phone"], json!(null));
        assert_eq!(world.statuses(VENDOR_1).await, ["read", "read"]);
    })
    .await;
}

#[tokio::test]
async fn an_idempotency_key_stands_for_the_whole_request() {
    run(async |world| {
        world.unspeakable(&[MOUSSA, "files.example"]);
        let key = [("idempotency-key", "order-18")];
        let body = json!({
            "to": "70 000 00 02", "type": "image", "mediaUrl": FILE, "caption": "La robe", "wabaId": "waba_vendor_001",
        });
        let first = world.admin("POST", SEND, &key, &body).await;
        assert_eq!(first.status, 202, "{}", first.text);
        let mut same = body.clone();
        same["to"] = "+221700000002".into();
        same["viewOnce"] = false.into();
        let again = world.admin("POST", SEND, &key, &same).await;
        assert_eq!((again.status, &again.json), (202, &first.json));
        for (field, value) in [
            ("mediaUrl", json!("https://files.example/b")),
            ("caption", json!("La jupe")),
            ("caption", json!(null)),
            ("viewOnce", json!(true)),
            ("type", json!("video")),
            ("to", json!(GROUP)),
            ("wabaId", json!(null)),
            ("replyTo", json!("msg_1")),
        ] {
            let mut other = body.clone();
            other[field] = value;
            let answer = world.admin("POST", SEND, &key, &other).await;
            is_problem(&answer, 409, "idempotency_conflict");
        }
        world.quiet().await;
        assert_eq!(world.accepted().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_fields_of_the_release_before_are_still_a_text() {
    run(async |world| {
        world.unspeakable(&[AWA, "Votre colis"]);
        for body in [
            json!({"to": format!("+{AWA}"), "message": " Votre colis "}),
            json!({"to": format!("+{AWA}"), "text": "Votre colis", "type": null, "mentions": []}),
        ] {
            let key = [("idempotency-key", "order-19")];
            let answer = world.admin("POST", SEND, &key, &body).await;
            assert_eq!(answer.status, 202, "{}", answer.text);
        }
        world.quiet().await;
        let expected = json!({"to": format!("+{AWA}"), "text": "Votre colis"});
        assert_eq!(world.accepted().await, [expected]);
    })
    .await;
}
