use serde_json::Value;

use super::Both;
use super::server::{Asked, Server};

/// Tokens are random: that there is one is what counts.
fn without_token(mut body: Value) -> (Value, bool) {
    let token = body
        .as_object_mut()
        .and_then(|body| body.remove("ClientRequestToken"));
    let is_token = |token: &Value| token.as_str().is_some_and(|token| token.len() == 36);
    (body, token.as_ref().is_some_and(is_token))
}

fn told(asked: &Asked) -> (&str, [Option<&String>; 3], (Value, bool)) {
    let header = |name: &str| asked.headers.get(name);
    let headers = ["content-type", "x-amz-target", "x-amz-security-token"].map(header);
    (&asked.path, headers, without_token(asked.body.clone()))
}

/// Sends a request with each client, and holds that both sent the same.
macro_rules! same {
    ($server:ident, $ours:expr, $sdk:expr) => {
        $ours.send().await.expect("an answer to ours");
        $sdk.send().await.expect("an answer to the SDK's");
        let asked = $server.asked();
        let [ours, sdk] = &asked[..] else {
            panic!("{} requests", asked.len());
        };
        assert_eq!(told(ours), told(sdk));
    };
}

mod queues;
mod tables;

#[tokio::test]
async fn secrets_are_asked_for_and_stored_as_the_sdk_does_it() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    let (ours, sdk) = (&both.secrets, &both.sdk_secrets);
    same!(
        server,
        ours.get_secret_value().secret_id("s/vendor/v"),
        sdk.get_secret_value().secret_id("s/vendor/v")
    );
    same!(
        server,
        ours.describe_secret().secret_id("s"),
        sdk.describe_secret().secret_id("s")
    );
    same!(
        server,
        ours.create_secret().name("s").secret_string("{}"),
        sdk.create_secret().name("s").secret_string("{}")
    );
    same!(
        server,
        ours.put_secret_value().secret_id("s").secret_string("{}"),
        sdk.put_secret_value().secret_id("s").secret_string("{}")
    );
    same!(
        server,
        ours.restore_secret().secret_id("s"),
        sdk.restore_secret().secret_id("s")
    );
    same!(
        server,
        ours.delete_secret()
            .secret_id("s")
            .force_delete_without_recovery(true),
        sdk.delete_secret()
            .secret_id("s")
            .force_delete_without_recovery(true)
    );
}
