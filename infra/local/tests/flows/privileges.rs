//! Least privilege: a role allows what its function asks for, and nothing else.
//!
//! The endpoint refuses what a role does not allow, in every flow of this suite: see [`crate::world::run_in`]. What a role allows and
//! nobody asks for shows here, by what is recorded of one life that meets everything.

mod scenario;

use std::collections::{BTreeMap, BTreeSet};

use embedded_aws::{Condition, Grant, Permission, is_like};
use local::Options;
use local::roles::{self, Role};

use crate::engine_double::EngineDouble;
use crate::world::{World, run_in};

/// What Lambda's poller does in the name of the function that it polls for, on the function's source (AWS's managed policy
/// `AWSLambdaSQSQueueExecutionRole`). No function asks for these, and the local mapping does them without asking the endpoint.
const POLLER: [&str; 3] = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
];

/// Who asks in the place of the tests.
const TEST: &str = "test";

type Needs = BTreeMap<String, BTreeSet<Permission>>;

/// What each function asked for, as recorded.
fn asked(world: &World) -> Needs {
    let mut needs = Needs::new();
    for call in world.aws().calls().take() {
        needs
            .entry(call.caller)
            .or_default()
            .extend(call.permissions);
    }
    needs.remove(TEST);
    needs
}

/// What the poller asks for on a function's behalf.
fn polled(role: &Role) -> impl Iterator<Item = Permission> {
    let queues = role.sources.iter();
    queues.flat_map(|queue| POLLER.map(|action| Permission::new(action, queue)))
}

/// What is wrong with a role, given what its function needs.
fn complaints(role: &Role, needed: &BTreeSet<Permission>) -> Vec<String> {
    let function = &role.function;
    let refused = needed
        .iter()
        .filter(|need| !role.grants.iter().any(|grant| grant.allows(need)));
    let refused = refused.map(|need| {
        let Permission {
            action, resource, ..
        } = need;
        format!("{function} needs {action} on {resource}, and its role does not allow it")
    });
    let idle = role.grants.iter().flat_map(|grant| idle(grant, needed));
    let idle = idle.map(|idle| format!("{function} never needs {idle}"));
    refused.chain(idle).collect()
}

/// What a grant allows and nobody asks for: all of it, or what is like one of its condition's patterns.
fn idle(grant: &Grant, needed: &BTreeSet<Permission>) -> Vec<String> {
    let Grant {
        sid,
        action,
        resource,
        condition,
    } = grant;
    let used: Vec<_> = needed.iter().filter(|need| grant.allows(need)).collect();
    if used.is_empty() {
        return vec![format!("{action} on {resource}, which {sid} allows")];
    }
    let patterns = condition.iter().flat_map(|condition| &condition.like);
    let is_used = |pattern: &str| {
        let mut keys = used.iter().flat_map(|need| &need.keys);
        keys.any(|key| is_like(key, pattern))
    };
    let idle = patterns.filter(|pattern| !is_used(pattern));
    idle.map(|pattern| format!("{action} on {pattern} in {resource}, which {sid} allows"))
        .collect()
}

#[tokio::test]
async fn every_function_may_do_what_it_does_and_nothing_else() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let options = Options {
        actions_url: Some(format!("http://{address}/actions")),
        ..Options::default()
    };
    run_in(options, async |world| {
        let _receiver = EngineDouble::on(world, listener);
        scenario::play(world).await;
        let mut needs = asked(world);
        let mut wrong = Vec::new();
        for role in roles::of_template().expect("template.yaml has roles") {
            let mut needed = needs.remove(&role.function).unwrap_or_default();
            needed.extend(polled(&role));
            wrong.extend(complaints(&role, &needed));
        }
        let unknown: Vec<_> = needs.keys().collect();
        assert!(unknown.is_empty(), "no function is called {unknown:?}");
        assert!(
            wrong.is_empty(),
            "template.yaml is wrong, or the scenario leaves something out:\n{}",
            wrong.join("\n")
        );
    })
    .await;
}

fn grant(action: &str, resource: &str, like: &[&str]) -> Grant {
    let like: Vec<_> = like.iter().map(|pattern| (*pattern).to_owned()).collect();
    let condition = Condition {
        like,
        unlike: Vec::new(),
    };
    Grant {
        sid: "DoIt".to_owned(),
        action: action.to_owned(),
        resource: resource.to_owned(),
        condition: Some(condition).filter(|condition| !condition.like.is_empty()),
    }
}

#[test]
fn a_grant_too_few_and_a_grant_too_many_are_both_named() {
    let role = Role {
        function: "sender".to_owned(),
        grants: vec![
            grant("sqs:SendMessage", "local-later", &[]),
            grant("secretsmanager:GetSecretValue", "local/vendor/*", &[]),
            grant("dynamodb:GetItem", "local-lanes", &["*#*", "platform"]),
        ],
        sources: Vec::new(),
    };
    let needed = [
        ("secretsmanager:GetSecretValue", "local/vendor/vendor_001"),
        ("secretsmanager:GetSecretValue", "local/platform"),
        ("sqs:SendMessage", "local-outbound.fifo"),
    ];
    let needed = needed.map(|(action, resource)| Permission::new(action, resource));
    let lane = Permission::new("dynamodb:GetItem", "local-lanes").about(["v#w".to_owned()]);
    let expected = [
        "sender needs secretsmanager:GetSecretValue on local/platform, and its role does not allow it",
        "sender needs sqs:SendMessage on local-outbound.fifo, and its role does not allow it",
        "sender never needs sqs:SendMessage on local-later, which DoIt allows",
        "sender never needs dynamodb:GetItem on platform in local-lanes, which DoIt allows",
    ];
    let needed = needed.into_iter().chain([lane]).collect();
    assert_eq!(complaints(&role, &needed), expected);
}
