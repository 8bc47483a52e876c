//! Numbers and vendors that are deleted: nothing leaves any more, and nothing of a vendor stays anywhere.

use domain::limits;
use embedded_aws::{Matcher, When};
use http_api::Request;
use http_api::http::Method;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};
use testkit::wasender::{event, headers};

use crate::admin_keys_made::{bearer, create, with};
use crate::conversations::{decide, newest};
use crate::front_door::{get, is_problem, post, register, shop};
use crate::media;
use crate::orders;
use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, VENDOR_2, World, run};

pub(crate) const NUMBER: &str = "vendors/vendor_001/waba/waba_vendor_001";
pub(crate) const VENDOR: &str = "vendors/vendor_001";
/// What customers of the first vendor write, and what it writes to them.
const SAID: &str = "Le secret du client";

pub(crate) async fn delete(world: &World, path: &str) -> Answer {
    let answer = world.admin("DELETE", path, &[], &Value::Null).await;
    world.quiet().await;
    answer
}

async fn staff_writes(world: &World, text: &str) -> Answer {
    let body = json!({ "to": format!("+{MOUSSA}"), "message": text });
    let key = [("idempotency-key", text)];
    let path = format!("{VENDOR}/send-message");
    world.admin("POST", &path, &key, &body).await
}

/// The admin function dies as soon as a vendor is gone, before anything else is done.
pub(crate) async fn delete_and_die(world: &World, vendor: &str) {
    for step in 1..30 {
        world.aws().faults().crash("admin", step, When::After);
        delete(world, &format!("vendors/{vendor}?force=true")).await;
        world.heal();
        let erasure = get(world, &format!("vendors/{vendor}/erasure")).await;
        if erasure.status == 200 {
            return;
        }
    }
    panic!("it is not deleted");
}

async fn session(world: &World, status: &str) {
    let changed = world.simulator().set_status(VENDOR_1.session, status);
    changed.await.expect("the session exists");
    world.quiet().await;
}

fn demo() -> Value {
    json!({
        "vendorId": VENDOR_1.id, "businessName": "My Shop A", "phoneNumber": "+221701111111",
        "wasenderInstanceId": VENDOR_1.session, "wasenderWebhookSecret": VENDOR_1.secret, "wasenderApiKey": "api_key_abc",
    })
}

#[tokio::test]
async fn a_number_without_active_sends_is_deleted_and_may_be_another_vendors() {
    run(async |world| {
        let deleted = delete(world, NUMBER).await;
        assert_eq!(deleted.status, 200, "{}", deleted.text);
        assert_eq!(get(world, VENDOR).await.json["wabaInstances"], json!([]));
        let answer = world.customer_writes(VENDOR_1, AWA, SAID, "GONE").await;
        assert!(matches!(answer.status, 200 | 401), "{}", answer.status);
        // Until no cache holds the secret any more.
        world.later(limits::SECRET_CACHE.as_secs() + 1).await;
        let answer = world.customer_writes(VENDOR_1, AWA, SAID, "GONE2").await;
        assert_eq!(answer.status, 401);
        assert_eq!(delete(world, NUMBER).await.status, 200, "it is idempotent");
        let other = delete(world, "vendors/vendor_001/waba/waba_other").await;
        is_problem(&other, 404, "no_such_number");
        let mut heir = demo();
        heir["vendorId"] = "heir".into();
        assert_eq!(register(world, &heir).await.status, 201);
    })
    .await;
}

#[tokio::test]
async fn a_number_with_active_sends_is_deleted_by_force_and_cancels_them() {
    run(async |world| {
        session(world, "disconnected").await;
        for text in ["un", "deux"] {
            assert_eq!(staff_writes(world, text).await.status, 202);
        }
        world.quiet().await;
        let refused = delete(world, NUMBER).await;
        is_problem(&refused, 409, "sends_active");
        assert!(refused.text.contains("2 parked"), "{}", refused.text);
        let deleted = delete(world, &format!("{NUMBER}?force=true")).await;
        assert_eq!(deleted.status, 200, "{}", deleted.text);
        assert_eq!(deleted.json["sends"]["parked"], 2);
        world.recover().await;
        assert_eq!(world.statuses(VENDOR_1).await, ["cancelled", "cancelled"]);
        assert_eq!(world.sent(VENDOR_1), Vec::<String>::new());
        assert_eq!(world.held("outbound.fifo"), 0);
    })
    .await;
}

#[tokio::test]
async fn what_a_deletion_gave_up_stays_unsent_when_the_number_is_registered_again() {
    run(async |world| {
        session(world, "disconnected").await;
        assert_eq!(staff_writes(world, "un").await.status, 202);
        world.quiet().await;
        // Nobody cancels what waits before the number is back.
        let asking = Matcher::any().caller("admin").operation("SendMessage");
        world.refuse(asking);
        let path = format!("{NUMBER}?force=true");
        let deleted = world.admin("DELETE", &path, &[], &Value::Null).await;
        assert_eq!(deleted.status, 200, "{}", deleted.text);
        world.heal();
        assert_eq!(world.statuses(VENDOR_1).await, ["parked"]);
        register(world, &demo()).await;
        session(world, "connected").await;
        world.recover().await;
        assert_eq!(world.statuses(VENDOR_1).await, ["cancelled"]);
        assert_eq!(staff_writes(world, "deux").await.status, 202);
        world.later(5).await;
        assert_eq!(world.sent(VENDOR_1), ["deux"]);
    })
    .await;
}

/// A send that is taken while its number is deleted: wherever the sender stands, it leaves before the deletion, or it is cancelled.
#[tokio::test]
async fn a_send_that_is_taken_while_its_number_is_deleted_goes_before_or_not_at_all() {
    run(async |world| {
        for round in 0..12_u64 {
            world.later(10).await;
            let before = world.sent(VENDOR_1).len();
            assert_eq!(
                staff_writes(world, &format!("envoi {round}")).await.status,
                202
            );
            tokio::time::sleep(std::time::Duration::from_millis(round * 3)).await;
            let deleted = delete(world, &format!("{NUMBER}?force=true")).await;
            assert_eq!(deleted.status, 200, "{}", deleted.text);
            world.recover().await;
            let newest = world.messages(VENDOR_1, "outbound").await.remove(0);
            let sent = world.sent(VENDOR_1).len() - before;
            match newest["status"].as_str().unwrap_or_default() {
                "cancelled" => assert_eq!(sent, 0, "{newest}"),
                // It left, and nobody heard what became of it if the secret was gone by then.
                "accepted" | "sent" | "read" | "delivered" => assert_eq!(sent, 1, "{newest}"),
                other => panic!("{other}: {newest}"),
            }
            register(world, &demo()).await;
        }
    })
    .await;
}

/// What shows that each kind of item is there.
const KINDS: [&str; 13] = [
    "vendor_001#ref#",
    "receipt#",
    "vendor_001#idempotency#",
    "open#",
    "vendor_001#pn:",
    "vendor_001#group:",
    "parked#",
    "pairing#",
    "gap#",
    "\"unknown\"",
    "\"parked\"",
    "mediaObject",
    "something.new",
];

/// Everything that may be kept of a vendor.
pub(crate) async fn lead_a_whole_life(world: &World) {
    assert_eq!(
        orders::put(world, "CMD-1042", &orders::order(AWA, "ready"))
            .await
            .status,
        201
    );
    world.unspeakable(&[SAID, AWA, MOUSSA]);
    world.customer_writes(VENDOR_1, AWA, SAID, "IN1").await;
    world.quiet().await;
    media::awa_sends(world, media::image(), SAID).await;
    world.quiet().await;
    assert_eq!(staff_writes(world, SAID).await.status, 202);
    world.quiet().await;
    // A status of somebody else's message, a pairing code, and an event that nobody knows.
    let told = async |body: Value| {
        let answer = post(
            world,
            VENDOR_1.id,
            &headers(VENDOR_1.secret),
            body.to_string(),
        )
        .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    told(testkit::wasender::update("ORPHAN", AWA, 3)).await;
    told(testkit::wasender::received_in_group(
        SAID,
        AWA,
        "120363000000000001",
        "GROUP",
    ))
    .await;
    told(event("message-receipt.update", &json!({
        "key": { "id": "TOLD", "fromMe": true, "remoteJid": "120363000000000001@g.us", "participant": format!("{AWA}@s.whatsapp.net") },
        "receipt": { "userJid": format!("{AWA}@s.whatsapp.net"), "receiptTimestamp": 1_795_368_256 },
    }))).await;
    told(event("qrcode.updated", &json!({ "qr": "2@code" }))).await;
    told(event(
        "something.new",
        &json!({ "text": SAID, "from": AWA }),
    ))
    .await;
    // What the vendor typed on the phone waits to be known.
    told(testkit::wasender::echo(SAID, AWA, "TYPED")).await;
    world.quiet().await;
    // In doubt, and parked behind it.
    let lost = Fault::new(FaultKind::TimeoutBefore)
        .session(VENDOR_1.session)
        .path("send-message")
        .times(1);
    world.simulator().fault(lost).expect("a fault");
    world.later(5).await;
    assert_eq!(staff_writes(world, "doute").await.status, 202);
    world.quiet().await;
    session(world, "disconnected").await;
    assert_eq!(staff_writes(world, "attend").await.status, 202);
    world.quiet().await;
    dead_letters(world).await;
}

/// The queues that nobody consumes hold entries of both vendors.
pub(crate) async fn dead_letters(world: &World) {
    let queues = [
        "inbound-dead.fifo",
        "outbound-dead.fifo",
        "later-dead",
        "quarantine",
    ];
    for queue in queues {
        for (vendor, text) in [(VENDOR_1, SAID), (VENDOR_2, "Bonsoir")] {
            send(world, queue, vendor.id, text).await;
        }
    }
}

async fn send(world: &World, queue: &str, vendor: &str, text: &str) {
    let entry =
        json!({ "v": 9, "vendorId": vendor, "wabaId": format!("waba_{vendor}"), "text": text });
    let mut message = json!({
        "QueueUrl": format!("{}/000000000000/local-{queue}", world.aws().url()),
        "MessageBody": entry.to_string(),
    });
    if queue.rsplit('.').next() == Some("fifo") {
        message["MessageGroupId"] = vendor.into();
        message["MessageDeduplicationId"] = vendor.into();
    }
    world.aws_operation("AmazonSQS.SendMessage", &message).await;
}

/// Lets time pass until a vendor's erasure has ended. Answers how many minutes that took.
pub(crate) async fn until_erased(world: &World, vendor: &str) -> u64 {
    for minutes in (0..24 * 60).step_by(2) {
        let erasure = get(world, &format!("vendors/{vendor}/erasure")).await;
        assert_eq!(erasure.status, 200, "{}", erasure.text);
        if erasure.json["state"] == "finished" {
            return minutes;
        }
        world.later(120).await;
        world.sweep().await;
    }
    panic!("it is not erased within a day");
}

/// What is kept, and the names of files and secrets, without the mark that a vendor was deleted.
async fn left_of(world: &World, vendor: &str) -> Vec<String> {
    let stored = world.stored().await;
    let mut all: Vec<String> = stored
        .as_object()
        .expect("an object")
        .iter()
        .flat_map(|(place, kept)| {
            // A table's items, or one value of what is beside the tables.
            let items = kept
                .as_array()
                .map_or_else(|| std::slice::from_ref(kept), Vec::as_slice);
            items.iter().map(move |one| format!("{place}: {one}"))
        })
        .filter(|line| {
            !line.contains("\"erasing\"")
                && !line.starts_with("audit: ")
                && !line.contains("\"rate#")
                && !line.contains("{\"S\":\"erasure\"}")
        })
        .collect();
    all.extend(world.aws().objects().names());
    let secrets = world
        .aws_operation("secretsmanager.ListSecrets", &json!({}))
        .await;
    all.extend(
        secrets["SecretList"]
            .as_array()
            .into_iter()
            .flatten()
            .map(Value::to_string),
    );
    // That a vendor was deleted, and when, is on record, so that a restore from backup deletes it again.
    all.retain(|line| {
        !line.starts_with("local-records/changes/") || !line.contains("/vendor-deleted/")
    });
    all.retain(|line| {
        [vendor, SAID, AWA, MOUSSA]
            .iter()
            .any(|word| line.contains(word))
    });
    all
}

/// A question about the first vendor, for an environment of its own.
fn asked(world: &World, what: &str) -> Request {
    let mut question = Request::new(Method::GET, format!("/api/admin/{VENDOR}/{what}"));
    let bearer = bearer(world.admin_key()).parse().expect("a header");
    question.headers.insert("authorization", bearer);
    question
}

#[tokio::test]
async fn nothing_of_a_deleted_vendor_is_left_and_its_neighbour_keeps_everything() {
    run(async |world| {
        world
            .customer_writes(VENDOR_2, "221700000055", "Bonsoir", "N1")
            .await;
        world.quiet().await;
        lead_a_whole_life(world).await;
        world.recover().await;
        let kept = world.stored().await.to_string();
        for kind in KINDS {
            assert!(kept.contains(kind), "no {kind} is kept");
        }
        let neighbours = left_of(world, VENDOR_2.id).await;
        let neighbours: Vec<_> = neighbours
            .into_iter()
            .filter(|line| line.contains(VENDOR_2.id))
            .collect();
        assert!(neighbours.len() > 5, "{neighbours:#?}");
        is_problem(&delete(world, VENDOR).await, 409, "sends_active");
        let deleted = delete(world, &format!("{VENDOR}?force=true")).await;
        assert_eq!(
            (deleted.status, &deleted.json["state"]),
            (202, &json!("erasing"))
        );
        for path in ["", "/messages", "/gaps", "/pairing"] {
            is_problem(
                &get(world, &format!("{VENDOR}{path}")).await,
                404,
                "no_such_vendor",
            );
        }
        let vendors = get(world, "vendors").await;
        assert!(!vendors.text.contains(VENDOR_1.id), "{}", vendors.text);
        let again = world.admin("POST", "vendors", &[], &demo()).await;
        is_problem(&again, 409, "being_erased");
        // What comes late brings nothing back.
        let late = world.customer_writes(VENDOR_1, AWA, SAID, "LATE").await;
        assert!(matches!(late.status, 200 | 401));
        let minutes = until_erased(world, VENDOR_1.id).await;
        assert!(minutes < 60, "{minutes} minutes");
        assert_eq!(left_of(world, VENDOR_1.id).await, Vec::<String>::new());
        let mut after = left_of(world, VENDOR_2.id).await;
        after.retain(|line| line.contains(VENDOR_2.id));
        assert_eq!(after, neighbours);
        let later = world.customer_writes(VENDOR_1, AWA, SAID, "LATER").await;
        assert_eq!(later.status, 401);
        // The same id works again from the beginning.
        assert_eq!(register(world, &demo()).await.status, 201);
        // The webhooks know for a while that there was no such vendor.
        world.later(limits::NEGATIVE_CACHE.as_secs() + 1).await;
        session(world, "connected").await;
        let sent = world.sent(VENDOR_1).len();
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "ANEW")
            .await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1).len(), sent + 1);
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_vendors_id_is_remembered_for_two_days() {
    run(async |world| {
        assert_eq!(delete(world, VENDOR).await.status, 202);
        assert_eq!(delete(world, VENDOR).await.status, 202, "it is idempotent");
        until_erased(world, VENDOR_1.id).await;
        world.later(47 * 3600).await;
        world.sweep().await;
        assert_eq!(get(world, "vendors/vendor_001/erasure").await.status, 200);
        world.later(3600).await;
        world.sweep().await;
        is_problem(
            &get(world, "vendors/vendor_001/erasure").await,
            404,
            "no_such_erasure",
        );
        is_problem(&delete(world, VENDOR).await, 404, "no_such_vendor");
        let stored = world.stored().await.to_string();
        assert!(!stored.contains(VENDOR_1.id), "{stored}");
    })
    .await;
}

/// SQS shows nobody what an operator's request received just now: an erasure that saw nothing does not end by that.
#[tokio::test]
async fn an_erasure_waits_for_what_an_operator_keeps_out_of_sight() {
    run(async |world| {
        delete(world, VENDOR).await;
        let settles = limits::ERASURE_SETTLES.as_secs().unsigned_abs();
        world.later(settles - 5).await;
        dead_letters(world).await;
        let putting_back = Matcher::any().operation("ChangeMessageVisibilityBatch");
        world.refuse(putting_back);
        for queue in ["quarantine", "dead-letters?queue=inbound"] {
            assert_eq!(get(world, queue).await.status, 200);
        }
        world.later(10).await;
        world.sweep().await;
        let erasure = get(world, "vendors/vendor_001/erasure").await;
        assert_eq!(erasure.json["state"], "erasing", "{}", erasure.text);
        world.heal();
        until_erased(world, VENDOR_1.id).await;
        assert_eq!(left_of(world, VENDOR_1.id).await, Vec::<String>::new());
    })
    .await;
}

/// Whichever step the back office's request dies at, repeating it or the sweep alone brings it to its end.
#[tokio::test]
async fn a_deletion_that_dies_at_any_step_is_finished_by_its_repetition_or_by_the_sweep() {
    run(async |world| {
        let mut deleted = Vec::new();
        for step in 1..30 {
            let shop = shop(step);
            let id = shop["vendorId"].as_str().expect("an id").to_owned();
            register(world, &shop).await;
            world.aws().faults().crash("admin", step, When::After);
            let path = format!("vendors/{id}");
            let answer = delete(world, &path).await;
            let died = world.aws().faults().pending_crashes() == 0;
            world.heal();
            if !died {
                assert_eq!(answer.status, 202, "{}", answer.text);
                deleted.push(id);
                break;
            }
            let is_gone = get(world, &format!("{path}/erasure")).await.status == 200;
            if !is_gone {
                assert_eq!(get(world, &path).await.status, 200, "all of it, or nothing");
                assert_eq!(delete(world, &path).await.status, 202);
            }
            deleted.push(id);
        }
        assert!(deleted.len() > 6, "{deleted:?}");
        for id in &deleted {
            until_erased(world, id).await;
        }
        for id in &deleted {
            let left = left_of(world, id).await;
            assert!(left.iter().all(|line| !line.contains(id)), "{left:#?}");
        }
    })
    .await;
}

/// The sweep dies at one step after the other of one erasure.
#[tokio::test]
async fn an_erasure_whose_passes_die_at_any_step_is_gone_on_with() {
    run(async |world| {
        lead_a_whole_life(world).await;
        delete(world, &format!("{VENDOR}?force=true")).await;
        for step in 1..40 {
            world.aws().faults().crash("sweep", step, When::After);
            world.sweep_that_may_die().await;
            world.heal();
            // Until the lease of the pass that died is over.
            world.later(121).await;
        }
        until_erased(world, VENDOR_1.id).await;
        assert_eq!(left_of(world, VENDOR_1.id).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn nothing_of_a_deleted_vendor_is_shown_or_changed_before_it_is_erased() {
    run(async |world| {
        world.customer_writes(VENDOR_1, AWA, SAID, "IN1").await;
        world.quiet().await;
        let conversation = newest(world).await;
        // An environment that saw the vendor just before.
        let elsewhere = world.another_admin();
        let seen = elsewhere.handle(asked(world, "messages")).await;
        assert_eq!(seen.status(), 200);
        delete_and_die(world, VENDOR_1.id).await;
        for what in ["messages", "gaps", "analytics"] {
            let answer = elsewhere.handle(asked(world, what)).await;
            assert_eq!(answer.status(), 404, "{what}");
        }
        let answer = get(world, &format!("{VENDOR}/conversations/{conversation}")).await;
        is_problem(&answer, 404, "no_such_vendor");
        for what in ["takeover", "release", "cancel"] {
            let answer = decide(world, &conversation, what, &Value::Null).await;
            is_problem(&answer, 404, "no_such_vendor");
        }
    })
    .await;
}

async fn put(world: &World, path: &str, etag: &str, body: &Value) -> Answer {
    world.admin("PUT", path, &[("if-match", etag)], body).await
}

#[tokio::test]
async fn what_was_seen_of_a_deleted_number_or_vendor_changes_none_of_the_same_id() {
    run(async |world| {
        let change = json!({ "phoneNumber": "+221701111111", "wasenderInstanceId": VENDOR_1.session, "dailyCap": 7 });
        for what in [NUMBER, VENDOR] {
            let etags = [get(world, NUMBER).await.etag, get(world, VENDOR).await.etag];
            assert_eq!(delete(world, &format!("{what}?force=true")).await.status / 100, 2);
            if what == VENDOR {
                until_erased(world, VENDOR_1.id).await;
            }
            register(world, &demo()).await;
            let answer = put(world, NUMBER, &etags[0], &change).await;
            is_problem(&answer, 412, "precondition_failed");
            if what == NUMBER {
                continue;
            }
            let name = json!({ "businessName": "B", "language": "fr" });
            let answer = put(world, VENDOR, &etags[1], &name).await;
            is_problem(&answer, 412, "precondition_failed");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_that_was_bound_to_a_deleted_vendor_does_not_open_the_next_of_its_id() {
    run(async |world| {
        let key =
            |vendors: Value| json!({ "name": "till", "scopes": ["read"], "vendors": vendors });
        let (_, alone) = create(world, &key(json!([VENDOR_1.id]))).await;
        let (_, both) = create(world, &key(json!([VENDOR_1.id, VENDOR_2.id]))).await;
        assert_eq!(delete(world, VENDOR).await.status, 202);
        until_erased(world, VENDOR_1.id).await;
        assert_eq!(register(world, &demo()).await.status, 201);
        for key in [&alone, &both] {
            let answer = with(world, key, "GET", VENDOR, &Value::Null).await;
            is_problem(&answer, 403, "forbidden_vendor");
        }
        let other = format!("vendors/{}", VENDOR_2.id);
        assert_eq!(
            with(world, &both, "GET", &other, &Value::Null).await.status,
            200
        );
    })
    .await;
}
