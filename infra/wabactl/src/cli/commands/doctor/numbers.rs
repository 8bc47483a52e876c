//! What the status of a vendor's numbers means for an operator.

use serde_json::Value;

use super::Check;
use crate::cli::table::scalar;

/// What there is to do about a vendor's numbers; one line for each that is well.
pub(super) fn checks(vendor: &str, status: &Value) -> Vec<Check> {
    let mut checks = Vec::new();
    if status["active"] == false {
        let fix = format!("if that is not wanted: wabactl vendors resume {vendor}");
        checks.push(Check::warn(vendor, "paused", fix));
    }
    for number in status["numbers"].as_array().into_iter().flatten() {
        let waba = scalar(&number["wabaId"]);
        let what = format!("{vendor} {waba}");
        let to = format!("{vendor} --waba {waba}");
        let found = [
            session(&what, &to, number),
            identity(&what, number),
            settings(&what, &to, number),
            lane(&what, &to, number),
        ];
        let before = checks.len();
        checks.extend(found.into_iter().flatten());
        if checks.len() == before {
            checks.push(Check::ok(&what, "connected, verified, set up"));
        }
    }
    checks
}

fn session(what: &str, to: &str, number: &Value) -> Option<Check> {
    let live = number["live"]["status"].as_str();
    let check = match (live, number["liveReason"].as_str()) {
        (Some("connected"), _) => return None,
        (Some("need_scan"), _) => {
            Check::fail(what, "need_scan", format!("wabactl qr {to} --watch"))
        }
        (Some(status), _) => Check::fail(what, status, format!("wabactl connect {to}")),
        (None, Some("no_api_key")) => {
            let fix = format!("it may not send: wabactl regenerate-key {to}");
            Check::warn(what, "no_api_key", fix)
        }
        (None, Some("api_key_refused")) => Check::fail(
            what,
            "api_key_refused",
            format!("wabactl regenerate-key {to}"),
        ),
        (None, reason) => {
            let fix = "see whether the provider is in trouble, and run this again";
            Check::warn(
                what,
                reason.unwrap_or("nothing is known of the session"),
                fix,
            )
        }
    };
    Some(check)
}

fn identity(what: &str, number: &Value) -> Option<Check> {
    let found = number["stored"]["identity"].as_str()?;
    let found = format!("identity {found}");
    match number["stored"]["identity"].as_str()? {
        "verified" => None,
        "mismatch" => {
            let fix = "nothing leaves: the session is another number; link the registered one, or register the key of its session";
            Some(Check::fail(what, found, fix))
        }
        _ => Some(Check::warn(
            what,
            found,
            "it is verified once the session is connected",
        )),
    }
}

fn settings(what: &str, to: &str, number: &Value) -> Option<Check> {
    let drift = [&number["account"]["drift"], &number["stored"]["drift"]];
    let drift = drift.into_iter().find_map(Value::as_array)?;
    if drift.is_empty() {
        return None;
    }
    let drift: Vec<_> = drift.iter().map(scalar).collect();
    let found = format!("drift: {}", drift.join(", "));
    Some(Check::warn(
        what,
        found,
        format!("wabactl setup-webhook {to}"),
    ))
}

fn lane(what: &str, to: &str, number: &Value) -> Option<Check> {
    let lane = &number["lane"];
    if lane["state"] != "parked" {
        return None;
    }
    let found = format!(
        "parked: {}, {} waiting",
        scalar(&lane["reason"]),
        scalar(&lane["waiting"])
    );
    let fix = match lane["reason"].as_str() {
        Some("not_connected") => format!("wabactl connect {to}"),
        Some("credentials") => format!("wabactl regenerate-key {to}"),
        _ => "it goes on by itself once its reason has passed".to_owned(),
    };
    Some(Check::warn(what, found, fix))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Level;
    use super::*;

    fn number(changed: &Value) -> Value {
        let mut number = json!({"wabaId": "w", "live": {"status": "connected"}, "liveReason": null, "account": null,
            "stored": {"identity": "verified", "drift": []}, "lane": {"state": "open", "reason": null, "waiting": 0}});
        for (name, value) in changed.as_object().unwrap() {
            number[name] = value.clone();
        }
        json!({"active": true, "numbers": [number]})
    }

    #[track_caller]
    fn check(changed: &Value, level: Level, fix: &str) {
        let checks = checks("v", &number(changed));
        assert_eq!(checks.len(), 1, "{checks:?}");
        assert_eq!(checks[0].level, level, "{checks:?}");
        assert!(checks[0].fix.contains(fix), "{checks:?}");
    }

    #[test]
    fn each_trouble_has_its_weight_and_its_fix() {
        check(&json!({}), Level::Ok, "");
        check(
            &json!({"live": {"status": "need_scan"}}),
            Level::Fail,
            "wabactl qr v --waba w --watch",
        );
        check(
            &json!({"live": {"status": "logged_out"}}),
            Level::Fail,
            "wabactl connect v --waba w",
        );
        check(
            &json!({"live": null, "liveReason": "api_key_refused"}),
            Level::Fail,
            "regenerate-key",
        );
        check(
            &json!({"live": null, "liveReason": "no_api_key"}),
            Level::Warn,
            "regenerate-key",
        );
        check(
            &json!({"live": null, "liveReason": "provider_unavailable"}),
            Level::Warn,
            "again",
        );
        check(
            &json!({"stored": {"identity": "mismatch"}}),
            Level::Fail,
            "another number",
        );
        check(
            &json!({"stored": {"identity": "pending"}}),
            Level::Warn,
            "connected",
        );
        check(
            &json!({"account": {"drift": ["webhook_url"]}}),
            Level::Warn,
            "setup-webhook",
        );
        check(
            &json!({"lane": {"state": "parked", "reason": "not_connected", "waiting": 2}}),
            Level::Warn,
            "wabactl connect v",
        );
    }

    #[test]
    fn a_paused_vendor_is_told() {
        let checks = checks("v", &json!({"active": false, "numbers": []}));
        assert_eq!(checks[0].level, Level::Warn);
    }
}
