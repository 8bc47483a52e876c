//! Customers' files: fetched early, kept whole, shown by a link that ends; and what happens when a file can't be had.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::limits;
use embedded_aws::{Matcher, Service, When};
use serde_json::{Value, json};
use simulator::{Fault, FaultKind, Inbound, InboundMedia};

use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, VENDOR_2, World, run};

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
    world.quiet().await;
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

fn provider_fails(world: &World, kind: FaultKind, times: u32) {
    let fault = Fault::new(kind).path("decrypt-media").times(times);
    world.simulator().fault(fault).expect("a fault");
}

/// Everything that is due comes about.
async fn time_passes(world: &World, seconds: u64) {
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
async fn a_file_that_was_changed_on_its_way_is_had_from_the_provider() {
    run(async |world| {
        let damaged = InboundMedia {
            damaged: true,
            ..image()
        };
        awa_sends(world, damaged, "").await;
        let media = shown(world).await;
        assert_eq!(media["state"], "stored", "{media}");
        assert!(follow(world, &media).await.bytes == picture());
    })
    .await;
}

#[tokio::test]
async fn a_file_that_nobody_gives_is_given_up_and_its_message_stays_and_is_answered() {
    run(async |world| {
        provider_fails(world, FaultKind::SuccessFalse, 1000);
        let damaged = InboundMedia {
            damaged: true,
            ..image()
        };
        awa_sends(world, damaged, "Bonjour").await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        assert_eq!(shown(world).await["state"], "pending");
        for _ in 0..8 {
            time_passes(world, 3_700).await;
        }
        let message = world.messages(VENDOR_1, "inbound").await.remove(0);
        assert_eq!(
            (&message["status"], &message["text"]),
            (&json!("answered"), &json!("Bonjour"))
        );
        let media = &message["media"];
        assert_eq!(
            (&media["state"], &media["reason"], &media["url"]),
            (&json!("failed"), &json!("damaged"), &Value::Null)
        );
        assert!(world.aws().objects().names().is_empty());
        let attempts = world.simulator().asked("decrypt-media");
        assert_eq!(attempts, u64::from(limits::MEDIA_ATTEMPTS));
        assert_eq!(world.sent(VENDOR_1).len(), 1, "and is answered once");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_asked_of_nobody() {
    run(async |world| {
        let large = InboundMedia {
            size_bytes: Some(limits::MEDIA_BYTES + 1),
            ..image()
        };
        awa_sends(world, large, "").await;
        let media = shown(world).await;
        assert_eq!(
            (&media["state"], &media["reason"]),
            (&json!("failed"), &json!("too_large"))
        );
        assert_eq!(
            (
                world.simulator().asked("decrypt-media"),
                world.simulator().asked("media")
            ),
            (0, 0)
        );
    })
    .await;
}

#[tokio::test]
async fn a_program_is_not_kept() {
    run(async |world| {
        let program = InboundMedia {
            kind: "document".to_owned(),
            mimetype: "application/pdf".to_owned(),
            base64: STANDARD.encode(b"MZ\x90\0\x03\0\0\0"),
            file_name: Some("facture.pdf".to_owned()),
            ..InboundMedia::default()
        };
        awa_sends(world, program, "").await;
        let media = shown(world).await;
        assert_eq!(
            (&media["state"], &media["reason"]),
            (&json!("failed"), &json!("executable"))
        );
        assert!(world.aws().objects().names().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_not_whatsapps_is_never_called() {
    run(async |world| {
        let trap = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let at = trap.local_addr().expect("an address");
        provider_fails(world, FaultKind::SuccessFalse, 1000);
        for url in [format!("http://{at}/a.enc"), format!("https://{at}/a.enc")] {
            let media = InboundMedia {
                url: Some(url),
                ..image()
            };
            awa_sends(world, media, "").await;
            for _ in 0..8 {
                time_passes(world, 3_700).await;
            }
            assert_eq!(shown(world).await["reason"], "forbidden_address");
        }
        let called = tokio::time::timeout(std::time::Duration::from_millis(50), trap.accept());
        assert!(called.await.is_err(), "nobody called");
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_asks_to_wait_delays_the_file_alone() {
    run(async |world| {
        let wait = Fault::new(FaultKind::TooManyRequests)
            .path("decrypt-media")
            .times(1);
        let wait = Fault {
            retry_after: Some(30),
            ..wait
        };
        world.simulator().fault(wait).expect("a fault");
        let damaged = InboundMedia {
            damaged: true,
            ..image()
        };
        awa_sends(world, damaged, "").await;
        assert_eq!(shown(world).await["state"], "pending");
        world
            .customer_writes(VENDOR_1, MOUSSA, "Bonjour", "MOUSSA1")
            .await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1).len(), 2, "sends go on");
        time_passes(world, 31).await;
        assert_eq!(shown(world).await["state"], "stored");
    })
    .await;
}

#[tokio::test]
async fn a_sweep_that_dies_at_any_step_fetches_once_more_into_the_same_place() {
    run(async |world| {
        for when in [When::Before, When::After] {
            for step in 1.. {
                world.aws().faults().crash("sweep", step, when);
                awa_sends(world, image(), "").await;
                let died = world.aws().faults().pending_crashes() == 0;
                world.heal();
                time_passes(world, 130).await;
                time_passes(world, 300).await;
                let media = shown(world).await;
                assert_eq!(media["state"], "stored", "{when:?} step {step}");
                assert!(follow(world, &media).await.bytes == picture());
                if !died {
                    assert!(step > 3, "taking, keeping and recording are steps");
                    break;
                }
            }
        }
        let messages = world.messages(VENDOR_1, "inbound").await.len();
        assert_eq!(world.aws().objects().names().len(), messages);
    })
    .await;
}

#[tokio::test]
async fn a_request_for_a_file_that_is_lost_is_made_again_by_the_timer() {
    run(async |world| {
        let asking = Matcher::any()
            .caller("conversation")
            .operation("SendMessage");
        // The reply's request passes first: it is the file's that is refused.
        world.refuse(asking);
        awa_sends(world, image(), "").await;
        world.heal();
        assert_eq!(shown(world).await["state"], "pending");
        time_passes(world, 121).await;
        assert_eq!(shown(world).await["state"], "stored");
    })
    .await;
}

#[tokio::test]
async fn a_store_that_is_away_has_the_file_later() {
    run(async |world| {
        world.refuse(Matcher::any().service(Service::S3));
        awa_sends(world, image(), "").await;
        assert_eq!(shown(world).await["state"], "pending");
        world.heal();
        time_passes(world, 61).await;
        assert_eq!(shown(world).await["state"], "stored");
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
