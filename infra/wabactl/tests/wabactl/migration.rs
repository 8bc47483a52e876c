use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;
use tokio::time::timeout;
use wabactl::{Registered, migrate};

use crate::gateway::{Behaviour, Gateway, rows};

#[tokio::test]
async fn a_row_that_fails_stops_no_other_and_the_rest_may_be_run_again() {
    let behaviour = Behaviour {
        taken: HashSet::from(["v_2".to_owned()]),
        ..Behaviour::default()
    };
    let gateway = Gateway::start(behaviour).await;
    let report = migrate(&gateway.client(), &rows(6)).await;
    assert_eq!(
        (report.created(), report.updated(), report.failed()),
        (5, 0, 1)
    );
    let ids: Vec<_> = report
        .rows
        .iter()
        .map(|row| row.vendor_id.as_str())
        .collect();
    assert_eq!(ids, ["v_1", "v_2", "v_3", "v_4", "v_5", "v_6"]);
    let refused = report.rows[1].outcome.as_ref().unwrap_err();
    assert_eq!(refused.code(), "phone_number_taken");
    let again = migrate(&gateway.client(), &rows(6)).await;
    assert_eq!(
        (again.created(), again.updated(), again.failed()),
        (0, 5, 1)
    );
    assert_eq!(again.rows[5].outcome, Ok(Registered::Updated));
}

#[tokio::test]
async fn four_rows_are_under_way_at_once_and_no_more() {
    let behaviour = Behaviour {
        together: Some(Arc::new(Barrier::new(4))),
        ..Behaviour::default()
    };
    let gateway = Gateway::start(behaviour).await;
    let rows = rows(12);
    let client = gateway.client();
    let report = timeout(Duration::from_secs(20), migrate(&client, &rows)).await;
    assert_eq!(report.expect("four rows meet").created(), 12);
    assert_eq!(gateway.most_under_way(), 4);
}

#[tokio::test]
async fn a_gateway_that_is_away_fails_every_row() {
    let client = wabactl::AdminClient::new("http://127.0.0.1:1", "key").unwrap();
    let report = migrate(&client, &rows(3)).await;
    assert_eq!(report.failed(), 3);
}
