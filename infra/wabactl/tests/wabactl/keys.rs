//! Admin keys and the record of changes.

use serde_json::json;

use crate::gateway::Gateway;
use crate::machine::{Machine, text};

const MADE: &str = "mw_0123456789abcdef_0123456789abcdef0123456789abcdef01234567";

#[tokio::test]
async fn a_new_key_is_printed_once_and_alone() {
    let made = json!({"keyId": "0123456789abcdef", "name": "till 3", "key": MADE});
    let gateway = Gateway::scripted_by(vec![("POST /api/admin/keys", vec![(201, made)])]).await;
    let create = [
        "keys",
        "create",
        "till 3",
        "--scopes",
        "read,send",
        "--vendors",
        "v_1",
    ];
    let run = Machine::new().asks(&gateway.url, &create).await;
    assert_eq!(text(&run.stdout), format!("{MADE}\n"), "{run:?}");
    assert!(text(&run.stderr).contains("0123456789abcdef") && !text(&run.stderr).contains(MADE));
    let asked = gateway.asked().pop().unwrap();
    assert_eq!(
        asked.body,
        json!({"name": "till 3", "scopes": ["read", "send"], "vendors": ["v_1"], "expiresAt": null, "ratePerMinute": null})
    );
}

#[tokio::test]
async fn a_key_that_may_have_been_made_is_in_doubt_and_not_made_again() {
    let gateway =
        Gateway::scripted_by(vec![("POST /api/admin/keys", vec![(503, json!({}))])]).await;
    let create = ["keys", "create", "x", "--scopes", "read"];
    let run = Machine::new().asks(&gateway.url, &create).await;
    assert_eq!(run.status.code(), Some(6), "{run:?}");
    assert!(text(&run.stderr).contains("wabactl keys list"));
    assert_eq!(gateway.asked().len(), 1);
}

#[tokio::test]
async fn keys_and_changes_are_listed_and_a_key_is_revoked() {
    let key = json!({"keyId": "0123456789abcdef", "name": "till 3", "status": "good", "scopes": ["read", "send"], "vendors": null});
    let change = json!({"at": "2026-11-18T11:06:50Z", "label": "ops", "method": "PUT", "route": "/vendors/{vendorId}", "vendorId": "v_1", "outcome": "ended", "status": 200});
    let gateway = Gateway::scripted_by(vec![
        (
            "GET /api/admin/keys",
            vec![(200, json!({"keys": [key], "nextCursor": null}))],
        ),
        (
            "GET /api/admin/audit?vendorId=v_1",
            vec![(200, json!({"records": [change], "nextCursor": null}))],
        ),
        (
            "DELETE /api/admin/keys/0123456789abcdef",
            vec![(200, json!({"status": "revoked"}))],
        ),
    ])
    .await;
    let machine = Machine::new();
    for (arguments, shown) in [
        (&["keys", "list"] as &[_], "till 3  good    read,send"),
        (
            &["audit", "v_1"],
            "/vendors/{vendorId}  v_1     ended    200",
        ),
        (&["keys", "revoke", "0123456789abcdef"], "revoked"),
    ] {
        let run = machine.asks(&gateway.url, arguments).await;
        assert!(text(&run.stdout).contains(shown), "{run:?}");
    }
}
