//! Whether a restore from backup holds everything up, or left something to people.

use serde_json::Value;
use wabactl::{AdminClient, Ask};

use super::Check;
use crate::cli::table::scalar;

/// Nothing if there was no restore, or if the key may not look or the gateway knows of none: other lines say that.
pub(super) async fn check(client: &AdminClient) -> Option<Check> {
    match client.call(&Ask::get(&["restore"])).await {
        Ok(answer) => found(&answer.body),
        Err(error) if matches!(error.status(), Some(403 | 404)) => None,
        Err(error) => Some(Check::fail("restore", error.to_string(), "run this again")),
    }
}

fn found(restore: &Value) -> Option<Check> {
    let state = restore["state"].as_str().unwrap_or_default();
    let left = restore["held"]["left"].as_u64().unwrap_or_default();
    match state {
        "none" => None,
        "done" if left == 0 => Some(Check::ok("restore", "worked through")),
        "done" => {
            let found = format!("{left} sends are in doubt");
            let fix =
                "wabactl restore status says whose they are, docs/RESTORE.md what to do about them";
            Some(Check::warn("restore", found, fix))
        }
        _ => {
            let moment = scalar(&restore["moment"]);
            let found = format!("{state}, of {moment}: nothing leaves");
            let fix = "wait a minute; if it stays so, see docs/RUNBOOK.md#restore-running";
            Some(Check::fail("restore", found, fix))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Level;
    use super::*;

    #[test]
    fn a_restore_is_told_of_until_everything_was_decided_on() {
        let level = |state: &str, held: Value| {
            let restore = json!({"state": state, "moment": "2026-11-23T10:15:00Z", "held": held});
            found(&restore).map(|check| check.level)
        };
        assert_eq!(level("none", Value::Null), None);
        assert_eq!(level("waiting", Value::Null), Some(Level::Fail));
        assert_eq!(level("working", Value::Null), Some(Level::Fail));
        assert_eq!(level("done", json!({"left": 2})), Some(Level::Warn));
        assert_eq!(level("done", json!({"left": 0})), Some(Level::Ok));
        assert_eq!(level("done", Value::Null), Some(Level::Ok), "not counted");
    }
}
