//! Requests that API Gateway's JWT authoriser let through: what their tokens claim is what they may do.

use http_api::{Body, Request};
use serde_json::{Value, json};

use crate::deleting::{delete, until_erased};
use crate::front_door::{get, register, shop};
use crate::world::{VENDOR_1, VENDOR_2, World, run};

/// API Gateway's event for a request with a token of these claims; `None` is one that came without an authoriser.
fn event(method: &str, path: &str, claims: Option<&Value>, headers: &Value) -> Request {
    let mut event = json!({
        "version": "2.0", "routeKey": "ANY /api/admin/{proxy+}", "rawPath": path, "rawQueryString": "",
        "headers": headers, "isBase64Encoded": false,
        "requestContext": {
            "accountId": "000000000000", "apiId": "jwt", "domainName": "127.0.0.1", "domainPrefix": "127",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "" },
            "requestId": "1", "routeKey": "ANY /api/admin/{proxy+}", "stage": "$default", "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 0,
        },
    });
    if let Some(claims) = claims {
        event["requestContext"]["authorizer"] =
            json!({ "jwt": { "claims": claims, "scopes": null } });
    }
    Request::from_event(&event.to_string()).expect("an event of payload 2.0")
}

/// `iat` of a token that is issued now, as API Gateway hands it on.
fn issued(world: &World) -> String {
    world.clock().now().as_second().to_string()
}

async fn asked(world: &World, request: Request) -> (u16, Value) {
    let answer = world.another_admin().handle(request).await;
    let Body::Text(text) = answer.body() else {
        panic!("an answer has a text");
    };
    (
        answer.status().as_u16(),
        serde_json::from_str(text).expect("JSON"),
    )
}

#[tokio::test]
async fn a_token_may_do_what_it_claims_and_its_changes_are_recorded_under_its_subject() {
    run(async |world| {
        let claims = json!({ "sub": "amina", "iss": "https://idp.example", "scope": "openid mw:read mw:send", "vendors": "[vendor_001]", "iat": issued(world) });
        let vendor = |vendor: &str| format!("/api/admin/vendors/{vendor}");
        let none = json!({});
        let (status, body) = asked(world, event("GET", &vendor(VENDOR_1.id), Some(&claims), &none)).await;
        assert_eq!((status, &body["vendorId"]), (200, &json!(VENDOR_1.id)), "{body}");
        let (status, body) = asked(world, event("GET", &vendor(VENDOR_2.id), Some(&claims), &none)).await;
        assert_eq!((status, &body["code"]), (403, &json!("forbidden_vendor")));
        let (status, body) = asked(world, event("GET", "/api/admin/keys", Some(&claims), &none)).await;
        assert_eq!((status, &body["code"]), (403, &json!("forbidden_scope")));
        let cancel = format!("{}/messages/msg_1/cancel", vendor(VENDOR_1.id));
        assert_eq!(asked(world, event("POST", &cancel, Some(&claims), &none)).await.0, 404);
        let newest = get(world, "audit?limit=1").await.json["records"][0].clone();
        assert_eq!((&newest["who"], &newest["label"]), (&json!("jwt:amina"), &json!("amina")));
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_vendor_opens_none_that_was_made_later_under_its_id() {
    run(async |world| {
        register(world, &shop(1)).await;
        let claims = |issued: Option<&str>| {
            let mut claims = json!({ "sub": "amina", "scope": "mw:read", "vendors": "[shop_01]" });
            if let Some(issued) = issued {
                claims["iat"] = issued.into();
            }
            claims
        };
        let sees = async |issued: Option<&str>| {
            let claims = claims(issued);
            let get = |path| event("GET", path, Some(&claims), &json!({}));
            let (status, body) = asked(world, get("/api/admin/vendors/shop_01")).await;
            if status != 200 {
                assert_eq!((status, &body["code"]), (403, &json!("forbidden_vendor")));
            }
            let (_, listed) = asked(world, get("/api/admin/vendors")).await;
            let listed = listed["vendors"].as_array().map(Vec::len);
            assert_eq!(listed, Some(usize::from(status == 200)));
            status == 200
        };
        let before = issued(world);
        assert!(sees(Some(&before)).await);
        assert!(!sees(None).await, "it may be of any age");
        assert_eq!(delete(world, "vendors/shop_01").await.status, 202);
        until_erased(world, "shop_01").await;
        register(world, &shop(1)).await;
        assert!(!sees(Some(&before)).await, "it is another vendor");
        assert!(sees(Some(&issued(world))).await);
    })
    .await;
}

#[tokio::test]
async fn a_token_without_scopes_or_without_a_subject_may_do_nothing() {
    run(async |world| {
        let path = "/api/admin/vendors";
        // A good key beside a token adds nothing to it.
        let key = json!({ "authorization": format!("Bearer {}", world.admin_key()) });
        for (claims, status, code) in [
            (json!({ "sub": "amina" }), 403, "forbidden_scope"),
            (
                json!({ "sub": "amina", "scope": "read admin" }),
                403,
                "forbidden_scope",
            ),
            (json!({ "scope": "mw:admin" }), 401, "unauthorized"),
            (json!({}), 401, "unauthorized"),
        ] {
            let (seen, body) = asked(world, event("GET", path, Some(&claims), &key)).await;
            assert_eq!((seen, &body["code"]), (status, &json!(code)), "{claims}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_header_makes_nobody_known() {
    run(async |world| {
        let claims = json!({ "jwt": { "claims": { "sub": "amina", "scope": "mw:admin" } } });
        let context = json!({ "authorizer": claims }).to_string();
        let headers = json!({
            "x-amzn-request-context": context, "x-amzn-lambda-context": context, "requestcontext": context,
            "authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbWluYSIsInNjb3BlIjoibXc6YWRtaW4ifQ.",
        });
        let (status, body) = asked(world, event("GET", "/api/admin/vendors", None, &headers)).await;
        assert_eq!((status, &body["code"]), (401, &json!("unauthorized")));
    })
    .await;
}
