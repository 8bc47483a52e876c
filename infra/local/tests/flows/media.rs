//! Customers' files: fetched early, kept whole, shown by a link that ends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::limits;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind, Inbound, InboundMedia};
use testkit::wasender::received;

use crate::world::{AWA, Answer, VENDOR_1, VENDOR_2, World, run};

/// The least that is taken for a picture.
pub(crate) fn picture() -> Vec<u8> {
    let body = (0..50_000_u32).map(|at| u8::try_from(at % 251).expect("a byte"));
    [0xFF, 0xD8, 0xFF, 0xE0].into_iter().chain(body).collect()
}

pub(crate) fn image() -> InboundMedia {
    InboundMedia {
        kind: "image".to_owned(),
        mimetype: "image/jpeg".to_owned(),
        base64: STANDARD.encode(picture()),
        ..InboundMedia::default()
    }
}

/// Awa sends a file to the first vendor, and everything that follows at once has happened.
pub(crate) async fn awa_sends(world: &World, media: InboundMedia, caption: &str) {
    comes_in(world, media, caption).await;
    world.quiet().await;
}

pub(crate) async fn comes_in(world: &World, media: InboundMedia, caption: &str) {
    world.unspeakable(&[AWA, caption]);
    let inbound = Inbound {
        vendor_id: VENDOR_1.id.to_owned(),
        from: format!("+{AWA}"),
        text: caption.to_owned(),
        media: Some(media),
        ..Inbound::default()
    };
    let answer = world
        .simulator()
        .inbound(inbound)
        .await
        .expect("it comes in");
    assert_eq!(answer.status, Some(200));
}

/// What the back office is shown of the newest file.
pub(crate) async fn shown(world: &World) -> Value {
    let messages = world.messages(VENDOR_1, "inbound").await;
    let mut files = messages.iter().map(|message| &message["media"]);
    files
        .find(|media| !media.is_null())
        .expect("a file")
        .clone()
}

pub(crate) async fn follow(world: &World, media: &Value) -> Answer {
    let url = media["url"].as_str().expect("a link");
    world.get(url).await
}

/// Everything that is due comes about.
pub(crate) async fn time_passes(world: &World, seconds: u64) {
    world.later(seconds).await;
    world.sweep().await;
}

#[tokio::test]
async fn a_picture_is_kept_as_it_was_sent_and_shown_by_a_link_that_ends() {
    run(async |world| {
        awa_sends(world, image(), "le reçu").await;
        assert_eq!(world.sent(VENDOR_1).len(), 1, "it is answered as ever");
        let media = shown(world).await;
        assert_eq!(media["state"], "stored", "{media}");
        assert_eq!(
            (&media["mimeType"], &media["sizeBytes"]),
            (&json!("image/jpeg"), &json!(picture().len()))
        );
        let names = world.aws().objects().names();
        assert_eq!(names.len(), 1);
        assert!(
            names[0].starts_with("local-media/vendor_001/20"),
            "{names:?}"
        );
        assert_eq!(
            world.aws().objects().get(&names[0]).as_deref(),
            Some(&picture()[..])
        );
        let answer = follow(world, &media).await;
        assert_eq!(
            (answer.status, answer.content_type.as_str()),
            (200, "image/jpeg")
        );
        assert!(answer.bytes == picture(), "the link leads to the file");
        world.clock().advance(limits::MEDIA_LINK);
        assert_eq!(follow(world, &media).await.status, 403, "the link ended");
        assert_eq!(follow(world, &shown(world).await).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn no_key_and_no_address_of_a_file_outlives_its_fetching_or_is_ever_shown() {
    run(async |world| {
        awa_sends(world, image(), "").await;
        let list = json!(world.messages(VENDOR_1, "inbound").await).to_string();
        let kept = world.stored().await["messages"].to_string();
        for text in [&list, &kept] {
            assert!(
                !text.contains("mediaKey") && !text.contains("mediaSource"),
                "{text}"
            );
            assert!(!text.contains(".enc"), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_file_has_keys_of_its_own() {
    run(async |world| {
        let kinds = [
            (
                "video",
                "video/mp4",
                &b"\0\0\0\x18ftypmp42film"[..],
                "video/mp4",
            ),
            (
                "audio",
                "audio/ogg; codecs=opus",
                b"OggS voice",
                "audio/ogg",
            ),
            (
                "document",
                "application/pdf",
                b"%PDF-1.7 bill",
                "application/pdf",
            ),
            (
                "sticker",
                "image/webp",
                b"RIFF\0\0\0\0WEBPVP8 ",
                "image/webp",
            ),
        ];
        for (kind, mimetype, bytes, expected) in kinds {
            let media = InboundMedia {
                kind: kind.to_owned(),
                mimetype: mimetype.to_owned(),
                base64: STANDARD.encode(bytes),
                ..InboundMedia::default()
            };
            awa_sends(world, media, "").await;
            let media = shown(world).await;
            assert_eq!(
                (&media["state"], &media["mimeType"]),
                (&json!("stored"), &json!(expected)),
                "{kind}"
            );
            let answer = follow(world, &media).await;
            assert_eq!(
                (answer.status, answer.bytes.as_slice()),
                (200, bytes),
                "{kind}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_comes_twice_is_fetched_once() {
    run(async |world| {
        let both = Fault::new(FaultKind::BothEventNames).times(10);
        world.simulator().fault(both).expect("a fault");
        awa_sends(world, image(), "").await;
        time_passes(world, 300).await;
        assert_eq!(shown(world).await["state"], "stored");
        assert_eq!(world.simulator().asked("media"), 1);
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 1);
        assert!(world.messages(VENDOR_2, "inbound").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_file_that_only_the_second_event_of_its_message_tells_is_fetched_too() {
    run(async |world| {
        let mut richer = received("le reçu", AWA, "POOR");
        assert_eq!(world.webhook(VENDOR_1, &richer).await.status, 200);
        world.quiet().await;
        assert_eq!(
            world.messages(VENDOR_1, "inbound").await[0]["media"],
            Value::Null
        );
        richer["data"]["messages"]["message"] = json!({"imageMessage": {
            "url": format!("{}/_sim/media/none.enc", world.simulator().url()),
            "mimetype": "image/jpeg", "mediaKey": STANDARD.encode([7; 32]), "caption": "le reçu",
        }});
        assert_eq!(world.webhook(VENDOR_1, &richer).await.status, 200);
        world.quiet().await;
        let media = world.messages(VENDOR_1, "inbound").await[0]["media"].clone();
        assert_eq!(media["state"], "pending", "{media}");
        assert_eq!(world.simulator().asked("media"), 1);
    })
    .await;
}
