//! The vendor's rules around the engine: who asked for silence, when the shop is closed, who is welcomed, whom a person has, what floods.

use std::time::Duration;

use embedded_aws::{Matcher, Service};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use testkit::wasender::received_from_lid;

use crate::configuration::change;
use crate::conversations::{all, decide, newest};
use crate::engine_double::{Act, EngineDouble};
use crate::people::{LID, session, writes, writes_by_lid};
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run};

const STOP: &str = "STOP !";
const START: &str = "Start.";

/// Whether this is what somebody is told who asked for silence.
fn confirms(text: &str) -> bool {
    text.contains("vous ne recevrez plus de messages automatiques")
}

async fn staff_writes(world: &World, text: &str, key: &str) -> Value {
    let path = format!("vendors/{}/send-message", VENDOR_1.id);
    let body = json!({ "to": format!("+{AWA}"), "message": text });
    let headers = [("idempotency-key", key)];
    let answer = world.admin("POST", &path, &headers, &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    world.quiet().await;
    answer.json
}

#[tokio::test]
async fn whoever_writes_stop_hears_nothing_automatic_until_they_write_start() {
    run(async |world| {
        change(world, &json!({ "optOutWords": ["laissez-moi"] })).await;
        writes(world, "Bonjour", AWA, "A1").await;
        assert_eq!(all(world).await[0]["optedOutAt"], Value::Null);
        writes(world, "Laissez moi !!", AWA, "A2").await;
        let sent = world.sent(VENDOR_1);
        assert_eq!((sent.len(), confirms(&sent[1])), (2, true), "{sent:?}");
        let shown = all(world).await[0].clone();
        assert!(shown["optedOutAt"].is_string(), "{shown}");
        assert_eq!(shown["state"], "paused");
        world.later(400 * 24 * 3600).await;
        for (text, key) in [
            ("Bonjour", "A3"),
            (STOP, "A4"),
            ("Il y a quelqu'un ?", "A5"),
        ] {
            writes(world, text, AWA, key).await;
        }
        assert_eq!(world.sent(VENDOR_1).len(), 2, "not even the word again");
        for _ in 0..2 {
            let answer = staff_writes(world, "Votre colis est là", "parcel").await;
            assert_eq!(answer["optedOut"], true, "a person writes, and is told");
        }
        assert_eq!(world.sent(VENDOR_1).len(), 3);
        writes(world, START, AWA, "A6").await;
        writes(world, "Bonjour", AWA, "A7").await;
        assert_eq!(world.sent(VENDOR_1).len(), 5);
        assert_eq!(all(world).await[0]["optedOutAt"], Value::Null);
        let answer = staff_writes(world, "Merci", "thanks").await;
        assert_eq!(answer["optedOut"], Value::Null);
    })
    .await;
}

/// Where a reply is held back that was decided before somebody asked for silence or took over.
fn holds() -> [Option<Matcher>; 3] {
    let sender = || Matcher::any().caller("sender");
    [
        Some(sender().service(Service::DynamoDb)),
        Some(sender().operation("TransactWriteItems")),
        None,
    ]
}

#[tokio::test]
async fn wherever_a_reply_is_held_it_does_not_leave_after_a_stop_and_the_confirmation_does() {
    for (place, hold) in holds().into_iter().enumerate() {
        run(async |world| {
            match hold {
                Some(hold) => world.refuse(hold),
                // The last one waits on its lane's list.
                None => session(world, "disconnected").await,
            }
            writes(world, "Bonjour", AWA, "A1").await;
            writes(world, STOP, AWA, "A2").await;
            assert!(world.sent(VENDOR_1).is_empty());
            world.heal();
            world.recover().await;
            session(world, "connected").await;
            world.recover().await;
            let sent = world.sent(VENDOR_1);
            assert!(sent.len() == 1 && confirms(&sent[0]), "{place}: {sent:?}");
            assert_eq!(
                world.statuses(VENDOR_1).await,
                ["cancelled", "read"],
                "{place}"
            );
        })
        .await;
    }
}

#[tokio::test]
async fn a_confirmation_itself_is_not_sent_after_the_start_that_follows_it() {
    run(async |world| {
        session(world, "disconnected").await;
        for (text, key) in [("Bonjour", "A1"), (STOP, "A2"), (START, "A3")] {
            writes(world, text, AWA, key).await;
        }
        session(world, "connected").await;
        let sent = world.sent(VENDOR_1);
        assert!(sent.len() == 1 && !confirms(&sent[0]), "{sent:?}");
        assert_eq!(
            world.statuses(VENDOR_1).await,
            ["cancelled", "cancelled", "read"]
        );
    })
    .await;
}

/// When the calls of the first vendor's replies began, but for what confirms, in milliseconds.
async fn begun(world: &World) -> Vec<i64> {
    let scan = json!({ "TableName": "local-messages", "ConsistentRead": true });
    let found = world.aws_operation("DynamoDB_20120810.Scan", &scan).await;
    let items = found["Items"].as_array().expect("items").iter();
    let replies = items.filter(|item| {
        item["origin"]["S"] == "automatic" && !confirms(item["content"]["S"].as_str().unwrap_or(""))
    });
    let begun = |item: &Value| item["begunAt"]["N"].as_str()?.parse().ok();
    replies.filter_map(begun).collect()
}

/// Waits until the ledger has it that a customer asked for silence.
async fn silent(world: &World, customer: &str) {
    let phone = format!("+{customer}");
    let is_silent = |it: &Value| it["contact"]["phone"] == phone && it["optedOutAt"].is_string();
    let waiting = async {
        while !all(world).await.iter().any(is_silent) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(1), waiting).await;
    waited.expect("it is decided soon");
}

#[tokio::test]
async fn no_send_of_a_reply_begins_after_a_stop_was_decided_whenever_it_comes() {
    run(async |world| {
        for round in 0..8_u64 {
            let customer = format!("2217000008{round:02}");
            let key = |name: &str| format!("{name}{round}");
            for at in 0..3 {
                let key = key(&format!("Q{at}_"));
                world
                    .customer_writes(VENDOR_1, &customer, "Bonjour", &key)
                    .await;
            }
            tokio::time::sleep(Duration::from_millis(5 * round)).await;
            world
                .customer_writes(VENDOR_1, &customer, STOP, &key("STOP"))
                .await;
            silent(world, &customer).await;
            let stopped_at = world.clock().now().as_millisecond();
            world.later(5).await;
            let late = begun(world)
                .await
                .into_iter()
                .filter(|at| *at > stopped_at)
                .count();
            assert_eq!(late, 0, "round {round}");
        }
        let confirmations = world
            .sent(VENDOR_1)
            .iter()
            .filter(|it| confirms(it))
            .count();
        assert_eq!(confirmations, 8);
    })
    .await;
}

#[tokio::test]
async fn a_stop_under_one_name_silences_the_person_under_all_their_names() {
    run(async |world| {
        session(world, "disconnected").await;
        writes(world, "Bonjour", AWA, "PN1").await;
        writes_by_lid(world, "Merci", LID, "LID1").await;
        writes_by_lid(world, STOP, LID, "LID2").await;
        let mut richer = received_from_lid("Merci", LID, "LID1");
        richer["data"]["messages"]["key"]["cleanedSenderPn"] = AWA.into();
        world.webhook(VENDOR_1, &richer).await;
        world.quiet().await;
        let joined = all(world).await;
        assert_eq!(joined.len(), 1);
        assert!(joined[0]["optedOutAt"].is_string(), "{}", joined[0]);
        session(world, "connected").await;
        writes(world, "Bonjour", AWA, "PN2").await;
        assert!(
            world.sent(VENDOR_1).is_empty(),
            "what the joined conversation decided is cancelled too"
        );
    })
    .await;
}

#[tokio::test]
async fn whoever_writes_for_the_first_time_is_welcomed_before_the_answer_and_only_then() {
    run(async |world| {
        change(world, &json!({ "welcomeText": "Bienvenue chez nous" })).await;
        writes(world, "Bonjour", AWA, "A1").await;
        writes(world, "Merci", AWA, "A2").await;
        writes(world, STOP, MOUSSA, "M1").await;
        let sent = world.sent(VENDOR_1);
        assert_eq!(sent.len(), 4, "{sent:?}");
        assert_eq!(sent[0], "Bienvenue chez nous");
        assert_ne!(sent[1], "Bienvenue chez nous");
        assert!(confirms(&sent[3]), "{sent:?}");
        // Twice told is once heard.
        writes(world, "Bonjour", AWA, "A1").await;
        assert_eq!(world.sent(VENDOR_1).len(), 4);
    })
    .await;
}

#[tokio::test]
async fn the_rules_hold_for_an_engine_of_somebody_elses_and_it_is_not_asked_what_they_answer() {
    run(async |world| {
        change(world, &json!({ "welcomeText": "Bienvenue chez nous" })).await;
        let engine = EngineDouble::start(world);
        world.configure_engine(VENDOR_1, &engine).await;
        writes(world, "Bonjour", AWA, "A1").await;
        let first = ["Bienvenue chez nous", "De la part du moteur"];
        assert_eq!(world.sent(VENDOR_1), first);
        // One that answers later, and one that says nothing.
        for (status, customer) in [(202, MOUSSA), (204, "221700000003")] {
            engine.then(Act::status(status));
            let before = world.sent(VENDOR_1).len();
            writes(world, "Bonjour", customer, &format!("FIRST{status}")).await;
            let sent = world.sent(VENDOR_1).split_off(before);
            assert_eq!(sent, ["Bienvenue chez nous"], "{status}");
        }
        assert_eq!(engine.asked().len(), 3);
        writes(world, STOP, AWA, "A2").await;
        writes(world, "Bonjour", AWA, "A3").await;
        let never = json!({ "timeZone": "Africa/Dakar" });
        change(world, &json!({ "businessHours": never })).await;
        writes(world, "Merci", MOUSSA, "M2").await;
        assert_eq!(
            engine.asked().len(),
            3,
            "neither of silence nor outside hours"
        );
        let sent = world.sent(VENDOR_1);
        assert!(sent.len() == 6 && confirms(&sent[4]), "{sent:?}");
    })
    .await;
}

/// Lets time pass until then.
async fn until(world: &World, then: Timestamp) {
    let seconds = then.duration_since(world.clock().now()).as_secs();
    world
        .later(u64::try_from(seconds).expect("it is to come"))
        .await;
}

/// The vendor is open from `from` of this day to `to`, of the next one if that is not later; the answer is when that is.
async fn opens(
    world: &World,
    zone: &str,
    day: Date,
    (from, to): (&str, &str),
) -> (Timestamp, Timestamp) {
    let weekday = day.strftime("%A").to_string().to_lowercase();
    let mut hours = json!({ "timeZone": zone });
    hours[weekday] = json!([{ "from": from, "to": to }]);
    change(world, &json!({ "businessHours": hours })).await;
    let zone = TimeZone::get(zone).expect("a zone");
    let time = |day: Date, text: &str| {
        let time = text.parse::<jiff::civil::Time>().expect("a time");
        let zoned = day.to_datetime(time).to_zoned(zone.clone());
        zoned.expect("a time of that day").timestamp()
    };
    let last = if to > from {
        day
    } else {
        day.tomorrow().expect("a day")
    };
    (time(day, from), time(last, to))
}

/// The customer is told before the opening and after the closing, once each, and is answered at either end of what is between.
async fn keeps_hours(world: &World, (opens, closes): (Timestamp, Timestamp), from: &str) {
    let before = world.sent(VENDOR_1).len();
    let minute = jiff::SignedDuration::from_mins(1);
    let times = [
        (opens - minute * 30, 1),
        (opens - minute, 1),
        (opens + minute, 2),
        (closes - minute, 3),
        (closes + minute, 4),
        (closes + minute * 30, 4),
    ];
    for (place, (time, replies)) in times.into_iter().enumerate() {
        until(world, time).await;
        writes(world, "Bonjour", AWA, &format!("HOURS{opens}{place}")).await;
        let sent = world.sent(VENDOR_1).split_off(before);
        assert_eq!(sent.len(), replies, "{place}, {time}: {sent:?}");
        let is_notice = sent
            .last()
            .is_some_and(|it| it.contains("est fermé pour le moment"));
        assert_eq!(
            is_notice,
            matches!(place, 0 | 1 | 4 | 5),
            "{place}: {sent:?}"
        );
    }
    let sent = world.sent(VENDOR_1).split_off(before);
    assert!(
        sent[0].contains(&format!("aujourd’hui à {from}")),
        "{sent:?}"
    );
}

#[tokio::test]
async fn hours_that_cross_midnight_are_kept() {
    run(async |world| {
        let zone = TimeZone::get("Africa/Dakar").expect("a zone");
        let day = zone.to_datetime(world.clock().now()).date();
        let in_two_days = day.tomorrow().and_then(Date::tomorrow).expect("a day");
        let open = opens(world, "Africa/Dakar", in_two_days, ("22:00", "02:00")).await;
        keeps_hours(world, open, "22:00").await;
    })
    .await;
}

#[tokio::test]
async fn hours_are_kept_on_the_days_on_which_clocks_are_changed() {
    run(async |world| {
        for name in ["Europe/Paris", "America/New_York"] {
            for _ in 0..2 {
                let zone = TimeZone::get(name).expect("a zone");
                let next = zone.following(world.clock().now()).next();
                let next = next.expect("clocks are changed").timestamp();
                let day = zone.to_datetime(next).date();
                let (from, to) = opens(world, name, day, ("01:00", "04:00")).await;
                let length = to.duration_since(from).as_hours();
                assert!([2, 4].contains(&length), "{length} h");
                keeps_hours(world, (from, to), "01:00").await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_person_has_the_hours_that_the_vendor_gives_them_or_until_they_give_it_back() {
    run(async |world| {
        change(world, &json!({ "handoverHours": 2 })).await;
        for (round, released) in [false, true].into_iter().enumerate() {
            let key = |name: &str| format!("{name}{round}");
            let before = world.sent(VENDOR_1).len();
            writes(world, "Je veux parler à un conseiller", AWA, &key("ASKS")).await;
            let id = newest(world).await;
            assert_eq!(all(world).await[0]["state"], "paused");
            world.later(2 * 3600 - 10).await;
            writes(world, "Allô", AWA, &key("KEPT")).await;
            assert_eq!(world.sent(VENDOR_1).len(), before + 1);
            if released {
                decide(world, &id, "release", &Value::Null).await;
            } else {
                world.later(20).await;
            }
            writes(world, "Bonjour", AWA, &key("ANSWERED")).await;
            assert_eq!(world.sent(VENDOR_1).len(), before + 2);
        }
    })
    .await;
}

#[tokio::test]
async fn a_flood_is_told_once_and_a_handful_is_answered() {
    run(async |world| {
        for number in 0..30 {
            let (text, key) = (
                format!("Bonjour, message {number}"),
                format!("FLOOD{number}"),
            );
            world.customer_writes(VENDOR_1, AWA, &text, &key).await;
        }
        for number in 0..5 {
            let (text, key) = (format!("Bonjour, message {number}"), format!("FEW{number}"));
            world.customer_writes(VENDOR_1, MOUSSA, &text, &key).await;
        }
        world.later(600).await;
        let sends = world.simulator().sends();
        let to = |phone: &str| {
            sends
                .iter()
                .filter(|it| it.to == format!("+{phone}"))
                .count()
        };
        assert_eq!(
            (to(AWA), to(MOUSSA)),
            (21, 5),
            "twenty answers and one word about it"
        );
        assert_eq!(
            world.messages(VENDOR_1, "inbound").await.len(),
            35,
            "all are kept"
        );
        writes(world, "Bonjour", AWA, "CALM").await;
        assert_eq!(world.sent(VENDOR_1).len(), 27);
    })
    .await;
}
