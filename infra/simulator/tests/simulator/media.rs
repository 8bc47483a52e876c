use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Inbound, InboundMedia};

use crate::world::{KEY_A, World};

/// `GIF89a` in base64.
const GIF: &str = "R0lGODlh";

fn image() -> InboundMedia {
    InboundMedia {
        kind: "image".to_owned(),
        mimetype: "image/gif".to_owned(),
        base64: GIF.to_owned(),
        ..InboundMedia::default()
    }
}

/// The customer sends a file; answers with the message object that the gateway got.
async fn sent(world: &World, media: InboundMedia) -> Value {
    let inbound = Inbound {
        media: Some(media),
        ..World::writes("voilà")
    };
    world.simulator.inbound(inbound).await.expect("it comes in");
    let got = world.gateway.got().pop().expect("a webhook");
    got.body["data"]["messages"]["message"].clone()
}

async fn decrypt(world: &World, message: &Value) -> (u16, Value) {
    let body = json!({"data": {"messages": {"key": {"id": "3A"}, "message": message}}});
    let answer = world
        .call(Method::POST, "/api/decrypt-media", KEY_A, body)
        .await;
    (answer.status, answer.body)
}

fn path<'a>(world: &World, url: &'a Value) -> &'a str {
    let url = url.as_str().expect("an address");
    url.strip_prefix(world.simulator.url())
        .expect("the simulator's")
}

#[tokio::test]
async fn a_file_comes_encrypted_and_is_decrypted_for_an_hour() {
    let world = World::new().await;
    let message = sent(&world, image()).await;
    let file = &message["imageMessage"];
    assert_eq!(
        (&file["mimetype"], &file["fileLength"], &file["caption"]),
        (&json!("image/gif"), &json!("6"), &json!("voilà"))
    );
    let encrypted = world.get(path(&world, &file["url"]), "").await;
    assert_eq!(encrypted.status, 200);
    assert_eq!(
        encrypted.headers["content-length"], "26",
        "padded, and a code"
    );
    let (status, answer) = decrypt(&world, &message).await;
    assert_eq!((status, &answer["success"]), (200, &json!(true)));
    let decrypted = path(&world, &answer["publicUrl"]);
    assert!(
        decrypted.starts_with("/api/decrypted-media/"),
        "{decrypted}"
    );
    let file = world.get(decrypted, "").await;
    assert_eq!(
        (
            file.status,
            &file.headers["content-type"],
            &file.headers["content-length"]
        ),
        (
            200,
            &"image/gif".parse().expect("a value"),
            &"6".parse().expect("a value")
        )
    );
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(world.get(decrypted, "").await.status, 404);
    assert_eq!(world.simulator.asked("decrypt-media"), 1);
}

#[tokio::test]
async fn what_holds_no_file_or_another_key_is_not_decrypted() {
    let world = World::new().await;
    let mut message = sent(&world, image()).await;
    let (status, answer) = decrypt(&world, &json!({"conversation": "voilà"})).await;
    assert_eq!((status, &answer["success"]), (400, &json!(false)));
    assert!(answer["error"].is_string());
    message["imageMessage"]["mediaKey"] = json!("AAAA");
    assert_eq!(decrypt(&world, &message).await.0, 400);
    let body = json!({"data": {}});
    let answer = world
        .call(Method::POST, "/api/decrypt-media", "", body)
        .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_file_is_taken_in_base64_and_served_for_a_day() {
    let world = World::new().await;
    let upload = async |body: Value| world.call(Method::POST, "/api/upload", KEY_A, body).await;
    for body in [
        json!({"base64": format!("data:image/gif;base64,{GIF}")}),
        json!({"base64": GIF, "mimetype": "image/gif"}),
    ] {
        let answer = upload(body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let uploaded = path(&world, &answer.body["publicUrl"]);
        assert_eq!(world.get(uploaded, "").await.status, 200);
        world.clock.advance(Duration::from_hours(24));
        assert_eq!(world.get(uploaded, "").await.status, 404);
    }
    for (body, status) in [
        (json!({}), 400),
        (json!({"base64": "?", "mimetype": "image/gif"}), 400),
        (json!({"base64": GIF, "mimetype": "image/png"}), 422),
    ] {
        let answer = upload(body).await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (status, &json!(false))
        );
        assert!(answer.body["error"].is_string());
    }
}

#[tokio::test]
async fn a_file_too_large_for_its_kind_is_refused() {
    let world = World::new().await;
    // 6 MB of a sticker, of which 5 are taken, and of an image, of which 16 are.
    let zeros = "AAAA".repeat(2 * 1024 * 1024);
    for (mimetype, begin, status) in [
        ("image/webp", "UklGRgAAAABXRUJQ", 413),
        ("image/gif", GIF, 200),
    ] {
        let body = json!({"base64": format!("{begin}{zeros}"), "mimetype": mimetype});
        let answer = world.call(Method::POST, "/api/upload", KEY_A, body).await;
        assert_eq!(answer.status, status, "{mimetype}");
    }
}

#[tokio::test]
async fn files_survive_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::kept_in(dir.path()).await;
    let message = sent(&world, image()).await;
    world.simulator.shutdown().await;
    let world = World::kept_in(dir.path()).await;
    assert_eq!(decrypt(&world, &message).await.0, 200);
}
