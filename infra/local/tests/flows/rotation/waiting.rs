//! A secret that is to come waits, and neither it nor the one in use is free for anybody else meanwhile.

use domain::limits;
use serde_json::{Value, json};

use super::{rotate, rotated, status, stored};
use crate::front_door::{is_problem, register, shop};
use crate::world::{Answer, VENDOR_1, VENDOR_2, World, run};

const TO_COME: &str = "a_secret_to_come";

/// Registers the `number`th shop with this webhook secret.
async fn taken_by_shop(world: &World, number: usize, secret: &str) -> Answer {
    let mut vendor = shop(number);
    vendor["wasenderWebhookSecret"] = secret.into();
    let answer = world.admin("POST", "vendors", &[], &vendor).await;
    world.quiet().await;
    answer
}

async fn is_in_use(world: &World, secret: &str) {
    is_problem(
        &taken_by_shop(world, 40, secret).await,
        409,
        "secret_in_use",
    );
}

#[tokio::test]
async fn neither_secret_is_anybody_elses_while_one_waits_and_the_former_is_free_a_day_after_the_promotion()
 {
    let a_day = limits::PREVIOUS_SECRET_LIVES.unsigned_abs().as_secs();
    run(async |world| {
        world.unspeakable(&[TO_COME]);
        let given = json!({ "newSecret": TO_COME });
        let waiting = (200, &json!(false), &json!("waiting"));
        assert_eq!(rotated(&rotate(world, given).await), waiting);
        for hours in [0, 25, 60] {
            world.later(hours * 3_600).await;
            is_in_use(world, VENDOR_1.secret).await;
            is_in_use(world, TO_COME).await;
        }
        assert_eq!(status(world, TO_COME, "SHOWN").await, 200);
        let ring = stored(world).await["instances"][0]["webhook"].clone();
        assert_eq!(ring["current"], TO_COME, "it was promoted");
        world.later(a_day - 60).await;
        is_in_use(world, VENDOR_1.secret).await;
        world.later(120).await;
        is_in_use(world, TO_COME).await;
        let free = taken_by_shop(world, 41, VENDOR_1.secret).await;
        assert_eq!(free.status, 201, "{}", free.text);
    })
    .await;
}

#[tokio::test]
async fn a_number_whose_secret_waits_is_registered_anew_and_deleted_with_both() {
    run(async |world| {
        register(world, &shop(42)).await;
        let path = "vendors/shop_42/rotate-webhook-secret";
        let given = json!({ "newSecret": TO_COME });
        world.unspeakable(&[TO_COME]);
        let answer = world.admin("POST", path, &[], &given).await;
        assert_eq!(answer.json["state"], "waiting", "{}", answer.text);
        register(world, &shop(42)).await;
        is_in_use(world, TO_COME).await;
        let number = "vendors/shop_42/waba/waba_shop_42";
        let deleted = world.admin("DELETE", number, &[], &Value::Null).await;
        assert_eq!(deleted.status, 200, "{}", deleted.text);
        let free = taken_by_shop(world, 43, TO_COME).await;
        assert_eq!(free.status, 201, "{}", free.text);
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_another_number_has_is_not_taken() {
    run(async |world| {
        let before = stored(world).await;
        for promote in [false, true] {
            let others = json!({ "newSecret": VENDOR_2.secret, "promote": promote });
            is_problem(&rotate(world, others).await, 409, "secret_in_use");
        }
        assert_eq!(stored(world).await, before);
    })
    .await;
}
