//! Setting a session up has the provider make another webhook secret. Whoever dies meanwhile, no genuine webhook is refused for good.

use std::time::Duration;

use domain::limits;
use embedded_aws::When;
use http_api::http::Method;
use http_api::{Body, Request};
use serde_json::{Value, json};
use simulator::{Fault, FaultKind, SessionSpec};
use testkit::wasender::{headers, received};

use crate::front_door::{is_problem, post};
use crate::rotation::environments::config;
use crate::rotation::{ask, at_provider, is_whole, passing, stored};
use crate::world::{AWA, Answer, VENDOR_1, VENDOR_2, World, run};

const WHAT: &str = "setup-wasender-webhook";
/// More steps than setting up takes.
const STEPS: usize = 30;

async fn set_up(world: &World) -> Answer {
    ask(world, WHAT, &Value::Null).await
}

/// Somebody switches the first demo vendor's webhooks off at the provider, so that switching them on makes another secret.
async fn switched_off(world: &World) {
    let path = format!("whatsapp-sessions/{}", VENDOR_1.session);
    let off = json!({ "webhook_enabled": false });
    world.provider("PUT", &path, &off).await;
}

/// A webhook as the provider signs it now, if it posts any; it may be put off, and is never refused.
async fn genuine(world: &World) {
    let detail = at_provider(world).await;
    if detail["webhook_enabled"] == true {
        let secret = detail["webhook_secret"].as_str().expect("a secret");
        let body = received("Merci", AWA, "TRAFFIC").to_string();
        let answer = post(world, VENDOR_1.id, &headers(secret), body).await;
        assert!(matches!(answer.status, 200 | 503), "{}", answer.text);
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
}

async fn under_traffic<T>(world: &World, work: impl Future<Output = T>) -> T {
    let mut work = Box::pin(work);
    loop {
        let mut posting = Box::pin(genuine(world));
        tokio::select! {
            done = &mut work => {
                posting.await;
                return done;
            }
            () = &mut posting => world.clock().advance(Duration::from_millis(100)),
        }
    }
}

#[tokio::test]
async fn setting_up_may_die_at_any_step_under_traffic_and_what_was_begun_is_finished_by_the_sweep()
{
    run(async |world| {
        world.unspeakable(&[AWA]);
        let (mut deaths, mut begun) = (0, 0);
        for step in 1..=STEPS {
            let mut died = false;
            for when in [When::Before, When::After] {
                switched_off(world).await;
                world.aws().faults().crash("admin", step, when);
                let path = format!("vendors/{}/{WHAT}", VENDOR_1.id);
                let asking = world.admin("POST", &path, &[], &Value::Null);
                let answer = under_traffic(world, asking).await;
                let crashed = world.aws().faults().pending_crashes() == 0;
                world.heal();
                assert!(!crashed || answer.status == 500, "{}", answer.text);
                died |= crashed;
                deaths += usize::from(crashed);
                genuine(world).await;
                if stored(world).await["renewals"].is_array() {
                    begun += 1;
                    world.later(limits::RENEWAL_SETTLES.as_secs() + 1).await;
                } else if crashed {
                    world.later(limits::SECRETS_LEASE.as_secs() + 1).await;
                    let again = set_up(world).await;
                    assert_eq!(again.status, 200, "{when:?} {step}: {}", again.text);
                }
                // Past the second in which a mismatch is not read again.
                world.later(2).await;
                is_whole(world, &format!("{WHAT} {when:?} {step}")).await;
            }
            if !died {
                assert!(deaths >= 12 && begun >= 5, "{deaths} deaths, {begun} begun");
                return;
            }
        }
        panic!("{WHAT} takes more than {STEPS} steps");
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_says_nothing_after_the_switch_is_asked_by_the_sweep() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        switched_off(world).await;
        let id = at_provider(world).await["id"].clone();
        let path = format!("/api/whatsapp-sessions/{id}");
        let asking = async {
            let path_asked = format!("vendors/{}/{WHAT}", VENDOR_1.id);
            let asking = world.admin("POST", &path_asked, &[], &Value::Null);
            let faulting = async {
                let is_stored = async || stored(world).await["renewals"].is_array();
                world.until(is_stored).await;
                let unheard = Fault::new(FaultKind::ResetAfter).path(&path);
                world.simulator().fault(unheard).expect("a fault");
            };
            tokio::join!(asking, faulting).0
        };
        let answer = passing(world, asking).await;
        is_problem(&answer, 503, "provider_unavailable");
        world.simulator().clear_faults().expect("faults end");
        assert_eq!(at_provider(world).await["webhook_enabled"], true);
        genuine(world).await;
        world.later(limits::RENEWAL_SETTLES.as_secs() + 1).await;
        is_whole(world, "unheard").await;
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_is_another_numbers_is_not_adopted_and_nothing_is_expected_any_more() {
    run(async |world| {
        let before = stored(world).await;
        let spec = SessionSpec {
            vendor_id: VENDOR_1.id.to_owned(),
            instance_id: VENDOR_1.session.to_owned(),
            phone: "+221701111111".to_owned(),
            api_key: "api_key_abc".to_owned(),
            webhook_secret: VENDOR_2.secret.to_owned(),
        };
        world.simulator().add_session(spec).expect("it is known");
        is_problem(&set_up(world).await, 409, "secret_in_use");
        let after = stored(world).await;
        assert_eq!(after["instances"], before["instances"]);
        assert_eq!(after["renewals"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_gateway_that_does_not_know_its_own_address_sets_nothing_up() {
    run(async |world| {
        let app = admin::App::new(&config(world, "admin"), world.clock().clone());
        let path = format!("/api/admin/vendors/{}/{WHAT}", VENDOR_1.id);
        let mut request = Request::new(Method::POST, path);
        let bearer = format!("Bearer {}", world.admin_key());
        let bearer = bearer.parse().expect("a header");
        request.headers.insert("authorization", bearer);
        let before = at_provider(world).await;
        let answer = app.handle(request).await;
        assert_eq!(answer.status().as_u16(), 409);
        let Body::Text(text) = answer.body() else {
            panic!("a problem has a text");
        };
        assert!(text.contains("no_public_url"), "{text}");
        assert_eq!(at_provider(world).await, before);
    })
    .await;
}
