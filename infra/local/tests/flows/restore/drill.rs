//! Whatever happened before the backup, since it and while the tables were away: no customer is sent anything twice, and nobody is
//! forgotten of whom the tables know.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Backup, message, sent_to, session, staff_writes, worked_through};
use crate::front_door::{get, is_problem, register, shop};
use crate::world::{VENDOR_1, VENDOR_2, Vendor, World, run};

/// Things that happen before the backup, and again since it.
const ACTS: usize = 9;
/// Drills, each another course of things.
const SEEDS: u64 = 4;

/// A course of things that a seed decides.
struct Drill<'w> {
    world: &'w World,
    seed: u64,
    people: u32,
    /// How much each customer may be sent: once for each message, and once for each time that staff wrote.
    due: BTreeMap<String, usize>,
    /// Every webhook with a customer's message.
    posted: Vec<(Vendor, Value)>,
    stopped: Vec<String>,
}

impl<'w> Drill<'w> {
    fn new(world: &'w World, seed: u64) -> Self {
        Self {
            world,
            seed,
            people: 0,
            due: BTreeMap::new(),
            posted: Vec::new(),
            stopped: Vec::new(),
        }
    }

    /// One of so many, by the generator of Steele, Lea and Flood (`SplitMix64`).
    fn one_of(&mut self, many: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % many
    }

    fn somebody_new(&mut self) -> String {
        self.people += 1;
        format!("22170000{:04}", 100 + self.people)
    }

    fn vendor(&mut self) -> Vendor {
        [VENDOR_1, VENDOR_2][usize::from(self.one_of(2) == 1)]
    }

    /// A customer's message comes, whether anybody takes it from the queue or not.
    async fn comes(&mut self, vendor: Vendor, from: &str, text: &str) {
        let key_id = format!("DRILL{}", self.posted.len());
        let event = message(self.world, from, text, &key_id);
        assert_eq!(self.world.webhook(vendor, &event).await.status, 200);
        *self.due.entry(from.to_owned()).or_default() += 1;
        self.posted.push((vendor, event));
    }

    async fn act(&mut self) {
        match self.one_of(10) {
            0..=3 => {
                let (vendor, from) = (self.vendor(), self.somebody_new());
                self.comes(vendor, &from, "Bonjour").await;
            }
            4 | 5 => {
                let to = self.somebody_new();
                self.due.insert(to.clone(), 1);
                assert_eq!(staff_writes(self.world, &to, "Le colis").await.status, 202);
            }
            6 => {
                let from = self.somebody_new();
                self.comes(VENDOR_1, &from, "STOP").await;
                self.stopped.push(from);
            }
            7 => {
                let status = ["connected", "disconnected"][usize::from(self.one_of(2) == 1)];
                session(self.world, VENDOR_1, status).await;
            }
            8 => self.world.sweep().await,
            _ => {
                let seconds = 1 + self.one_of(90);
                self.world.later(seconds).await;
            }
        }
        self.world.quiet().await;
    }

    /// What nobody takes from the queues any more before the tables are away.
    async fn last_things(&mut self) {
        self.world.stop().await;
        for _ in 0..2 {
            let (vendor, from) = (self.vendor(), self.somebody_new());
            self.comes(vendor, &from, "Bonjour").await;
        }
    }

    fn nobody_is_sent_anything_twice(&self) {
        for (to, due) in &self.due {
            let sent = sent_to(self.world, to);
            assert!(sent <= *due, "{sent} sends where {due} are due");
        }
    }

    /// Every webhook comes again, hours later: what the tables do not know is kept and left, what they know is as it was.
    async fn everything_comes_again(&self) {
        self.world.later(7_200).await;
        for (vendor, event) in &self.posted {
            assert_eq!(self.world.webhook(*vendor, event).await.status, 200);
        }
        self.world.recover().await;
        let mut kept = 0;
        for vendor in [VENDOR_1, VENDOR_2] {
            for message in self.world.messages(vendor, "inbound").await {
                let status = &message["status"];
                assert!(
                    ["answered", "handled"].contains(&status.as_str().unwrap_or_default()),
                    "{status}"
                );
                kept += 1;
            }
            for status in self.world.statuses(vendor).await {
                let is_open = ["queued", "parked", "sending"].contains(&status.as_str());
                assert!(!is_open, "a send is still {status}");
            }
        }
        assert_eq!(kept, self.posted.len());
    }

    async fn what_is_new_goes_its_way(&mut self) {
        for vendor in [VENDOR_1, VENDOR_2] {
            let from = self.somebody_new();
            self.comes(vendor, &from, "Bonjour").await;
            self.world.quiet().await;
            self.world.recover().await;
            assert_eq!(sent_to(self.world, &from), 1);
        }
        for from in self.stopped.clone() {
            let before = sent_to(self.world, &from);
            self.comes(VENDOR_1, &from, "Bonjour").await;
            self.world.quiet().await;
            assert_eq!(
                sent_to(self.world, &from),
                before,
                "somebody asked for silence"
            );
        }
    }
}

async fn course(world: &World, seed: u64) {
    let mut drill = Drill::new(world, seed);
    assert_eq!(register(world, &shop(3)).await.status, 201);
    for _ in 0..ACTS {
        drill.act().await;
    }
    let backup = Backup::of(world).await;
    let deleted = world
        .admin("DELETE", "vendors/shop_03", &[], &Value::Null)
        .await;
    assert_eq!(deleted.status, 202);
    for _ in 0..ACTS {
        drill.act().await;
    }
    drill.last_things().await;
    backup.put_back(world).await;
    session(world, VENDOR_1, "connected").await;
    worked_through(world).await;
    drill.nobody_is_sent_anything_twice();
    drill.everything_comes_again().await;
    drill.nobody_is_sent_anything_twice();
    drill.what_is_new_goes_its_way().await;
    drill.nobody_is_sent_anything_twice();
    is_problem(&get(world, "vendors/shop_03").await, 404, "no_such_vendor");
    assert_eq!(get(world, "restore").await.json["state"], json!("done"));
}

#[tokio::test]
async fn after_a_restore_nothing_is_sent_twice_and_nobody_is_forgotten() {
    for seed in 1..=SEEDS {
        run(async |world| {
            tracing::info!(seed, "a drill begins");
            course(world, seed).await;
        })
        .await;
    }
}
