//! The only crate that calls AWS and names an HTTP client: tables, queues, secrets, provider HTTP, telemetry, configuration.

mod bucket;
mod cache;
mod catalogues;
mod clients;
mod clock;
mod config;
mod engines;
mod error;
mod fetch;
mod http;
mod media;
mod probe;
mod queues;
mod records;
mod registry;
mod secrets;
mod session_keys;
mod shelves;
pub mod tables;
pub mod telemetry;

pub use aws::{Credentials, Roots};
pub use catalogues::Catalogues;
pub use clock::Clock;
pub use config::{Config, DeadQueueUrls, MissingVariable, QueueUrls};
pub use engines::Engines;
pub use error::AwsError;
pub use fetch::{Fetcher, Forbidden, Hosts, NotFetched, Origins};
pub use http::{Http, NoAnswer};
pub use media::{Link, MediaStore};
pub use probe::{Backlog, Found, Kind, Probed};
pub use queues::{Fifo, Kept, Queues, Seen};
pub use records::Records;
pub use registry::Registry;
pub use secrets::{AtHand, Secrets, SigningAtHand, secret};
pub use session_keys::SessionKeys;
pub use shelves::{Shelf, Shelved};
pub use tables::Tables;

use clients::{Clients, Connections};
use domain::restore::Restore;

/// Everything outside that a function works with. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Platform {
    pub tables: Tables,
    pub queues: Queues,
    pub secrets: Secrets,
    pub http: Http,
    pub media: MediaStore,
    pub records: Records,
    pub clock: Clock,
    connections: Connections,
    /// One of so many invocations tells of its successes.
    pub log_sample: u64,
    /// The restore from backup that must be worked through before anything leaves or is decided.
    pub restore: Option<Restore>,
}

impl Platform {
    /// Builds all clients; nothing is sent yet.
    pub fn new(config: &Config, clock: Clock) -> Self {
        let clients = Clients::new(config);
        let http = Http::new();
        Self {
            tables: Tables::new(clients.dynamodb, &config.stack),
            queues: Queues::new(clients.sqs, config.queues.clone()),
            secrets: Secrets::new(
                clients.secrets,
                &config.stack,
                clock.clone(),
                config.vendor_cache,
            ),
            media: MediaStore::new(config, http.clone()),
            records: Records::new(config, http.clone()),
            http,
            clock,
            connections: clients.connections,
            log_sample: config.log_sample,
            restore: config.restore,
        }
    }

    /// Opens connections to AWS before the first event, while a function that starts has a whole processor and not the share that its memory
    /// gives it. It takes 0.8 s at most, and what fails is done when it is needed.
    pub async fn open_connections(&self) {
        self.connections.open().await;
    }
}
