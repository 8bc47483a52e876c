//! A function that dies while it joins the two conversations of one person: one conversation is left all the same.

use embedded_aws::When;
use testkit::wasender::received_from_lid;

use crate::people::{WAITS, talks, told, writes, writes_by_lid};
use crate::world::{VENDOR_1, World, run};

/// Lets a function die at each of its steps while it joins the two conversations of one person, until it has fewer steps.
async fn dies_at_every_step_of_a_join(
    function: &'static str,
    when: When,
    join: impl AsyncFn(&World, &str, &str, usize),
) {
    run(async |world| {
        for step in 1..40 {
            let (lid, phone) = (
                format!("1234567890123{step:02}"),
                format!("2217000001{step:02}"),
            );
            writes_by_lid(world, "Bonjour", &lid, &format!("LID{step}")).await;
            writes(world, "Bonjour", &phone, &format!("PN{step}")).await;
            assert_eq!(talks(world).await.len(), step + 1);
            world.aws().faults().crash(function, step, when);
            join(world, &lid, &phone, step).await;
            // More than any queue keeps from others what a dead function had in hand.
            world.later(400).await;
            let died = world.aws().faults().pending_crashes() == 0;
            let talks = talks(world).await;
            assert_eq!(
                talks.len(),
                step,
                "{function} dies {when:?} step {step}: {talks:#?}"
            );
            if !died {
                assert!(step > 3, "reading and joining are steps");
                return;
            }
        }
        panic!("{function} takes too many steps");
    })
    .await;
}

/// A message that tells both names.
async fn writes_under_both_names(world: &World, lid: &str, phone: &str, step: usize) {
    let mut body = received_from_lid("Merci", lid, &format!("BOTH{step}"));
    body["data"]["messages"]["key"]["cleanedSenderPn"] = phone.into();
    assert_eq!(world.webhook(VENDOR_1, &body).await.status, 200);
    world.quiet().await;
}

/// The provider tells the number, and the look-up that waits is made.
async fn is_looked_up(world: &World, lid: &str, phone: &str, _: usize) {
    told(world, lid, phone);
    world.later(WAITS[0]).await;
}

#[tokio::test]
async fn the_conversation_may_die_before_any_step_of_a_join() {
    dies_at_every_step_of_a_join("conversation", When::Before, writes_under_both_names).await;
}

#[tokio::test]
async fn the_conversation_may_die_after_any_step_of_a_join() {
    dies_at_every_step_of_a_join("conversation", When::After, writes_under_both_names).await;
}

#[tokio::test]
async fn the_sweep_may_die_before_any_step_of_a_join() {
    dies_at_every_step_of_a_join("sweep", When::Before, is_looked_up).await;
}

#[tokio::test]
async fn the_sweep_may_die_after_any_step_of_a_join() {
    dies_at_every_step_of_a_join("sweep", When::After, is_looked_up).await;
}
