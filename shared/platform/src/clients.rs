use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{Region, StalledStreamProtectionConfig, timeout::TimeoutConfig};
use aws_smithy_types::retry::RetryConfig;
use domain::limits;
use http::Uri;

use crate::config::Config;
use crate::transport::Transport;

/// The AWS clients of a function. They share one HTTP client, and with it connections and trusted roots.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
    pub(crate) connections: Connections,
}

/// What connections to AWS are opened by, and where to.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    transport: Transport,
    addresses: Vec<Uri>,
}

impl Connections {
    pub(crate) async fn open(&self) {
        self.transport.open(self.addresses.iter().cloned()).await;
    }
}

impl Clients {
    pub(crate) fn new(config: &Config) -> Self {
        let transport = Transport::new(&config.roots);
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
                    .http_client(transport.clone())
                    .timeout_config(timeouts())
                    // A time-out of the attempt ends one that stalls.
                    .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
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
            connections: Connections {
                transport,
                addresses: endpoints(config),
            },
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

/// Where the clients will connect to; none if the configuration names another endpoint, which is near.
fn endpoints(config: &Config) -> Vec<Uri> {
    if config.endpoint_url.is_some() {
        return Vec::new();
    }
    let services = ["dynamodb", "sqs", "secretsmanager"];
    let address = |service| format!("https://{service}.{}.amazonaws.com", config.region);
    services
        .iter()
        .filter_map(|service| address(service).parse().ok())
        .collect()
}
