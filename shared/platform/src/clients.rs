use aws::{Settings, Transport};
use domain::limits;

use crate::clock::Clock;
use crate::config::Config;

/// The AWS clients of a function. They share one HTTP client, and with it connections and trusted roots.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) dynamodb: aws::dynamodb::Client,
    pub(crate) sqs: aws::sqs::Client,
    pub(crate) secrets: aws::secrets_manager::Client,
    pub(crate) connections: Connections,
}

/// What connections to AWS are opened by, and where to.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    transport: Transport,
    settings: Settings,
}

impl Connections {
    pub(crate) async fn open(&self) {
        self.transport.open(&self.settings).await;
    }
}

impl Clients {
    pub(crate) fn new(config: &Config) -> Self {
        let transport = Transport::new(&config.roots, limits::AWS_ATTEMPT);
        let settings = Settings {
            region: config.region.clone(),
            credentials: config.credentials.clone(),
            endpoint_url: config.endpoint_url.clone(),
            attempt: limits::AWS_ATTEMPT,
            call: limits::AWS_CALL,
            // Signatures are of the real time, whatever a test's clock shows.
            now: || Clock::system().now(),
        };
        Self {
            dynamodb: aws::dynamodb::Client::new(&settings, transport.clone()),
            sqs: aws::sqs::Client::new(&settings, transport.clone()),
            secrets: aws::secrets_manager::Client::new(&settings, transport.clone()),
            connections: Connections {
                transport,
                settings,
            },
        }
    }
}
