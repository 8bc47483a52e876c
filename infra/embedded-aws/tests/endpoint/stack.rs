use std::path::Path;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use embedded_aws::{EmbeddedAws, Options};
use platform::Clock;
use tokio::net::TcpListener;

/// A running endpoint with a clock that tests move, and its clients.
pub(crate) struct Stack {
    pub(crate) aws: EmbeddedAws,
    pub(crate) clock: Clock,
}

/// The clients of one function. They never try again, so that every fault shows.
pub(crate) struct Clients {
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
    pub(crate) tables: aws_sdk_dynamodb::Client,
}

impl Stack {
    pub(crate) async fn in_memory() -> Self {
        Self::start(Clock::skewable(), None)
            .await
            .expect("the endpoint starts")
    }

    pub(crate) async fn start(clock: Clock, directory: Option<&Path>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let data_dir = directory.map(Path::to_owned);
        let options = Options {
            data_dir,
            clock: clock.clone(),
            ..Options::default()
        };
        Ok(Self {
            aws: EmbeddedAws::start(listener, options)?,
            clock,
        })
    }

    pub(crate) fn clients(&self, caller: &str) -> Clients {
        Clients {
            sqs: aws_sdk_sqs::Client::from_conf(config!(aws_sdk_sqs, self, caller)),
            secrets: aws_sdk_secretsmanager::Client::from_conf(config!(
                aws_sdk_secretsmanager,
                self,
                caller
            )),
            tables: aws_sdk_dynamodb::Client::from_conf(config!(aws_sdk_dynamodb, self, caller)),
        }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Creates a queue with these attributes.
    pub(crate) fn queue(&self, name: &str, attributes: &[(&str, &str)]) {
        let attributes = attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.aws
            .queues()
            .create(name, attributes.collect())
            .expect("the queue is created");
    }
}

/// The same configuration for each of the SDK's crates, which share no type for it.
macro_rules! config {
    ($sdk:ident, $stack:ident, $caller:ident) => {
        $sdk::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region($sdk::config::Region::new("eu-west-1"))
            .endpoint_url($stack.aws.url())
            .credentials_provider(Credentials::new($caller, "secret", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_timeout(Duration::from_secs(5))
                    .build(),
            )
            .build()
    };
}
use config;
