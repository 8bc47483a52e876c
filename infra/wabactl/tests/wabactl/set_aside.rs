//! Quarantine and dead letters.

use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::machine::{Machine, text};

const REPLAY: &str = "POST /api/admin/quarantine/replay";
const REDRIVE: &str = "POST /api/admin/dead-letters/redrive";

fn progress(done: &[&str], stayed: &[&str], more: bool) -> (u16, Value) {
    let done: Vec<_> = done
        .iter()
        .map(|id| json!({"id": id, "outcome": "redriven"}))
        .collect();
    let stayed: Vec<_> = stayed
        .iter()
        .map(|id| json!({"id": id, "reason": "not_understood"}))
        .collect();
    (
        200,
        json!({"done": done, "stayed": stayed, "missing": [], "more": more}),
    )
}

#[tokio::test]
async fn what_was_set_aside_is_listed_with_how_much_there_is() {
    let dead = json!({"deadLetters": [{"id": "d_1", "kind": "send", "vendorId": "v_1", "ledger": {"status": "queued"}}], "approximateTotal": 41});
    let odd = json!({"quarantine": [{"id": "q_1", "event": "novelty", "reason": "data"}], "approximateTotal": 1});
    let gateway = Gateway::scripted_by(vec![
        (
            "GET /api/admin/dead-letters?queue=outbound&limit=20",
            vec![(200, dead)],
        ),
        (
            "GET /api/admin/quarantine?vendorId=v_1&limit=5",
            vec![(200, odd)],
        ),
    ])
    .await;
    let machine = Machine::new();
    for (arguments, shown) in [
        (&["dlq", "list", "outbound"] as &[_], "1 of about 41"),
        (
            &["quarantine", "list", "--vendor", "v_1", "--limit", "5"],
            "novelty",
        ),
    ] {
        let run = machine.asks(&gateway.url, arguments).await;
        assert!(text(&run.stdout).contains(shown), "{run:?}");
    }
}

#[tokio::test]
async fn the_gateway_is_asked_until_there_is_no_more() {
    let answers = vec![
        progress(&["d_1"], &[], true),
        progress(&["d_2"], &[], true),
        progress(&[], &["d_3"], true),
    ];
    let gateway = Gateway::scripted_by(vec![(REDRIVE, answers)]).await;
    let run = Machine::new()
        .asks(&gateway.url, &["dlq", "redrive", "inbound", "--all"])
        .await;
    let shown = text(&run.stdout);
    assert_eq!((run.status.code(), gateway.asked().len()), (Some(3), 3));
    assert!(
        ["d_1", "d_2", "d_3  "].iter().all(|id| shown.contains(id)),
        "{shown}"
    );
    let body = gateway.asked().pop().unwrap().body;
    assert_eq!(
        body,
        json!({"queue": "inbound", "all": true, "discard": false})
    );
}

#[tokio::test]
async fn entries_are_named_or_a_vendors_or_all_and_nothing_else() {
    let gateway = Gateway::scripted_by(vec![
        (REPLAY, vec![progress(&["q_1"], &[], false)]),
        (REDRIVE, vec![progress(&["d_1"], &[], false)]),
    ])
    .await;
    let machine = Machine::new();
    for (arguments, code) in [
        (&["quarantine", "replay"] as &[_], 2),
        (&["quarantine", "replay", "q_1", "--all"], 2),
        (&["quarantine", "replay", "q_1"], 0),
        (&["dlq", "discard", "outbound", "--vendor", "v_1"], 0),
    ] {
        let run = machine.asks(&gateway.url, arguments).await;
        assert_eq!(run.status.code(), Some(code), "{run:?}");
    }
    let bodies: Vec<_> = gateway
        .asked()
        .into_iter()
        .map(|asked| asked.body)
        .collect();
    assert_eq!(
        bodies,
        [
            json!({"ids": ["q_1"]}),
            json!({"queue": "outbound", "vendorId": "v_1", "discard": true})
        ]
    );
}
