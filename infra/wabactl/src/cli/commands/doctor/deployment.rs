//! What the gateway says of its own tables, queues and secrets, for an operator.

use serde_json::Value;

use super::Check;
use crate::cli::table::scalar;

/// So many messages may wait in a queue before somebody should look.
const MANY: u64 = 1_000;

/// One line for what is well of each kind, and one for each part that is not.
pub(super) fn checks(health: &Value) -> Vec<Check> {
    let parts = health["checks"].as_array().map_or(&[][..], Vec::as_slice);
    let kinds = [
        ("table", "tables"),
        ("queue", "queues"),
        ("secret", "secrets"),
    ];
    let checks = kinds.into_iter().flat_map(|(kind, plural)| {
        let of_kind = || parts.iter().filter(move |part| part["kind"] == kind);
        let mut checks: Vec<_> = of_kind().filter_map(trouble).collect();
        if checks.is_empty() {
            checks.push(Check::ok(plural, well(of_kind())));
        }
        checks
    });
    checks.collect()
}

/// How many there are, and what waits in those that are waited in.
fn well<'a>(parts: impl Iterator<Item = &'a Value>) -> String {
    let (mut count, mut waiting) = (0, Vec::new());
    for part in parts {
        count += 1;
        if let Some(messages) = part["waiting"].as_u64().filter(|messages| *messages > 0) {
            waiting.push(format!("{messages} in {}", scalar(&part["name"])));
        }
    }
    if waiting.is_empty() {
        format!("all {count} are there")
    } else {
        format!("all {count} are there; {}", waiting.join(", "))
    }
}

/// What is to be seen to in one part.
fn trouble(part: &Value) -> Option<Check> {
    let (kind, name) = (scalar(&part["kind"]), scalar(&part["name"]));
    let what = format!("{kind} {name}");
    match part["state"].as_str() {
        Some("ok") => {
            let waiting = part["waiting"]
                .as_u64()
                .filter(|messages| *messages > MANY)?;
            Some(Check::warn(
                &what,
                format!("about {waiting} wait"),
                slow(&name),
            ))
        }
        Some("absent") => {
            let fix = "put wasenderPersonalAccessToken into the secret <stack>/platform: without it settings are not compared";
            Some(Check::warn(&what, "absent", fix))
        }
        _ => {
            let code = scalar(&part["code"]);
            let fix = fix(&kind, &name, &code);
            Some(Check::fail(&what, code, fix))
        }
    }
}

/// Why much may wait in a queue.
fn slow(queue: &str) -> &'static str {
    match queue {
        "inbound" => {
            "customers wait: see the log and the throttles of the conversation function, and whether the engine answers"
        }
        "outbound" => {
            "replies wait: see the log of the sender function, and whether the provider answers"
        }
        "later" => "see the log of the sweep function",
        _ => "see what was set aside: wabactl quarantine list, wabactl dlq list",
    }
}

fn fix(kind: &str, name: &str, code: &str) -> String {
    match (kind, code) {
        ("table", "missing") => format!(
            "restore the table <stack>-{name} to a time before it went (docs/DEPLOY.md): CloudFormation does not see that it is gone"
        ),
        ("queue", "missing") => {
            "make the queue again, as template.yaml has it: CloudFormation does not see that it is gone".to_owned()
        }
        ("secret", "missing") => {
            let name = if name == "engine" { "engine/platform" } else { name };
            format!("within its recovery window: aws secretsmanager restore-secret --secret-id <stack>/{name}")
        }
        ("secret", "unreadable" | "incomplete") => {
            format!("put into the secret <stack>/{name} what docs/DATA_MODEL.md says of it")
        }
        (_, "denied") => "the admin function's role is not the template's: deploy the stack anew".to_owned(),
        (_, "not_configured") => "the admin function is not told of it: deploy with the template of this release".to_owned(),
        _ => "run this again; if it stays so, see the log of the admin function and AWS's own health".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Level;
    use super::*;

    fn part(kind: &str, name: &str, code: Option<&str>) -> Value {
        let state = if code.is_some() { "failed" } else { "ok" };
        json!({"kind": kind, "name": name, "state": state, "code": code})
    }

    #[track_caller]
    fn check(part: &Value, level: Level, what: &str, fix: &str) {
        let checks = checks(&json!({"ok": false, "checks": [part]}));
        let found = checks.iter().find(|check| check.what == what);
        let found = found.unwrap_or_else(|| panic!("{checks:?}"));
        assert_eq!(found.level, level, "{found:?}");
        assert!(found.fix.contains(fix), "{found:?}");
    }

    #[test]
    fn whatever_is_broken_is_named_with_its_fix() {
        for (kind, name, code, fix) in [
            (
                "table",
                "messages",
                "missing",
                "restore the table <stack>-messages",
            ),
            ("queue", "inbound", "missing", "as template.yaml has it"),
            (
                "secret",
                "engine",
                "missing",
                "restore-secret --secret-id <stack>/engine/platform",
            ),
            ("secret", "platform", "incomplete", "docs/DATA_MODEL.md"),
            ("table", "orders", "denied", "role"),
            (
                "queue",
                "later-dead",
                "not_configured",
                "template of this release",
            ),
            ("queue", "later", "throttled", "run this again"),
        ] {
            let what = format!("{kind} {name}");
            check(&part(kind, name, Some(code)), Level::Fail, &what, fix);
        }
    }

    #[test]
    fn what_need_not_be_and_what_waits_long_are_warnings() {
        let absent =
            json!({"kind": "secret", "name": "account-token", "state": "absent", "code": null});
        check(
            &absent,
            Level::Warn,
            "secret account-token",
            "wasenderPersonalAccessToken",
        );
        let mut full = part("queue", "inbound", None);
        full["waiting"] = 1_001.into();
        check(&full, Level::Warn, "queue inbound", "the engine");
    }

    #[test]
    fn what_is_well_is_one_line_of_its_kind() {
        let mut inbound = part("queue", "inbound", None);
        inbound["waiting"] = 3.into();
        let parts = [part("table", "a", None), part("table", "b", None), inbound];
        let found: Vec<_> = checks(&json!({"ok": true, "checks": parts}))
            .into_iter()
            .map(|check| (check.level, check.what, check.found))
            .collect();
        let line = |what: &str, found: &str| (Level::Ok, what.to_owned(), found.to_owned());
        let expected = [
            line("tables", "all 2 are there"),
            line("queues", "all 1 are there; 3 in inbound"),
            line("secrets", "all 0 are there"),
        ];
        assert_eq!(found, expected);
    }
}
