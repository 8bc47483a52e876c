//! When a customer's file can't be had, is not to be had, or is had late: its message never suffers for it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::limits;
use embedded_aws::{Matcher, Service, When};
use serde_json::{Value, json};
use simulator::{Fault, FaultKind, InboundMedia};
use testkit::wasender::session_status;

use crate::media::{awa_sends, comes_in, follow, image, picture, shown, time_passes};
use crate::world::{MOUSSA, VENDOR_1, World, run};

fn provider_fails(world: &World, kind: FaultKind, times: u32) {
    let fault = Fault::new(kind).path("decrypt-media").times(times);
    world.simulator().fault(fault).expect("a fault");
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
        let called = tokio::time::timeout(Duration::from_millis(50), trap.accept());
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
async fn a_download_that_hangs_holds_up_nothing_else() {
    run(async |world| {
        // Both stand in the queue before the sweep looks, so that it takes them together.
        world.hold_later(true);
        let silent = InboundMedia {
            hangs: true,
            ..image()
        };
        comes_in(world, silent, "").await;
        world.until(async || world.held("later") == 1).await;
        // No status of the reply is on its way any more, which would be queued as well.
        world
            .until(async || world.statuses(VENDOR_1).await == ["read"])
            .await;
        world.simulator().idle().await;
        world.refuse(Matcher::any().caller("messages").service(Service::DynamoDb));
        let told = world.webhook(VENDOR_1, &session_status("need_scan")).await;
        assert_eq!((told.status, world.held("later")), (200, 2));
        world.heal();
        world.clock().advance(Duration::from_secs(5));
        world.hold_later(false);
        let is_told = async || {
            let vendor = world
                .admin("GET", "vendors/vendor_001", &[], &Value::Null)
                .await;
            vendor.json.to_string().contains("need_scan")
        };
        world.until(is_told).await;
        assert_eq!(shown(world).await["state"], "pending");
        // The download is given up, and the provider helps.
        world.quiet().await;
        assert_eq!(shown(world).await["state"], "stored");
    })
    .await;
}
