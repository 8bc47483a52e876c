//! `kill -9` at any moment: what was answered is done once, or is shown as `unknown`.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::binary::until;
use crate::local::{Home, Local, eventually, spawn};
use crate::ports;

/// How long a moment may be waited for.
const MOMENT: Duration = Duration::from_secs(10);
/// Longer than the lease of a send (17 s) and shorter than the visibility of its queue entry (72 s): what was in flight is at work again
/// at once, and only the lease of a dead invocation is waited for.
const RECOVERY: Duration = Duration::from_secs(45);
/// What is asked of a shop in one round.
const CUSTOMERS: usize = 9;
const STAFF: usize = 3;

/// When the process is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So many requests were answered.
    Answers(usize),
    /// The provider took so many messages.
    Sends(usize),
}

const MOMENTS: [Moment; 7] = [
    Moment::Answers(1),
    Moment::Answers(5),
    Moment::Answers(CUSTOMERS + STAFF),
    Moment::Sends(1),
    Moment::Sends(2),
    Moment::Sends(4),
    Moment::Sends(7),
];

/// A vendor of one round, so that no round waits for the lane of another.
struct Shop {
    number: usize,
    id: String,
    secret: String,
}

/// One request that should come to one message from the shop to this number.
struct Asked {
    to: String,
    is_staff: bool,
    key: String,
    /// The answer, if there was one.
    answer: Option<Value>,
}

/// What became of a request.
#[derive(Debug, PartialEq)]
struct Fate {
    to: String,
    /// Of what came in.
    inbound: Vec<String>,
    /// Of what was to go out.
    outbound: Vec<String>,
    sends: usize,
}

impl Shop {
    async fn open(local: &Local, number: usize) -> Self {
        let shop = Self {
            number,
            id: format!("shop_{number}"),
            secret: format!("secret_of_{number}"),
        };
        let body = json!({
            "vendorId": shop.id,
            "businessName": format!("Boutique {number}"),
            "phoneNumber": format!("+22170300000{number}"),
            "provider": "wasender",
            "wasenderInstanceId": format!("instance_{number}"),
            "wasenderWebhookSecret": shop.secret,
            "wasenderApiKey": format!("api_key_{number}"),
        });
        let answer = local.admin("vendors", &[], Some(&body)).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.json);
        let path = format!("vendors/{}", shop.id);
        let lane = async || {
            let vendor = local.admin(&path, &[], None).await.expect("an answer");
            vendor.json["wabaInstances"][0]["lane"].clone()
        };
        let is_open = |lane: &Value| lane["state"] == "open";
        let lane = eventually(MOMENT, lane, is_open).await;
        assert!(is_open(&lane), "its number is verified: {lane}");
        shop
    }

    fn round(&self) -> Vec<Asked> {
        (0..CUSTOMERS + STAFF)
            .map(|index| Asked {
                to: format!("2217000{:02}{index:03}", self.number),
                is_staff: index >= CUSTOMERS,
                key: format!("KEY{}N{index}", self.number),
                answer: None,
            })
            .collect()
    }

    async fn ask(&self, local: &Local, asked: &Asked) -> Option<Value> {
        let answer = if asked.is_staff {
            let path = format!("vendors/{}/send-message", self.id);
            let body =
                json!({ "to": format!("+{}", asked.to), "message": "Votre commande est prête" });
            let key = [("idempotency-key", asked.key.as_str())];
            local.admin(&path, &key, Some(&body)).await
        } else {
            let mut body = testkit::wasender::received("Bonjour", &asked.to, &asked.key);
            // The one of the events is the first vendor's session.
            body["sessionId"].take();
            local.webhook(&self.id, &self.secret, &body).await
        };
        let answer = answer.ok()?;
        let expected = if asked.is_staff { 202 } else { 200 };
        assert_eq!(answer.status, expected, "{}", answer.json);
        Some(answer.json)
    }

    /// Asks for everything at once and kills the process at that moment.
    async fn ask_and_kill(&self, local: &Local, moment: Moment) -> Vec<Asked> {
        let answers = AtomicUsize::new(0);
        let mut round = self.round();
        let asking = join_all(round.iter().map(async |asked| {
            let answer = self.ask(local, asked).await;
            if answer.is_some() {
                answers.fetch_add(1, Ordering::Relaxed);
            }
            answer
        }));
        let killing = async {
            match moment {
                Moment::Answers(count) => {
                    assert!(until(MOMENT, || answers.load(Ordering::Relaxed) >= count).await);
                }
                Moment::Sends(count) => {
                    // Without a pause, to meet the sender between the provider's answer and the ledger.
                    let taken = async { while self.sends(local).await < count {} };
                    tokio::time::timeout(MOMENT, taken)
                        .await
                        .expect("so many are sent");
                }
            }
            local.binary().kill();
        };
        let (answers, ()) = tokio::join!(asking, killing);
        for (asked, answer) in round.iter_mut().zip(answers) {
            asked.answer = answer;
        }
        round
    }

    async fn sends(&self, local: &Local) -> usize {
        let session = json!(format!("instance_{}", self.number));
        let sends = local.sends().await;
        sends
            .iter()
            .filter(|send| send["session"] == session)
            .count()
    }

    /// What became of each request, in their order.
    async fn fates(&self, local: &Local, round: &[Asked]) -> Vec<Fate> {
        let inbound = local.messages(&self.id, "inbound").await;
        let outbound = local.messages(&self.id, "outbound").await;
        let sends = local.sends().await;
        let statuses = |messages: &[Value], number: &Value| {
            let theirs = messages
                .iter()
                .filter(|message| message["contact"]["phone"] == *number);
            theirs
                .map(|message| message["status"].as_str().unwrap_or_default().to_owned())
                .collect()
        };
        let fate = |asked: &Asked| {
            let number = json!(format!("+{}", asked.to));
            Fate {
                to: asked.to.clone(),
                inbound: statuses(&inbound, &number),
                outbound: statuses(&outbound, &number),
                sends: sends.iter().filter(|send| send["to"] == number).count(),
            }
        };
        round.iter().map(fate).collect()
    }

    /// Waits until everything that was answered came to an end, and looks whether it was a good one.
    async fn comes_to_a_good_end(&self, local: &Local, round: &[Asked]) {
        let is_over = |fates: &Vec<Fate>| {
            let mut answered = round
                .iter()
                .zip(fates)
                .filter(|(asked, _)| asked.answer.is_some());
            answered.all(|(asked, fate)| fate.is_over(asked))
        };
        let fates = async || self.fates(local, round).await;
        let fates = eventually(RECOVERY, fates, is_over).await;
        assert!(is_over(&fates), "{} waits for ever: {fates:#?}", self.id);
        assert!(fates.iter().all(Fate::is_at_most_once), "{fates:#?}");
        let doubts = fates.iter().filter(|fate| fate.outbound == ["unknown"]);
        assert!(
            doubts.count() <= 1,
            "a lane sends one at a time: {fates:#?}"
        );
    }
}

impl Fate {
    fn is_over(&self, asked: &Asked) -> bool {
        let heard: &[&str] = if asked.is_staff { &[] } else { &["answered"] };
        let is_sent = self.outbound == ["read"] && self.sends == 1;
        self.inbound == heard && (is_sent || self.outbound == ["unknown"])
    }

    fn is_at_most_once(&self) -> bool {
        self.inbound.len() <= 1 && self.outbound.len() <= 1 && self.sends <= 1
    }
}

#[tokio::test]
async fn whatever_was_answered_before_a_kill_is_done_once_or_shown_as_unknown() {
    let home = Home::new();
    let mut local = Local::start(&home).await;
    let mut rounds = Vec::new();
    for (number, moment) in MOMENTS.into_iter().enumerate() {
        let shop = Shop::open(&local, number).await;
        let round = shop.ask_and_kill(&local, moment).await;
        local = local.restart(&home).await;
        rounds.push((shop, round));
    }
    for (shop, round) in &rounds {
        shop.comes_to_a_good_end(&local, round).await;
    }
    // Everybody asks again, as the provider and the back office do who heard no answer: nothing is done twice, nothing is left out.
    for (shop, round) in &mut rounds {
        for asked in round.iter_mut() {
            let again = shop.ask(&local, asked).await.expect("an answer");
            let before = asked
                .answer
                .replace(again.clone())
                .filter(|_| asked.is_staff);
            assert!(before.is_none_or(|before| before == again), "the same id");
        }
        shop.comes_to_a_good_end(&local, round).await;
    }
}

/// Whether a file holds a text by now.
fn holds(file: &Path, text: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|held| held.contains(text))
}

#[tokio::test]
async fn a_start_that_is_killed_is_made_good_by_the_next() {
    let moments = [
        ("aws/queues.jsonl", "local-quarantine"),
        ("aws/secrets.jsonl", "local/platform"),
        ("aws/secrets.jsonl", "local/vendor/vendor_001"),
        ("simulator/simulator.jsonl", "vendor_001"),
    ];
    for (file, text) in moments {
        let home = Home::new();
        let file = home.data().join(file);
        let binary = spawn(&home, ports::free(), &[]);
        assert!(
            until(MOMENT, || holds(&file, text)).await,
            "{}",
            binary.stderr()
        );
        binary.kill();
        let local = Local::start(&home).await;
        for (vendor, secret) in [("vendor_001", "secret_123"), ("vendor_002", "secret_456")] {
            let mut body = testkit::wasender::received("Bonjour", "221700000001", "FIRST");
            body["sessionId"].take();
            let answer = local.webhook(vendor, secret, &body).await;
            assert_eq!(
                answer.expect("an answer").status,
                200,
                "{vendor} after {text}"
            );
            let outbound = async || local.messages(vendor, "outbound").await;
            let is_read = |all: &Vec<Value>| all.iter().any(|message| message["status"] == "read");
            let outbound = eventually(MOMENT, outbound, is_read).await;
            assert!(is_read(&outbound), "{vendor} after {text}: {outbound:?}");
        }
    }
}
