use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{Region, SharedHttpClient, timeout::TimeoutConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::retry::RetryConfig;
use domain::limits;

use crate::config::Config;

/// The AWS clients of a function. They share one HTTP client, and with it connections and trust roots.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
}

impl Clients {
    pub(crate) fn new(config: &Config) -> Self {
        let http = http_client();
        let keys = &config.credentials;
        let credentials = Credentials::new(
            &keys.access_key_id,
            &keys.secret_access_key,
            keys.session_token.clone(),
            None,
            "environment",
        );
        // One set of settings, three types: the SDK gives every service its own builder.
        macro_rules! client {
            ($sdk:ident) => {{
                let mut settings = $sdk::Config::builder()
                    .behavior_version($sdk::config::BehaviorVersion::v2026_01_12())
                    .region(Region::new(config.region.clone()))
                    .credentials_provider(credentials.clone())
                    .http_client(http.clone())
                    .timeout_config(timeouts())
                    .retry_config(
                        RetryConfig::standard()
                            .with_max_attempts(2)
                            .with_initial_backoff(INITIAL_BACKOFF),
                    );
                settings.set_endpoint_url(config.endpoint_url.clone());
                $sdk::Client::from_conf(settings.build())
            }};
        }
        Self {
            dynamodb: client!(aws_sdk_dynamodb),
            sqs: client!(aws_sdk_sqs),
            secrets: client!(aws_sdk_secretsmanager),
        }
    }
}

const INITIAL_BACKOFF: std::time::Duration = std::time::Duration::from_millis(100);

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(limits::AWS_ATTEMPT)
        .operation_attempt_timeout(limits::AWS_ATTEMPT)
        .operation_timeout(limits::AWS_CALL)
        .build()
}

fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
