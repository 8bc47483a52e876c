//! Every route of the admin API against everybody who may not use it.

use admin::{Route, Scope};
use serde_json::{Value, json};

use crate::admin_keys_made::{bearer, create};
use crate::front_door::is_problem;
use crate::world::{Answer, VENDOR_1, VENDOR_2, World, run};

/// Keys that are good for some things and for nothing.
struct Keys {
    expired: String,
    revoked: String,
    /// One without each scope, in the order of [`Scope::ALL`].
    without: Vec<String>,
    /// One that may do everything, with the second vendor.
    other_vendors: String,
}

impl Keys {
    async fn made(world: &World) -> Self {
        let soon = world.clock().now() + jiff::SignedDuration::from_secs(60);
        let all = json!(["admin"]);
        let expiring = json!({ "name": "expired", "scopes": all, "expiresAt": soon.to_string() });
        let (_, expired) = create(world, &expiring).await;
        let revoked = json!({ "name": "revoked", "scopes": all });
        let (id, revoked) = create(world, &revoked).await;
        let path = format!("keys/{id}");
        let revoking = world.admin("DELETE", &path, &[], &Value::Null);
        assert_eq!(revoking.await.status, 200);
        let mut without = Vec::new();
        for scope in Scope::ALL {
            let lower = Scope::ALL
                .into_iter()
                .filter(|other| *other != scope && *other != Scope::Admin);
            let scopes: Vec<_> = lower.map(Scope::as_str).collect();
            let (_, key) = create(world, &json!({ "name": "narrow", "scopes": scopes })).await;
            without.push(key);
        }
        let bound = json!({ "name": "bound", "scopes": all, "vendors": [VENDOR_2.id] });
        let (_, other_vendors) = create(world, &bound).await;
        world.later(61).await;
        Self {
            expired,
            revoked,
            without,
            other_vendors,
        }
    }

    /// Who may not use a route at all, and how each is refused.
    fn refused(&self, route: &Route) -> Vec<(Option<String>, u16, &'static str)> {
        let good = &self.other_vendors;
        let (id, secret) = good.rsplit_once('_').expect("a key has parts");
        let nobody = "0123456789abcdef".repeat(3);
        let mut refused: Vec<_> = [
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            "Bearer short".to_owned(),
            good.clone(),
            format!("Basic {good}"),
            format!("Bearer  {good}"),
            format!("Bearer {good}0"),
            format!("Bearer {}", good.to_uppercase()),
            format!("Bearer {id}_{}", secret.chars().rev().collect::<String>()),
            format!("Bearer {id}"),
            format!("Bearer {secret}"),
            format!("Bearer mw_0123456789abcdef_{nobody}"),
            format!("Bearer {nobody}"),
            format!("Bearer {}", "k".repeat(5_000)),
            bearer(&self.expired),
            bearer(&self.revoked),
        ]
        .map(|value| (Some(value), 401, "unauthorized"))
        .into();
        refused.push((None, 401, "unauthorized"));
        let scope = Scope::ALL.iter().position(|scope| *scope == route.scope);
        let without = &self.without[scope.expect("a known scope")];
        refused.push((Some(bearer(without)), 403, "forbidden_scope"));
        if !route.narrows {
            refused.push((Some(bearer(good)), 403, "forbidden_vendor"));
        }
        refused
    }
}

/// A path of the route that concerns the first vendor.
fn path(route: &Route) -> String {
    let filled = route.path.split('/').map(|part| match part {
        "{vendorId}" => VENDOR_1.id,
        "{messageId}" => "msg_00000000000000000000000000000001",
        part if part.starts_with('{') => "one",
        part => part,
    });
    format!("/api/admin{}", filled.collect::<Vec<_>>().join("/"))
}

async fn ask(world: &World, route: &Route, authorization: Option<&str>) -> Answer {
    let mut headers = vec![("content-type", "application/json"), ("if-match", "\"1\"")];
    headers.extend(authorization.map(|value| ("authorization", value)));
    let body = if route.method == "GET" { "" } else { "{}" };
    world
        .request(route.method, &path(route), &headers, body)
        .await
}

#[tokio::test]
async fn every_route_is_refused_to_all_who_may_not_use_it_and_nothing_happens() {
    run(async |world| {
        let keys = Keys::made(world).await;
        world.unspeakable(&[&keys.expired, &keys.revoked, &keys.other_vendors]);
        let before = world.everything().await;
        let (sends, asked) = (world.simulator().sends(), world.simulator().asked_in_all());
        let mut routes = 0;
        for route in admin::routes() {
            routes += 1;
            for (authorization, status, code) in keys.refused(route) {
                let answer = ask(world, route, authorization.as_deref()).await;
                let shown = format!("{} {} {authorization:?}", route.method, route.path);
                assert_eq!(answer.status, status, "{shown}: {}", answer.text);
                is_problem(&answer, status, code);
            }
        }
        assert!(routes > 10, "the table of routes is read");
        world.quiet().await;
        assert_eq!(world.everything().await, before);
        assert_eq!(world.simulator().sends().len(), sends.len());
        assert_eq!(world.simulator().asked_in_all(), asked);
    })
    .await;
}

#[tokio::test]
async fn a_route_that_shows_each_key_its_own_shows_nothing_else() {
    run(async |world| {
        let bound =
            json!({ "name": "bound", "scopes": ["admin"], "vendors": [VENDOR_2.id, "unknown"] });
        let (_, key) = create(world, &bound).await;
        for route in admin::routes().filter(|route| route.narrows) {
            let answer = ask(world, route, Some(&bearer(&key))).await;
            assert_eq!(answer.status, 200, "{}: {}", route.path, answer.text);
            assert!(
                !answer.text.contains(VENDOR_1.id),
                "{}: {}",
                route.path,
                answer.text
            );
        }
        let headers = [("authorization", &*bearer(&key))];
        let listed = world
            .request("GET", "/api/admin/vendors", &headers, "")
            .await;
        assert_eq!(
            listed.json["vendors"][0]["vendorId"], VENDOR_2.id,
            "{}",
            listed.text
        );
        for other in [
            "phoneNumber=%2B221701111111",
            "wasenderInstanceId=instance_abc123",
        ] {
            let path = format!("/api/admin/vendors?{other}");
            let found = world.request("GET", &path, &headers, "").await;
            assert_eq!(found.json["vendors"], json!([]), "{}", found.text);
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_with_the_scope_of_a_route_may_read_it() {
    run(async |world| {
        for scope in Scope::ALL {
            let one =
                json!({ "name": "one", "scopes": [scope.as_str()], "vendors": [VENDOR_1.id] });
            let (_, one) = create(world, &one).await;
            let (_, all) =
                create(world, &json!({ "name": "all", "scopes": [scope.as_str()] })).await;
            let readable = |route: &&Route| route.scope == scope && route.method == "GET";
            for route in admin::routes().filter(readable) {
                let key = if route.path.contains("{vendorId}") {
                    &one
                } else {
                    &all
                };
                let answer = ask(world, route, Some(&bearer(key))).await;
                assert!(
                    ![401, 403].contains(&answer.status),
                    "{}: {}",
                    route.path,
                    answer.text
                );
            }
        }
    })
    .await;
}
