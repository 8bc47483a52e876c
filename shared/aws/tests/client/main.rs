//! The client beside the AWS SDK: what both send and make of the same answers, over a loopback server that keeps what it is asked.

mod answers;
mod items;
mod repeating;
mod requests;
mod server;
mod signatures;

use std::time::Duration;

use aws::{Credentials, Roots, Settings, Transport};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;

/// The clients of all services, ours and the SDK's.
struct Both {
    dynamodb: aws::dynamodb::Client,
    sqs: aws::sqs::Client,
    secrets: aws::secrets_manager::Client,
    sdk_dynamodb: aws_sdk_dynamodb::Client,
    sdk_sqs: aws_sdk_sqs::Client,
    sdk_secrets: aws_sdk_secretsmanager::Client,
}

fn credentials() -> Credentials {
    Credentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: Some("a token/of+a=session".to_owned()),
    }
}

#[expect(clippy::disallowed_methods, reason = "signatures are of the real time")]
fn settings(url: &str) -> Settings {
    Settings {
        region: "eu-west-1".to_owned(),
        credentials: credentials(),
        endpoint_url: Some(url.to_owned()),
        attempt: Duration::from_millis(400),
        call: Duration::from_secs(5),
        now: jiff::Timestamp::now,
    }
}

fn transport() -> Transport {
    Transport::new(&Roots::Amazon, Duration::from_secs(1))
}

/// The same configuration for each of the SDK's crates, which share no type for it.
macro_rules! sdk {
    ($sdk:ident, $url:ident) => {{
        let keys = credentials();
        let keys = aws_credential_types::Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            keys.session_token,
            None,
            "test",
        );
        let config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region($sdk::config::Region::new("eu-west-1"))
            .endpoint_url($url)
            .credentials_provider(keys)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled());
        $sdk::Client::from_conf(config.build())
    }};
}

impl Both {
    fn of(url: &str) -> Self {
        let (settings, transport) = (settings(url), transport());
        Self {
            dynamodb: aws::dynamodb::Client::new(&settings, transport.clone()),
            sqs: aws::sqs::Client::new(&settings, transport.clone()),
            secrets: aws::secrets_manager::Client::new(&settings, transport),
            sdk_dynamodb: sdk!(aws_sdk_dynamodb, url),
            sdk_sqs: sdk!(aws_sdk_sqs, url),
            sdk_secrets: sdk!(aws_sdk_secretsmanager, url),
        }
    }
}
