//! Everything that a function may meet, in one life of a gateway, so that every permission of its role is used.

use domain::limits;
use embedded_aws::{Matcher, Service, When};
use serde_json::{Value, json};
use simulator::{Fault, FaultKind, InboundMedia};
use testkit::wasender::{
    echo, event, headers, received, received_from_lid, session_status, update,
};

use crate::admin_keys::put_key;
use crate::admin_keys_made::{create, with};
use crate::backup::Backup;
use crate::catalogue;
use crate::conversations::decide;
use crate::deleting::{NUMBER, dead_letters, delete, delete_and_die, until_erased};
use crate::engine_double::{Act, EngineDouble};
use crate::front_door::{get, post, register, shop};
use crate::media;
use crate::numbers;
use crate::orders;
use crate::restore;
use crate::rotation;
use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, World};

/// The functions that take webhooks, and what follows the vendor's id in the URL of each.
const WEBHOOKS: [(&str, &str); 3] = [
    ("messages", ""),
    ("status", "/status"),
    ("connection", "/connection"),
];
const AWAS_LID: &str = "123456789012302";
const MOUSSAS_LID: &str = "123456789012301";
const A_STRANGERS_LID: &str = "123456789012303";
/// Another customer, of whom the number alone is known.
const FATOU: &str = "221700000003";
/// Another one, who never writes.
const KHADY: &str = "221700000004";
/// Another one, who asks what is sold.
const RAMA: &str = "221700000005";
const KEY: &str = "back-office-key-0003";

pub(super) async fn play(world: &World) {
    let personal = [
        AWA,
        MOUSSA,
        FATOU,
        KHADY,
        AWAS_LID,
        MOUSSAS_LID,
        A_STRANGERS_LID,
        KEY,
        "Le colis",
        "2@code",
    ];
    world.unspeakable(&personal);
    // No function remembers a secret from before.
    world.later(limits::SECRET_CACHE.as_secs() + 1).await;
    for webhook in WEBHOOKS {
        each_kind_of_event(world, webhook).await;
        each_store_is_away(world, webhook).await;
        a_session_drops_and_is_back(world, webhook).await;
        nobody_can_say_whether_it_is_genuine(world, webhook).await;
    }
    the_tables_are_restored(world).await;
    customers_are_known_by_several_names(world).await;
    a_stranger_is_looked_up(world).await;
    the_queue_of_replies_is_away(world).await;
    the_vendor_types(world).await;
    messages_are_changed(world).await;
    an_echo_comes_early(world).await;
    the_provider_is_in_trouble(world).await;
    a_file_comes(world).await;
    the_log_proves_a_send(world).await;
    a_sender_dies(world).await;
    staff_decides(world).await;
    a_message_meets_a_draining_lane(world).await;
    a_reply_is_superseded(world).await;
    a_key_is_refused(world).await;
    the_sweep_ends_and_resumes(world).await;
    // While every function still knows the session's secret: it takes longer than that is remembered.
    an_engine_answers_later(world).await;
    a_secret_rotates(world).await;
    another_engine_answers(world).await;
    the_back_office_works(world).await;
    the_session_is_linked_anew(world).await;
    keys_are_made_and_changes_looked_at(world).await;
    staff_repeats_itself(world).await;
    an_operator_cleans_up(world).await;
    assert_eq!(get(world, "health").await.json["ok"], true);
    a_number_is_deleted(world).await;
    vendors_are_deleted(world).await;
}

/// A vendor was deleted since the backup, and customers asked for silence whom it knows and does not know.
async fn the_tables_are_restored(world: &World) {
    session(world, "disconnected").await;
    staff_writes(world, "Le colis est parti", &[]).await;
    assert_eq!(register(world, &shop(7)).await.status, 201);
    let backup = Backup::of(world).await;
    session(world, "connected").await;
    assert_eq!(delete(world, "vendors/shop_07").await.status, 202);
    for (from, key_id) in [(AWA, "STOP1"), (RAMA, "STOP2")] {
        restore::writes(world, VENDOR_1, from, "STOP", key_id).await;
        restore::writes(world, VENDOR_1, from, "START", &format!("{key_id}_BACK")).await;
    }
    backup.put_back(world).await;
    restore::worked_through(world).await;
    assert_eq!(get(world, "restore").await.json["state"], "done");
    staff_writes(world, "Le colis est là", &[]).await;
    restore::writes(world, VENDOR_1, RAMA, "Bonjour", "SINCE").await;
    world.deploy(None);
}

/// With its gaps; then it is registered again.
async fn a_number_is_deleted(world: &World) {
    session(world, "disconnected").await;
    session(world, "connected").await;
    let deleted = delete(world, &format!("{NUMBER}?force=true")).await;
    assert_eq!(deleted.status, 200, "{}", deleted.text);
    let vendor = json!({
        "vendorId": VENDOR_1.id, "businessName": "My Shop A", "phoneNumber": "+221701111111",
        "wasenderInstanceId": VENDOR_1.session, "wasenderWebhookSecret": VENDOR_1.secret, "wasenderApiKey": "api_key_new",
    });
    register(world, &vendor).await;
}

/// One by a request that dies, one whose id is used again, and one that is forgotten.
async fn vendors_are_deleted(world: &World) {
    dead_letters(world).await;
    let bound = json!({ "name": "till", "scopes": ["read"], "vendors": [VENDOR_1.id] });
    create(world, &bound).await;
    delete_and_die(world, VENDOR_1.id).await;
    // A function may know its secret for a while.
    let late = world.customer_writes(VENDOR_1, AWA, "Le colis tardif", "TARDY");
    assert!(matches!(late.await.status, 200 | 401));
    until_erased(world, VENDOR_1.id).await;
    let again = shop(3);
    assert_eq!(delete(world, "vendors/shop_03").await.status, 202);
    until_erased(world, "shop_03").await;
    assert_eq!(register(world, &again).await.status, 201);
    let remembered = limits::ERASED_REMEMBERED.unsigned_abs();
    world.later(remembered.as_secs() + 1).await;
    world.sweep().await;
    let erasure = get(world, "vendors/vendor_001/erasure").await;
    assert_eq!(erasure.status, 404, "{}", erasure.text);
}

/// One that is asked about, one that is deleted, and one that its vendor's erasure finds.
async fn customers_have_orders(world: &World) {
    for id in ["CMD-1", "CMD-2", "CMD-3"] {
        let put = orders::put(world, id, &orders::order(RAMA, "ready")).await;
        assert_eq!(put.status, 201, "{}", put.text);
    }
    let all = format!("vendors/{}/orders", VENDOR_1.id);
    let one = format!("{all}/CMD-1");
    for path in [&all, &format!("{all}?customerPhone=%2B{RAMA}"), &one] {
        assert_eq!(get(world, path).await.status, 200, "{path}");
    }
    assert_eq!(delete(world, &one).await.status, 200);
    catalogue::asks(world, RAMA, "menu", "MENU").await;
    catalogue::asks(world, RAMA, "2", "ORDER").await;
}

/// A webhook of the first vendor at one of the three URLs.
async fn told(world: &World, (_, url): (&str, &str), body: Value) {
    let to = format!("{}{url}", VENDOR_1.id);
    let answer = post(world, &to, &headers(VENDOR_1.secret), body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// The first vendor's staff writes to Fatou.
async fn staff_writes(world: &World, text: &str, headers: &[(&str, &str)]) -> Answer {
    let path = format!("vendors/{}/send-message", VENDOR_1.id);
    let body = json!({ "to": format!("+{FATOU}"), "message": text });
    let answer = world.admin("POST", &path, headers, &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    world.quiet().await;
    answer
}

/// Whatever the built-in engine made of the messages before: it answers this one.
async fn customer_writes(world: &World, key_id: &str) {
    let left = get(world, "vendors/vendor_001/conversations?status=human").await;
    for conversation in left.json["conversations"].as_array().into_iter().flatten() {
        let id = conversation["conversationId"].as_str().expect("an id");
        decide(world, id, "release", &Value::Null).await;
    }
    // A greeting is always answered, and no two are alike.
    let text = format!("Bonjour, {key_id}");
    world.customer_writes(VENDOR_1, AWA, &text, key_id).await;
    world.quiet().await;
}

/// The session reports this status of itself.
async fn session(world: &World, status: &str) {
    let changed = world.simulator().set_status(VENDOR_1.session, status);
    assert_eq!(changed.await.expect("the session exists"), Some(200));
    world.quiet().await;
}

/// The provider answers so many sends of the first vendor with a fault.
fn provider(world: &World, kind: FaultKind, times: u32) {
    let fault = Fault::new(kind)
        .session(VENDOR_1.session)
        .path("send-message")
        .times(times);
    world.simulator().fault(fault).expect("a fault");
}

/// What became of the newest message that left, or is to leave, from the first vendor's number.
async fn newest(world: &World) -> String {
    world.statuses(VENDOR_1).await.pop().expect("a message")
}

async fn each_kind_of_event(world: &World, at: (&str, &str)) {
    told(
        world,
        at,
        received("Bonjour", AWA, &format!("CAME_{}", at.0)),
    )
    .await;
    world.quiet().await;
    let reply = world.messages(VENDOR_1, "outbound").await.remove(0);
    let key_id = reply["providerMessageId"].as_str().expect("an id");
    told(world, at, update(key_id, AWA, 5)).await;
    assert_eq!(newest(world).await, "played");
    let mut unknown = event("nobody.knows.this", &json!({}));
    unknown["sessionId"] = "nobodys_session".into();
    told(world, at, unknown).await;
    told(
        world,
        at,
        event("qrcode.updated", &json!({ "qr": "2@code" })),
    )
    .await;
}

/// What one store refuses, the other keeps.
async fn each_store_is_away(world: &World, at: (&str, &str)) {
    let refused = |service| Matcher::any().caller(at.0).service(service);
    world.refuse(refused(Service::Sqs));
    told(world, at, received("Merci", AWA, &format!("KEPT_{}", at.0))).await;
    world.heal();
    world.refuse(refused(Service::DynamoDb));
    told(world, at, update("SOMEBODY_ELSES", AWA, 3)).await;
    told(world, at, session_status("connected")).await;
    assert_eq!(world.held("later"), 2);
    world.heal();
    world.later(10).await;
    world.sweep().await;
    let replies = world.statuses(VENDOR_1).await;
    assert_eq!(world.held("later"), 0);
    assert_eq!(replies.last().map(String::as_str), Some("read"));
}

/// A reply that waited too long ends; what staff wrote leaves.
async fn a_session_drops_and_is_back(world: &World, at: (&str, &str)) {
    told(world, at, session_status("disconnected")).await;
    customer_writes(world, &format!("DROPPED_{}", at.0)).await;
    staff_writes(world, "Le colis est prêt", &[]).await;
    world.later(16 * 60).await;
    told(world, at, session_status("connected")).await;
    world.quiet().await;
    let statuses = world.statuses(VENDOR_1).await;
    assert!(statuses.ends_with(&["expired".to_owned(), "read".to_owned()]));
}

/// The secrets can't be read again, so that it is asked who rotates.
async fn nobody_can_say_whether_it_is_genuine(world: &World, (function, url): (&str, &str)) {
    world.later(2).await;
    world.refuse(
        Matcher::any()
            .caller(function)
            .service(Service::SecretsManager),
    );
    for status in [503, 401] {
        let to = format!("{}{url}", VENDOR_1.id);
        let answer = post(world, &to, &headers("wrong_secret"), "{}").await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    world.heal();
}

/// The provider makes another secret; the next one is promoted by the webhook that shows it.
async fn a_secret_rotates(world: &World) {
    world.unspeakable(&["a_secret_to_come"]);
    rotation::ask(world, "rotate-webhook-secret", &Value::Null).await;
    let made = rotation::at_provider(world).await["webhook_secret"].clone();
    let given = json!({ "newSecret": "a_secret_to_come" });
    rotation::ask(world, "rotate-webhook-secret", &given).await;
    for secret in ["a_secret_to_come", made.as_str().expect("a secret")] {
        world.later(2).await;
        let harmless = event("presence.update", &json!({})).to_string();
        let answer = post(world, VENDOR_1.id, &headers(secret), harmless).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    world.quiet().await;
    let ring = &rotation::stored(world).await["instances"][0]["webhook"];
    assert_eq!(ring["current"], "a_secret_to_come");
    // The answer is lost, and the sweep reads the key back.
    let session = rotation::at_provider(world).await["id"].clone();
    let path = format!("/api/whatsapp-sessions/{session}");
    let lost = Fault::new(FaultKind::ResetAfter).path(&path);
    world.simulator().fault(lost).expect("a fault");
    let answer = rotation::ask(world, "regenerate-api-key", &Value::Null).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    world.simulator().clear_faults().expect("faults end");
    world.later(limits::RENEWAL_SETTLES.as_secs() + 1).await;
    assert_eq!(rotation::stored(world).await["renewals"], Value::Null);
    let again = json!({ "newSecret": VENDOR_1.secret, "promote": true });
    rotation::ask(world, "rotate-webhook-secret", &again).await;
}

/// By a linked id first, then by a number too: a decided message is enriched, and two conversations are found to be one.
async fn customers_are_known_by_several_names(world: &World) {
    let from = async |lid, number: Option<&str>, key_id| {
        let mut body = received_from_lid("Bonjour", lid, key_id);
        if let Some(number) = number {
            body["data"]["messages"]["key"]["cleanedSenderPn"] = number.into();
        }
        told(world, WEBHOOKS[0], body).await;
        world.quiet().await;
    };
    from(MOUSSAS_LID, None, "LID").await;
    from(MOUSSAS_LID, Some(MOUSSA), "LID").await;
    let inbound = world.messages(VENDOR_1, "inbound").await;
    assert_eq!(inbound[0]["contact"]["phone"], format!("+{MOUSSA}"));
    from(AWAS_LID, None, "APART").await;
    from(AWAS_LID, Some(AWA), "TOGETHER").await;
    from(AWAS_LID, None, "AGAIN").await;
}

/// A decided message comes back, and its reply leaves then.
async fn the_queue_of_replies_is_away(world: &World) {
    let sending = Matcher::any()
        .caller("conversation")
        .operation("SendMessage");
    world.refuse(sending);
    customer_writes(world, "REFUSED").await;
    world.heal();
    assert_eq!(newest(world).await, "queued");
    world.later(6).await;
    assert_eq!(newest(world).await, "read");
}

/// Nobody knows the number, and nobody knows it later.
async fn a_stranger_is_looked_up(world: &World) {
    let body = received_from_lid("Bonjour", A_STRANGERS_LID, "STRANGER");
    told(world, WEBHOOKS[0], body).await;
    world.later(limits::LOOK_UP_WAITS[0].as_secs() + 1).await;
    assert!(world.held("later") > 0, "it is asked for again");
}

/// To somebody who wrote before, and to somebody who did not.
async fn the_vendor_types(world: &World) {
    let typed = echo("Le colis part demain", MOUSSA, "TYPED");
    told(world, WEBHOOKS[0], typed).await;
    told(world, WEBHOOKS[0], echo("Salut", KHADY, "TYPED_FIRST")).await;
    world.later(limits::ECHO_HELD.as_secs() + 1).await;
    let messages = world.messages(VENDOR_1, "outbound").await;
    let kept = |message: &Value| message["text"] == "Le colis part demain";
    assert!(messages.iter().any(kept), "{messages:#?}");
}

/// The deletion of what the vendor typed, and of what never came, which waits a few times.
async fn messages_are_changed(world: &World) {
    for id in ["TYPED", "NEVER_CAME"] {
        let key = json!({ "id": id, "fromMe": true, "remoteJid": format!("{AWA}@s.whatsapp.net") });
        let deletion = event("messages.delete", &json!({ "keys": [key] }));
        told(world, WEBHOOKS[0], deletion).await;
    }
    for _ in 0..limits::CHANGE_WAITS {
        world.later(limits::CHANGE_HELD.as_secs() + 1).await;
    }
    let messages = world.messages(VENDOR_1, "outbound").await;
    let deleted = messages.iter().find(|message| message["deleted"] == true);
    let id = deleted.expect("it is deleted")["id"].as_str();
    let path = format!("vendors/{}/messages/{}", VENDOR_1.id, id.expect("an id"));
    assert_eq!(get(world, &path).await.status, 200);
    let path = format!("vendors/{}/pairing", VENDOR_1.id);
    assert_eq!(get(world, &path).await.status, 404);
}

/// It fits no send yet, and nothing else tells of the send: the sweep brings them together.
async fn an_echo_comes_early(world: &World) {
    let untold = Fault::new(FaultKind::Drop);
    world.simulator().fault(untold).expect("a fault");
    let mut early = echo("Le colis est là", FATOU, "EARLY");
    let now = world.clock().now().as_second();
    early["data"]["messages"]["messageTimestamp"] = now.into();
    told(world, WEBHOOKS[0], early).await;
    world.quiet().await;
    staff_writes(world, "Le colis est là", &[]).await;
    world.simulator().clear_faults().expect("faults end");
    world.later(limits::ECHO_HELD.as_secs() + 1).await;
    let sent = world.messages(VENDOR_1, "outbound").await.remove(0);
    assert_eq!(sent["providerMessageId"], "EARLY", "{sent}");
}

/// It says wait, and then it says nothing.
async fn the_provider_is_in_trouble(world: &World) {
    let wait = Fault::new(FaultKind::TooManyRequests)
        .session(VENDOR_1.session)
        .path("send-message")
        .times(1);
    let wait = Fault {
        retry_after: Some(20),
        ..wait
    };
    world.simulator().fault(wait).expect("a fault");
    customer_writes(world, "LIMITED").await;
    assert_eq!(newest(world).await, "queued");
    world.later(25).await;
    assert_eq!(newest(world).await, "read");
    provider(world, FaultKind::Reset, 1);
    customer_writes(world, "SILENT").await;
    assert_eq!(newest(world).await, "unknown");
    // The conversation waits for evidence; the sweep asks for it, and the log has none.
    customer_writes(world, "SPEAKING").await;
    assert_eq!(newest(world).await, "queued");
    for _ in 0..11 {
        world.later(6).await;
    }
    assert_eq!(newest(world).await, "read");
}

/// The provider has to help with the first one; the second one's request is lost.
async fn a_file_comes(world: &World) {
    let damaged = InboundMedia {
        damaged: true,
        ..media::image()
    };
    media::awa_sends(world, damaged, "").await;
    assert_eq!(media::shown(world).await["state"], "stored");
    world.refuse(Matcher::any().caller("conversation").service(Service::Sqs));
    media::awa_sends(world, media::image(), "").await;
    world.heal();
    world.later(limits::MEDIA_ASKED_AFTER.as_secs() + 1).await;
    world.sweep().await;
    let file = media::shown(world).await;
    assert_eq!(media::follow(world, &file).await.status, 200, "{file}");
}

/// What it took is told by its log alone, and the conversation goes on as soon as that is read.
async fn the_log_proves_a_send(world: &World) {
    world
        .simulator()
        .fault(Fault::new(FaultKind::Drop))
        .expect("a fault");
    provider(world, FaultKind::ResetAfter, 1);
    customer_writes(world, "LOGGED").await;
    assert_eq!(newest(world).await, "unknown");
    customer_writes(world, "BEHIND").await;
    for _ in 0..4 {
        world.later(6).await;
    }
    let statuses = world.statuses(VENDOR_1).await;
    assert_eq!(statuses[statuses.len() - 2..], ["read", "accepted"]);
    world.simulator().clear_faults().expect("faults end");
    world.later(31).await;
    world.sweep().await;
    assert_eq!(newest(world).await, "read");
}

/// It took a send and died: the sweep finds it in doubt.
async fn a_sender_dies(world: &World) {
    customer_writes(world, "ALIVE").await;
    // Nothing is waited for between reading and taking.
    world.later(1).await;
    world.aws().faults().crash("sender", 2, When::After);
    customer_writes(world, "DEAD").await;
    world.heal();
    world.clock().advance(limits::SEND_LEASE);
    world.sweep().await;
    assert_eq!(newest(world).await, "unknown");
    world.later(limits::DOUBT_HOLDS.as_secs() + 1).await;
}

/// A message in doubt is sent again by the staff, another is closed, and one that is parked is stopped.
async fn staff_decides(world: &World) {
    let decide = async |id: &Value, what: &str| {
        let id = id.as_str().expect("an id");
        let path = format!("vendors/{}/messages/{id}/{what}", VENDOR_1.id);
        let answer = world.admin("POST", &path, &[], &Value::Null).await;
        assert!(matches!(answer.status, 200 | 202), "{}", answer.text);
        world.quiet().await;
    };
    let doubtful = world.messages(VENDOR_1, "outbound").await.remove(0);
    assert_eq!(doubtful["status"], "unknown");
    world.later(limits::SETTLES_WITHIN.as_secs()).await;
    decide(&doubtful["id"], "retry").await;
    decide(&doubtful["id"], "discard").await;
    session(world, "disconnected").await;
    let parked = staff_writes(world, "Le colis reste", &[]).await;
    decide(&parked.json["messageId"], "cancel").await;
    session(world, "connected").await;
}

/// What stood in the queue before goes behind what is drained, and the sender fetches it once that is settled.
async fn a_message_meets_a_draining_lane(world: &World) {
    session(world, "disconnected").await;
    staff_writes(world, "Le colis un", &[]).await;
    world.refuse(Matcher::any().caller("sender").service(Service::DynamoDb));
    staff_writes(world, "Le colis deux", &[]).await;
    world.heal();
    session(world, "connected").await;
    world.later(3).await;
    let sent = world.sent(VENDOR_1);
    assert!(sent.ends_with(&["Le colis un".to_owned(), "Le colis deux".to_owned()]));
}

/// The conversation is taken over while its reply is parked.
async fn a_reply_is_superseded(world: &World) {
    session(world, "disconnected").await;
    customer_writes(world, "SUPERSEDED").await;
    let path = format!("vendors/{}/conversations", VENDOR_1.id);
    let listed = get(world, &path).await.json;
    let id = listed["conversations"][0]["conversationId"].as_str();
    let path = format!("{path}/{}", id.expect("an id"));
    let decide = async |what: &str| {
        let path = format!("{path}/{what}");
        let answer = world.admin("POST", &path, &[], &Value::Null).await;
        assert_eq!(answer.status, 200, "{what}");
    };
    decide("takeover").await;
    session(world, "connected").await;
    assert_eq!(newest(world).await, "cancelled");
    decide("release").await;
    decide("cancel").await;
    assert_eq!(get(world, &path).await.status, 200);
}

/// With a new key, what staff wrote leaves; a reply waited too long for it.
/// A service of the vendor's answers, fails once, and then the built-in engine answers again.
async fn another_engine_answers(world: &World) {
    let engine = EngineDouble::start(world);
    world.configure_engine(VENDOR_1, &engine).await;
    customer_writes(world, "ELSEWHERE").await;
    assert_eq!(engine.asked().len(), 1);
    // It fails once, which is remembered of it, and is asked again.
    engine.then(Act::status(503));
    customer_writes(world, "ELSEWHERE_AGAIN").await;
    world.later(15).await;
    assert!(engine.asked().len() > 2, "{:?}", engine.asked().len());
    world.configure_engine_as(VENDOR_1, &Value::Null).await;
}

/// In time, not at all, and with replies that wait.
async fn an_engine_answers_later(world: &World) {
    let engine = EngineDouble::start(world);
    world.configure_engine(VENDOR_1, &engine).await;
    engine.then(Act::status(202));
    customer_writes(world, "PATIENT").await;
    let question = world.messages(VENDOR_1, "inbound").await[0]["id"].clone();
    let path = format!("vendors/{}/send-message", VENDOR_1.id);
    let body = json!({ "inReplyTo": question, "text": "Le colis est là" });
    let answer = world.admin("POST", &path, &[], &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let slowly = json!({ "replies": [{ "type": "text", "text": "Le colis part" }], "delayMs": 9000, "actions": [{ "type": "pack" }] });
    engine.then(Act::Answer(slowly));
    customer_writes(world, "UNHURRIED").await;
    world.later(10).await;
    engine.then(Act::status(202));
    customer_writes(world, "FORGOTTEN").await;
    world.later(limits::ANSWER_WITHIN.as_secs() + 2).await;
    world.sweep().await;
    world.configure_engine_as(VENDOR_1, &Value::Null).await;
}

async fn a_key_is_refused(world: &World) {
    provider(world, FaultKind::Unauthorized, 100);
    customer_writes(world, "UNPAID").await;
    world.later(5).await;
    staff_writes(world, "Le colis attend", &[]).await;
    assert_eq!(newest(world).await, "parked");
    world.simulator().clear_faults().expect("faults end");
    world.later(16 * 60).await;
    let vendor = json!({
        "vendorId": VENDOR_1.id, "businessName": "My Shop A", "phoneNumber": "+221701111111",
        "wasenderInstanceId": VENDOR_1.session, "wasenderWebhookSecret": VENDOR_1.secret, "wasenderApiKey": "api_key_new",
    });
    register(world, &vendor).await;
    world.later(61).await;
    let statuses = world.statuses(VENDOR_1).await;
    assert_eq!(statuses[statuses.len() - 2..], ["expired", "read"]);
}

async fn the_sweep_ends_and_resumes(world: &World) {
    session(world, "disconnected").await;
    customer_writes(world, "LATE").await;
    staff_writes(world, "Le colis suit", &[]).await;
    world.later(16 * 60).await;
    let back = world
        .simulator()
        .set_status_silently(VENDOR_1.session, "connected");
    back.await.expect("the session exists");
    world.sweep().await;
    let statuses = world.statuses(VENDOR_1).await;
    assert_eq!(statuses[statuses.len() - 2..], ["expired", "read"]);
}

async fn the_back_office_works(world: &World) {
    catalogue::sells(world, &[catalogue::product("P12", "Climatiseur", 1)]).await;
    assert_eq!(get(world, "vendors/vendor_001/config").await.status, 200);
    catalogue::asks(world, RAMA, "P12", "PRODUCT").await;
    customers_have_orders(world).await;
    put_key(world, KEY, false).await;
    let bearer = format!("Bearer {KEY}");
    let vendors = world
        .request(
            "GET",
            "/api/admin/vendors",
            &[("authorization", &bearer)],
            "",
        )
        .await;
    assert_eq!(vendors.status, 200, "{}", vendors.text);
    let mut vendor = shop(3);
    assert_eq!(register(world, &vendor).await.status, 201);
    vendor["phoneNumber"] = "+221700000198".into();
    vendor["wasenderInstanceId"] = "shop_instance_98".into();
    assert_eq!(register(world, &vendor).await.status, 200);
    // The secret of a vendor that was given up can be had back for a while, and its name can't be used anew.
    let delete = json!({ "SecretId": "local/vendor/shop_03" });
    world
        .aws_operation("secretsmanager.DeleteSecret", &delete)
        .await;
    assert_eq!(register(world, &vendor).await.status, 200);
    assert_eq!(get(world, "vendors/shop_03").await.status, 200);
    let path = "vendors/vendor_001/waba-instances";
    assert_eq!(
        numbers::add(world, path, &numbers::second()).await.status,
        201
    );
    assert_eq!(
        numbers::add(world, path, &numbers::second()).await.status,
        200
    );
    let counted = format!("analytics/vendor/{}/messages", VENDOR_1.id);
    for path in ["analytics/waba-instances", &counted] {
        assert_eq!(get(world, path).await.status, 200, "{path}");
    }
}

/// Let go by the back office, and linked by the code that the provider shows.
async fn the_session_is_linked_anew(world: &World) {
    let asked = async |method, what: &str| {
        let path = format!("vendors/{}/{what}", VENDOR_1.id);
        let answer = world.admin(method, &path, &[], &Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        world.quiet().await;
        answer
    };
    asked("POST", "disconnect").await;
    session(world, "need_scan").await;
    let code = asked("POST", "connect").await.json["qr"].clone();
    world.unspeakable(&[code.as_str().expect("a code")]);
    asked("GET", "qr").await;
    session(world, "connected").await;
    asked("POST", "restart").await;
    // Another tool has its own way with the session, until the sweep sees it, and again until somebody sets it up.
    let path = format!("whatsapp-sessions/{}", VENDOR_1.session);
    let otherwise = json!({ "webhook_enabled": false });
    for repaired in ["sweep", "admin"] {
        world.provider("PUT", &path, &otherwise).await;
        world.later(limits::WATCH_EVERY.as_secs() + 1).await;
        world.sweep().await;
        let shown = asked("GET", "wasender-status").await.json;
        let is_on = &shown["numbers"][0]["account"]["webhookEnabled"];
        assert_eq!(
            *is_on,
            repaired == "sweep",
            "it is repaired once in 10 minutes"
        );
    }
    let set_up = asked("POST", "setup-wasender-webhook").await.json;
    assert_eq!(set_up["verified"], true, "{set_up}");
}

async fn keys_are_made_and_changes_looked_at(world: &World) {
    let (id, key) = create(world, &json!({ "name": "till", "scopes": ["read"] })).await;
    let used = with(world, &key, "GET", "vendors", &Value::Null).await;
    assert_eq!(used.status, 200, "{}", used.text);
    assert_eq!(get(world, "keys").await.status, 200);
    let path = format!("keys/{id}");
    let revoked = world.admin("DELETE", &path, &[], &Value::Null).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    for changes in [
        "audit".to_owned(),
        format!("audit?vendorId={}", VENDOR_1.id),
    ] {
        assert_eq!(get(world, &changes).await.status, 200);
    }
}

/// The same idempotency key again, and again when its time is over.
async fn staff_repeats_itself(world: &World) {
    let key = [("idempotency-key", "order-17")];
    let first = staff_writes(world, "Le colis est prêt", &key).await;
    let again = staff_writes(world, "Le colis est prêt", &key).await;
    assert_eq!(first.json, again.json);
    let days = u64::try_from(limits::IDEMPOTENCY_DAYS).expect("it is positive");
    world.later(days * 24 * 3600 + 1).await;
    let anew = staff_writes(world, "Le colis est prêt", &key).await;
    assert_ne!(first.json, anew.json);
}

/// What was not understood is given to the parser again; what was given up goes back to its queue.
async fn an_operator_cleans_up(world: &World) {
    let status = update("SOMEBODY_ELSES", AWA, 3).to_string();
    let understood = json!({
        "v": 1, "vendorId": VENDOR_1.id, "wabaId": "waba_vendor_001", "receivedAt": world.clock().now().to_string(),
        "event": "messages.update", "reason": "then", "body": status,
    });
    world.put("quarantine", &understood.to_string()).await;
    let replay = json!({ "all": true });
    let replayed = world.admin("POST", "quarantine/replay", &[], &replay).await;
    assert_eq!(replayed.json["done"].as_array().map(Vec::len), Some(1));
    for (queue, name) in [
        ("inbound-dead.fifo", "inbound"),
        ("outbound-dead.fifo", "outbound"),
        ("later-dead", "later"),
    ] {
        let mut entry = json!({ "v": 1, "vendorId": VENDOR_1.id, "wabaId": "waba_vendor_001", "receivedAt": "2026-11-22T17:28:03Z" });
        match name {
            "inbound" => {
                entry["message"] = json!({ "keyId": "CAME_messages", "contact": { "phone": format!("+{AWA}") }, "content": { "kind": "text" } });
            }
            "outbound" => {
                entry["messageId"] = "msg_of_nobody".into();
                entry["generation"] = 0.into();
            }
            _ => entry["confirm"] = json!({}),
        }
        world.put(queue, &entry.to_string()).await;
        world.put(queue, "of another build").await;
        let listed = get(world, &format!("dead-letters?queue={name}")).await;
        assert_eq!(listed.json["deadLetters"].as_array().map(Vec::len), Some(2));
        let redrive = json!({ "queue": name, "all": true });
        let given = world
            .admin("POST", "dead-letters/redrive", &[], &redrive)
            .await;
        assert_eq!(
            given.json["done"].as_array().map(Vec::len),
            Some(1),
            "{}",
            given.text
        );
        world.quiet().await;
    }
}
