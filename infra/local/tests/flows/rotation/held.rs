//! A webhook that comes between the provider's new secret and ours waits a moment, and is taken in.

use serde_json::Value;
use simulator::{Fault, FaultKind};
use testkit::wasender::{headers, received};

use super::{at_provider, providers_secret, stored};
use crate::front_door::post;
use crate::world::{AWA, VENDOR_1, World, run};

/// How often it is tried, should the machine be too busy for once.
const TRIES: usize = 6;

/// Rotates the secret while the provider takes its time, and posts a webhook as soon as the provider has the new one; with what that was
/// answered.
async fn posted_amid_a_rotation(world: &World, key_id: &str) -> u16 {
    let id = at_provider(world).await["id"].clone();
    let former = providers_secret(world).await;
    let path = format!("vendors/{}/rotate-webhook-secret", VENDOR_1.id);
    let rotating = world.admin("POST", &path, &[], &Value::Null);
    let posting = async {
        world
            .until(async || stored(world).await["renewals"].is_array())
            .await;
        let slow = Fault {
            delay_ms: Some(200),
            ..Fault::new(FaultKind::Slow).path(&format!("/api/whatsapp-sessions/{id}"))
        };
        world.simulator().fault(slow).expect("a fault");
        let is_new = async || {
            let detail = at_provider(world).await;
            detail["webhook_enabled"] == true && detail["webhook_secret"] != former.as_str()
        };
        world.until(is_new).await;
        let secret = providers_secret(world).await;
        let body = received("Merci", AWA, key_id).to_string();
        post(world, VENDOR_1.id, &headers(&secret), body)
            .await
            .status
    };
    let (answer, status) = Box::pin(async { tokio::join!(rotating, posting) }).await;
    world.simulator().clear_faults().expect("faults end");
    assert!(matches!(answer.status, 200 | 503), "{}", answer.text);
    status
}

#[tokio::test]
async fn a_webhook_with_the_new_secret_is_held_until_it_is_stored() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        for number in 0..TRIES {
            let status = posted_amid_a_rotation(world, &format!("HELD{number}")).await;
            assert!(matches!(status, 200 | 503), "{status}");
            if status == 200 {
                return;
            }
            world.recover().await;
        }
        panic!("it is put off each time");
    })
    .await;
}
