//! `wabactl migrate batch --undo`.

use crate::batch::{json, migrate};
use crate::fleet::{Fleet, Moods};
use crate::gateway::sheet;
use crate::machine::{Machine, text};

/// A machine on which a sheet was migrated, over an older one that had the first vendor alone; and the run's name.
async fn migrated(fleet: &Fleet, count: usize) -> (Machine, String) {
    let machine = Machine::new();
    machine.file("old.csv", &sheet(1).replace("Shop 1", "Chez Awa"));
    migrate(&machine, fleet, &["batch", "old.csv"]).await;
    machine.file(
        "vendors.csv",
        &sheet(count).replace("+221770000001", "+221770009999"),
    );
    let run = migrate(&machine, fleet, &["batch", "vendors.csv", "--json"]).await;
    let name = json(&run)["run"].as_str().expect("a run").to_owned();
    (machine, name)
}

#[tokio::test]
async fn an_undone_run_leaves_the_vendors_as_they_were() {
    let fleet = Fleet::start(Moods::default()).await;
    let (machine, run) = migrated(&fleet, 30).await;
    assert_eq!(fleet.registered(), 30);
    let undone = migrate(&machine, &fleet, &["batch", "--undo", &run, "--json"]).await;
    assert_eq!(undone.status.code(), Some(0), "{undone:?}");
    let report = json(&undone);
    assert_eq!(
        (&report["deleted"], &report["restored"]),
        (&29.into(), &1.into())
    );
    let state = fleet.state();
    assert_eq!(state.len(), 1);
    assert_eq!(state["v_1"]["businessName"], "Chez Awa");
    assert_eq!(state["v_1"]["phoneNumber"], "+221770000001");
    let again = migrate(&machine, &fleet, &["batch", "--undo", &run]).await;
    assert_eq!((again.status.code(), fleet.state()), (Some(0), state));
    let redone = migrate(&machine, &fleet, &["batch", "vendors.csv", "--json"]).await;
    let report = json(&redone);
    assert_eq!(
        (&report["created"], &report["updated"]),
        (&29.into(), &1.into())
    );
}

#[tokio::test]
async fn what_became_of_secrets_is_told() {
    let fleet = Fleet::start(Moods::default()).await;
    let (machine, run) = migrated(&fleet, 2).await;
    let undone = migrate(&machine, &fleet, &["batch", "--undo", &run]).await;
    let shown = text(&undone.stdout);
    assert!(
        shown.contains("keep the sheet's secrets") && shown.contains("24 hours"),
        "{shown}"
    );
    assert!(
        !shown.contains("webhook_secret_1") && !shown.contains("22177"),
        "{shown}"
    );
}

#[tokio::test]
async fn what_was_changed_since_is_left_unless_it_is_forced() {
    let fleet = Fleet::start(Moods {
        refused: std::iter::once("delete v_3".to_owned()).collect(),
        ..Moods::default()
    })
    .await;
    let (machine, run) = migrated(&fleet, 4).await;
    fleet.change("v_1", "businessName", "Of another".into());
    fleet.change("v_2", "typedPauseMinutes", 5.into());
    let undone = migrate(&machine, &fleet, &["batch", "--undo", &run, "--json"]).await;
    assert_eq!(undone.status.code(), Some(3), "{undone:?}");
    let report = json(&undone);
    let outcome = |id: &str| {
        let rows = report["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["vendorId"] == id).unwrap();
        row["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        ["v_1", "v_2", "v_3", "v_4"].map(outcome),
        ["changed", "changed", "failed", "deleted"]
    );
    assert_eq!(fleet.registered(), 3);
    let forced = migrate(&machine, &fleet, &["batch", "--undo", &run, "--force"]).await;
    assert_eq!(forced.status.code(), Some(0), "{forced:?}");
    assert_eq!(fleet.state()["v_1"]["businessName"], "Chez Awa");
    assert_eq!(fleet.registered(), 1);
}

#[tokio::test]
async fn a_run_is_undone_at_its_own_gateway_alone() {
    let (fleet, other) = (
        Fleet::start(Moods::default()).await,
        Fleet::start(Moods::default()).await,
    );
    let (machine, run) = migrated(&fleet, 2).await;
    let undone = migrate(&machine, &other, &["batch", "--undo", &run]).await;
    assert_eq!(undone.status.code(), Some(2));
    assert!(text(&undone.stderr).contains(&fleet.url), "{undone:?}");
    let unknown = migrate(&machine, &fleet, &["batch", "--undo", "abc"]).await;
    assert_eq!(unknown.status.code(), Some(2));
    let runs = migrate(&machine, &fleet, &["runs", "--json"]).await;
    let names = json(&runs)["runs"].to_string();
    assert!(
        names.contains(&run) && names.contains(&fleet.url),
        "{names}"
    );
}
