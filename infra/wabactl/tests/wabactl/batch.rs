//! `wabactl migrate batch` against a gateway that keeps vendors.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::fleet::{Fleet, Moods};
use crate::gateway::{KEY, sheet};
use crate::machine::{Machine, text};

/// Runs `migrate` with these arguments against a fleet.
pub(crate) async fn migrate(machine: &Machine, fleet: &Fleet, arguments: &[&str]) -> Output {
    let target = ["--url", &fleet.url, "--key-file", "key", "migrate"];
    machine.runs(&[&target[..], arguments].concat(), &[]).await
}

pub(crate) fn json(run: &Output) -> Value {
    serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"))
}

fn of(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[tokio::test]
async fn a_migration_tells_each_row_and_no_secret() {
    let fleet = Fleet::start(Moods {
        refused: of(&["v_2"]),
        mismatched: of(&["v_3"]),
        ..Moods::default()
    })
    .await;
    let machine = Machine::new();
    machine.file("vendors.csv", &sheet(3));
    let reports = ["--report", "report.json", "--report", "report.txt"];
    let arguments = [&["batch", "vendors.csv"], &reports[..]].concat();
    let run = migrate(&machine, &fleet, &arguments).await;
    assert_eq!(run.status.code(), Some(3), "{run:?}");
    let shown = text(&run.stdout);
    assert!(
        shown.starts_with("VENDOR  OUTCOME  NUMBER    DETAIL\nv_1     created  verified\nv_2     failed             it belongs"),
        "{shown}"
    );
    assert!(
        shown.contains("\n2 created, 0 updated, 1 failed, 1 with a key of another number; run "),
        "{shown}"
    );
    let report = |name: &str| fs::read_to_string(machine.0.path().join(name)).unwrap();
    let table = report("report.txt");
    assert_eq!(table, shown);
    let all = [shown, table, report("report.json"), text(&run.stderr)].concat();
    for hidden in ["secret_", "api_key", "22177", KEY] {
        assert!(!all.contains(hidden), "{all}");
    }
    for hidden in ["webhook_secret", "api_key", KEY] {
        assert!(!machine.kept().contains(hidden), "{}", machine.kept());
    }
}

#[tokio::test]
async fn a_migration_for_machines_is_json() {
    let fleet = Fleet::start(Moods::default()).await;
    let machine = Machine::new();
    machine.file("vendors.csv", &sheet(2));
    let run = migrate(&machine, &fleet, &["batch", "vendors.csv", "--json"]).await;
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let report = json(&run);
    assert_eq!(
        (&report["created"], &report["rows"][1]["outcome"]),
        (&2.into(), &"created".into())
    );
}

#[tokio::test]
async fn a_bad_sheet_is_told_whole_and_asks_the_gateway_nothing() {
    let fleet = Fleet::start(Moods::default()).await;
    let machine = Machine::new();
    machine.file(
        "bad.csv",
        &sheet(2)
            .replace("v_2", "v_1")
            .replace("+221770000002", "12"),
    );
    for command in ["batch", "check"] {
        let run = migrate(&machine, &fleet, &[command, "bad.csv"]).await;
        assert_eq!(run.status.code(), Some(1));
        let told = text(&run.stderr);
        assert!(
            told.starts_with("error: line 3, column phoneNumber: ")
                && told.contains("\nline 3, column vendorId: line 2 has the same value"),
            "{told}"
        );
    }
    machine.file("good.csv", &sheet(2));
    let check = machine.runs(&["migrate", "check", "good.csv"], &[]).await;
    assert_eq!(
        (check.status.code(), text(&check.stdout).as_str()),
        (Some(0), "2 rows are good; nothing was sent\n")
    );
    assert_eq!(fleet.registered(), 0);
}

#[tokio::test]
async fn a_dry_run_shows_what_would_become_of_each_vendor_and_writes_nothing() {
    let fleet = Fleet::start(Moods::default()).await;
    let machine = Machine::new();
    machine.file("vendors.csv", &sheet(2));
    migrate(&machine, &fleet, &["batch", "vendors.csv"]).await;
    let before = fleet.state();
    machine.file("more.csv", &sheet(3).replace("Shop 2", "Chez Awa"));
    let run = migrate(&machine, &fleet, &["batch", "more.csv", "--dry-run"]).await;
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let shown = text(&run.stdout);
    assert_eq!(
        shown.lines().take(4).collect::<Vec<_>>(),
        [
            "LINE  VENDOR  CHANGE     FIELD         OLD     NEW",
            "2     v_1     unchanged",
            "3     v_2     change     businessName  Shop 2  Chez Awa",
            "4     v_3     create"
        ]
    );
    assert!(
        shown.contains("1 to create, 1 to change, 1 unchanged"),
        "{shown}"
    );
    assert_eq!(fleet.state(), before);
}

#[tokio::test]
async fn a_number_that_another_vendor_of_the_gateway_has_is_refused_before_anything_is_written() {
    let fleet = Fleet::start(Moods::default()).await;
    let machine = Machine::new();
    machine.file("vendors.csv", &sheet(2));
    migrate(&machine, &fleet, &["batch", "vendors.csv"]).await;
    let before = fleet.state();
    let other = sheet(3).replace("v_1,", "v_8,").replace("v_2,", "v_9,");
    machine.file("other.csv", &other);
    let run = migrate(&machine, &fleet, &["batch", "other.csv"]).await;
    assert_eq!(run.status.code(), Some(1));
    let told = text(&run.stderr);
    assert_eq!(
        told.matches("another vendor of the gateway has it").count(),
        4,
        "{told}"
    );
    assert_eq!(fleet.state(), before);
}

#[tokio::test]
async fn a_thousand_rows_killed_again_and_again_end_as_one_clean_run() {
    const ROWS: usize = 1_000;
    let delay = Duration::from_millis(2);
    let moods = || Moods {
        delay,
        ..Moods::default()
    };
    let (killed, clean) = (Fleet::start(moods()).await, Fleet::start(moods()).await);
    let machine = Machine::new();
    machine.file("vendors.csv", &sheet(ROWS));
    let arguments = [
        "--url",
        &killed.url,
        "--key-file",
        "key",
        "migrate",
        "batch",
        "vendors.csv",
    ];
    for rows in [1, 150, 600] {
        let mut command = machine.command(&arguments, &[]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while killed.registered() < rows {
            assert!(
                child.try_wait().unwrap().is_none(),
                "it ended before it was killed"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let before = killed.writes();
    assert!(killed.registered() < ROWS);
    let run = migrate(&machine, &killed, &["batch", "vendors.csv", "--json"]).await;
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let report = json(&run);
    let done_before = report["doneBefore"].as_u64().unwrap();
    assert!(done_before >= 600 - 12, "{report}");
    let rest = ROWS - usize::try_from(done_before).unwrap();
    // What was under way at the last kill may have been written after it.
    let written = killed.writes() - before;
    assert!((rest..=rest + 4).contains(&written), "{written} of {rest}");
    let run = migrate(&machine, &clean, &["batch", "vendors.csv", "--json"]).await;
    assert_eq!(json(&run)["created"], ROWS);
    assert_eq!(killed.state(), clean.state());
    let run = migrate(&machine, &killed, &["batch", "vendors.csv", "--json"]).await;
    assert_eq!(json(&run)["doneBefore"], ROWS);
}

#[tokio::test]
async fn a_gateway_that_is_busy_on_the_way_is_waited_for() {
    let fleet = Fleet::start(Moods {
        busy_each: Some(3),
        ..Moods::default()
    })
    .await;
    let machine = Machine::new();
    machine.file("vendors.csv", &sheet(40));
    let arguments = ["--retries", "1", "batch", "vendors.csv", "--json"];
    let run = migrate(&machine, &fleet, &arguments).await;
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert_eq!(json(&run)["created"], 40);
}

#[tokio::test]
async fn a_key_that_is_known_no_more_ends_the_run_and_the_rest_is_not_tried() {
    let fleet = Fleet::start(Moods {
        gone_after: Some(20),
        ..Moods::default()
    })
    .await;
    let machine = Machine::new();
    machine.file("vendors.csv", &sheet(200));
    let run = migrate(&machine, &fleet, &["batch", "vendors.csv", "--json"]).await;
    assert_eq!(run.status.code(), Some(3), "{run:?}");
    let report = json(&run);
    assert_eq!(report["created"], 19);
    assert!(report["failed"].as_u64().unwrap() <= 4, "{report}");
    assert!(report["notTried"].as_u64().unwrap() > 170, "{report}");
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_ends_what_is_under_way_and_the_rest_can_be_done_later() {
    let fleet = Fleet::start(Moods {
        delay: Duration::from_millis(5),
        ..Moods::default()
    })
    .await;
    let machine = Machine::new();
    machine.file("vendors.csv", &sheet(500));
    let arguments = [
        "--url",
        &fleet.url,
        "--key-file",
        "key",
        "--json",
        "migrate",
        "batch",
        "vendors.csv",
    ];
    let mut command = machine.command(&arguments, &[]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while fleet.registered() < 20 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let id = child.id().to_string();
    let interrupted = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(interrupted.unwrap().success());
    let run = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap())
        .await
        .unwrap();
    assert_eq!(run.status.code(), Some(130), "{run:?}");
    let report = json(&run);
    assert_eq!(
        report["created"].as_u64().unwrap(),
        fleet.registered() as u64
    );
    assert_eq!(report["failed"], 0);
    let run = migrate(&machine, &fleet, &["batch", "vendors.csv"]).await;
    assert_eq!((run.status.code(), fleet.registered()), (Some(0), 500));
}
