//! A day in two shops, in rounds: within one, several people do something at once, none of them twice.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use simulator::{Act, Fault, FaultKind, Inbound, ReactionVariant};

use super::LATE_MS;
use crate::world::{AWA, MOUSSA, VENDOR_1, VENDOR_2, Vendor, World};

const FATOU: &str = "221700000003";
const FATOUS_LID: &str = "123456789012303";
const GROUP: &str = "120363000000000001";

/// What goes wrong in which round.
pub(super) struct Plan {
    always: Vec<Fault>,
    is_armed: bool,
    /// Chooses faults for each round, and the order of those who act at once.
    dice: Option<Dice>,
}

impl Plan {
    pub(super) fn undisturbed() -> Self {
        Self::of(Vec::new())
    }

    pub(super) fn of(always: Vec<Fault>) -> Self {
        Self {
            always,
            is_armed: false,
            dice: None,
        }
    }

    pub(super) fn seeded(seed: u64) -> Self {
        Self {
            dice: Some(Dice(seed)),
            ..Self::undisturbed()
        }
    }

    /// What goes wrong all the time is armed once; the faults of a round take the place of those of the round before.
    fn arm(&mut self, world: &World) {
        let mut faults = Vec::new();
        if !self.is_armed {
            faults.clone_from(&self.always);
            self.is_armed = true;
        }
        if let Some(dice) = &mut self.dice {
            faults.extend((0..6).map(|_| dice.fault()));
            world.simulator().clear_faults().expect("cleared");
        }
        for fault in faults {
            world.simulator().fault(fault).expect("armed");
        }
    }

    fn shuffle<T>(&mut self, things: &mut [T]) {
        if let Some(dice) = &mut self.dice {
            for last in (1..things.len()).rev() {
                things.swap(last, dice.below(last + 1));
            }
        }
    }
}

/// A small generator of numbers, so that a seed names a run.
struct Dice(u64);

impl Dice {
    /// `SplitMix64`.
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).expect("it is less than a usize")
    }

    fn fault(&mut self) -> Fault {
        let kinds = [
            FaultKind::Duplicate,
            FaultKind::Reorder,
            FaultKind::Delay,
            FaultKind::BothEventNames,
        ];
        let kind = kinds[self.below(kinds.len())];
        let vendor = [VENDOR_1, VENDOR_2][self.below(2)];
        let times = 1 + u32::try_from(self.below(3)).expect("small");
        let fault = Fault::new(kind).session(vendor.session).times(times);
        if kind != FaultKind::Delay {
            return fault;
        }
        // What customers do is waited for, so that it may be a little late only.
        let (event, delay) = [
            ("messages.received", 60),
            ("message.sent", 90),
            ("message.sent", LATE_MS),
            ("messages.update", 90),
            ("messages.update", LATE_MS),
        ][self.below(5)];
        Fault {
            delay_ms: Some(delay),
            ..fault.event(event)
        }
    }
}

/// Somebody does something.
enum Deed {
    Customer(Box<Inbound>),
    /// A vendor's staff writes to somebody.
    Staff(Vendor, &'static str, &'static str),
}

fn customer(vendor: Vendor, from: &str, text: &str, key_id: &str) -> Inbound {
    Inbound {
        vendor_id: vendor.id.to_owned(),
        from: format!("+{from}"),
        text: text.to_owned(),
        name: (from == AWA).then(|| "Awa Ndiaye".to_owned()),
        key_id: Some(key_id.to_owned()),
        ..Inbound::default()
    }
}

fn fatou(text: &str, key_id: &str) -> Inbound {
    Inbound {
        lid: Some(FATOUS_LID.to_owned()),
        ..customer(VENDOR_1, FATOU, text, key_id)
    }
}

/// A picture; the file itself is nobody's business here.
fn picture(from: &str, caption: &str, key_id: &str) -> Inbound {
    let image = json!({"imageMessage": {"mimetype": "image/jpeg", "caption": caption}});
    Inbound {
        message: Some(image),
        ..customer(VENDOR_1, from, caption, key_id)
    }
}

fn thumb(vendor: Vendor, from: &str, on: &str, key_id: &str) -> Inbound {
    Inbound {
        act: Some(Act::Reaction {
            key_id: on.to_owned(),
            emoji: "👍".to_owned(),
            of_vendor: false,
            variant: ReactionVariant::Array,
        }),
        ..customer(vendor, from, "", key_id)
    }
}

fn in_group(from: &str, text: &str, key_id: &str) -> Inbound {
    Inbound {
        group: Some(GROUP.to_owned()),
        ..customer(VENDOR_1, from, text, key_id)
    }
}

fn rounds() -> [Vec<Deed>; 5] {
    use Deed::Staff;
    let customer_does = |inbound| Deed::Customer(Box::new(inbound));
    [
        vec![
            customer_does(customer(VENDOR_1, AWA, "Bonjour", "AWA1")),
            customer_does(customer(
                VENDOR_1,
                MOUSSA,
                "Avez-vous du bissap ?",
                "MOUSSA1",
            )),
            customer_does(customer(VENDOR_2, AWA, "Salam", "AWA2")),
            customer_does(fatou("Bonjour", "FATOU1")),
        ],
        vec![
            customer_does(picture(AWA, "Celui-ci en bleu", "AWA3")),
            customer_does(customer(
                VENDOR_1,
                MOUSSA,
                "Avez-vous du gingembre ?",
                "MOUSSA2",
            )),
            customer_does(customer(VENDOR_2, AWA, "menu", "AWA4")),
            Staff(VENDOR_2, MOUSSA, "Votre commande est prête"),
        ],
        vec![
            customer_does(thumb(VENDOR_1, AWA, "AWA1", "AWA5")),
            customer_does(in_group(MOUSSA, "Qui livre à Thiès ?", "MOUSSA3")),
            customer_does(fatou("Merci", "FATOU2")),
            Staff(VENDOR_2, MOUSSA, "Votre commande est prête"),
            Staff(VENDOR_1, MOUSSA, "Nous en aurons demain"),
        ],
        vec![
            customer_does(customer(VENDOR_1, AWA, "Je veux un conseiller", "AWA6")),
            customer_does(customer(VENDOR_1, MOUSSA, "Merci", "MOUSSA4")),
            customer_does(customer(VENDOR_2, AWA, "Merci", "AWA7")),
        ],
        vec![
            customer_does(customer(VENDOR_1, AWA, "Il y a quelqu'un ?", "AWA8")),
            Staff(VENDOR_1, AWA, "Bonjour Awa, je suis Modou"),
            customer_does(customer(VENDOR_2, MOUSSA, "Merci", "MOUSSA5")),
        ],
    ]
}

/// Plays all rounds. The next one begins when the gateway has answered the one before; what is late of it comes in between.
pub(super) async fn play(world: &World, plan: &mut Plan) {
    world.unspeakable(&[
        AWA,
        MOUSSA,
        FATOU,
        FATOUS_LID,
        "Awa Ndiaye",
        "bissap",
        "Modou",
    ]);
    for mut round in rounds() {
        plan.arm(world);
        plan.shuffle(&mut round);
        join_all(round.into_iter().map(|deed| does(world, deed))).await;
        world.still().await;
    }
}

async fn does(world: &World, deed: Deed) {
    match deed {
        Deed::Customer(inbound) => {
            let answer = world.simulator().inbound(*inbound).await;
            assert_eq!(answer.expect("it was posted").status, Some(200));
        }
        Deed::Staff(vendor, to, text) => {
            let path = format!("vendors/{}/send-message", vendor.id);
            let body = json!({ "to": format!("+{to}"), "message": text });
            let answer = world.admin("POST", &path, &[], &body).await;
            assert_eq!(answer.status, 202, "{}", answer.json);
        }
    }
}

/// Lets what is late come, and what comes back by itself.
pub(super) async fn settle(world: &World) {
    world.still().await;
    for _ in 0..2 {
        world
            .clock()
            .advance(Duration::from_millis(LATE_MS + 1_000));
        world.still().await;
    }
    world.simulator().clear_faults().expect("cleared");
    world.recover().await;
}

/// Every webhook that was taken comes again, in another order.
pub(super) async fn everything_again(world: &World, plan: &mut Plan) {
    let mut hooks = world.simulator().webhooks();
    plan.shuffle(&mut hooks);
    for hook in hooks {
        let vendors = [VENDOR_1, VENDOR_2];
        let vendor = vendors
            .into_iter()
            .find(|vendor| vendor.session == hook.session);
        let body: Value = json!({ "event": hook.event, "data": hook.data });
        let answer = world.webhook(vendor.expect("a vendor"), &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}
