//! What a message, a number and the mere running cost in AWS requests and capacity units, counted where they arrive: the counts that
//! docs/COST.md is computed from.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use embedded_aws::{Call, Service};

use crate::world::{AWA, VENDOR_1, World, run};

/// The counts as the price model reads them.
const KEPT: &str = include_str!("../../../../docs/cost/ledger.tsv");
const HEAD: &str = "# path\tquantity\tcount\n";
/// How much a count may differ from what is kept, as a share or by itself: whichever of two that race comes first spares a call or two.
const TOLERANCE: f64 = 0.1;
const RACES: f64 = 3.0;

type Counts = BTreeMap<&'static str, f64>;

/// What is asked of AWS and by how many webhooks while something happens. What the pollers do in the functions' names is not among it.
async fn counted(world: &World, happens: impl AsyncFnOnce()) -> Counts {
    world.quiet().await;
    world.aws().calls().take();
    let posted = webhooks(world);
    world.aws().meter().start();
    happens().await;
    world.quiet().await;
    let mut counts = Counts::new();
    for units in world.aws().meter().stop().values() {
        *counts.entry("tables.read_units").or_default() += units.read;
        *counts.entry("tables.write_units").or_default() += units.write;
    }
    for call in world.aws().calls().take() {
        *counts.entry(quantity(&call)).or_default() += 1.0;
    }
    counts.insert("webhooks", webhooks(world) - posted);
    counts
}

fn quantity(call: &Call) -> &'static str {
    match call.service {
        Service::DynamoDb => "tables.calls",
        Service::SecretsManager => "secrets.calls",
        Service::S3 => "objects.calls",
        Service::Sqs if call.resource.rsplit('.').next() == Some("fifo") => "fifo.sends",
        Service::Sqs => "standard.sends",
    }
}

/// Requests by which the provider posted webhooks so far.
fn webhooks(world: &World) -> f64 {
    let posted = world.simulator().webhooks();
    posted.iter().map(|posted| f64::from(posted.tries)).sum()
}

/// A text of a customer who wrote before, from its webhook to the reply that is read.
async fn message(world: &World, key_id: &str) -> Counts {
    let mut counts = counted(world, async || {
        let answer = world.customer_writes(VENDOR_1, AWA, "Bonjour", key_id);
        assert_eq!(answer.await.status, 200);
    })
    .await;
    // The customer's own; the others are what the provider tells of the reply.
    *counts.entry("webhooks").or_default() += 1.0;
    counts
}

fn less(counts: &Counts, without: &Counts, of: f64) -> Counts {
    let each = |(quantity, count): (&&'static str, &f64)| {
        let rest = count - without.get(quantity).unwrap_or(&0.0);
        (*quantity, rest / of)
    };
    counts.iter().map(each).collect()
}

/// One look of the sweep at a number that is quiet and well: of two looks at both of the demo's numbers, for every second one does more.
async fn look(world: &World, idle: &Counts) -> Counts {
    let mut both = Counts::new();
    for _ in 0..2 {
        world.later(301).await;
        for (quantity, count) in counted(world, async || world.sweep().await).await {
            *both.entry(quantity).or_default() += count;
        }
    }
    let twice = idle
        .iter()
        .map(|(quantity, count)| (*quantity, count * 2.0));
    let mut each = less(&both, &twice.collect(), 4.0);
    // The account's token, once for all numbers.
    each.remove("secrets.calls");
    each
}

fn lines(path: &str, counts: &Counts) -> String {
    let mut lines = String::new();
    for (quantity, count) in counts.iter().filter(|(_, count)| **count > 0.0) {
        writeln!(lines, "{path}\t{quantity}\t{count}").expect("a string takes it");
    }
    lines
}

/// Every count of a ledger by its path and quantity.
fn read(ledger: &str) -> BTreeMap<(&str, &str), f64> {
    let rows = ledger.lines().filter(|line| !line.starts_with('#'));
    let row = |line| {
        let mut cells = str::split(line, '\t');
        let (path, quantity) = (cells.next()?, cells.next()?);
        Some(((path, quantity), cells.next()?.parse().ok()?))
    };
    rows.map(|line| row(line).expect("path, quantity and count"))
        .collect()
}

/// Which counts are not as they are kept.
fn differences(counted: &str, kept: &str) -> Vec<String> {
    let (counted, kept) = (read(counted), read(kept));
    let mut all: Vec<_> = counted.keys().chain(kept.keys()).collect();
    all.sort_unstable();
    all.dedup();
    let differs = |key: &&&(&str, &str)| {
        let of = |ledger: &BTreeMap<_, f64>| ledger.get(**key).copied().unwrap_or_default();
        let (now, before) = (of(&counted), of(&kept));
        (now - before).abs() > (before * TOLERANCE).max(RACES)
    };
    let tell = |key: &&(&str, &str)| {
        format!(
            "{key:?}: {:?}, kept {:?}",
            counted.get(*key),
            kept.get(*key)
        )
    };
    all.iter().filter(differs).map(tell).collect()
}

#[tokio::test]
async fn a_message_a_number_and_the_mere_running_cost_what_the_price_model_says() {
    run(async |world| {
        message(world, "FIRST").await;
        let mut ledger = HEAD.to_owned();
        ledger += &lines("message", &message(world, "WARM").await);
        world.later(3_600).await;
        ledger += &lines("message_of_a_quiet_vendor", &message(world, "COLD").await);
        for _ in 0..3 {
            world.later(301).await;
            world.sweep().await;
        }
        let idle = counted(world, async || world.sweep().await).await;
        ledger += &lines("sweep", &idle);
        ledger += &lines("look", &look(world, &idle).await);
        let differences = differences(&ledger, KEPT);
        if !differences.is_empty() {
            let counted = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ledger.tsv");
            std::fs::write(&counted, &ledger).expect("the counts can be written");
            let differences = differences.join("\n");
            panic!("{differences}\nif it is meant to be so: copy {} to docs/cost/ledger.tsv, and run infra/ci/cost.sh --write", counted.display());
        }
    })
    .await;
}

#[test]
fn a_count_that_is_missing_new_or_far_from_what_is_kept_is_named() {
    let kept = "a\tx\t10\na\ty\t40\na\tz\t2\n";
    assert!(differences("a\tx\t13\na\ty\t44\na\tz\t1\n", kept).is_empty());
    let found = differences("a\tx\t14\na\ty\t45\nb\tx\t4\n", kept);
    assert_eq!(found.len(), 3, "{found:?}");
}
