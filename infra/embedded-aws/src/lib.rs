//! AWS in one process: DynamoDB, SQS, Secrets Manager and S3 on one loopback port, and the event-source mapping between queues and functions.
//!
//! It is what the local stack and the tests run against, and models what production does to us: FIFO groups that stay locked while a
//! message of them is in flight, deduplication ids that outlive their message, secret names that can't be used again for days. It refuses
//! what a caller's role does not allow ([`Roles`]), fails, stalls and kills on demand ([`Faults`]), and keeps a record of what it was
//! asked ([`Calls`]).

mod calls;
mod dynamodb;
mod faults;
mod journal;
mod keys;
mod mapping;
mod meter;
mod permission;
mod request;
mod roles;
mod s3;
pub mod secrets;
mod server;
pub mod sqs;
mod store;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use platform::Clock;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use calls::{Call, Calls};
pub use dynoxide::Database;
pub use faults::{Faults, Matcher, When};
pub use journal::JournalError;
pub use mapping::{EventSourceMapping, Handler, MappingHandle};
pub use meter::{Meter, Units};
pub use permission::Permission;
pub use request::Service;
pub use roles::{Condition, Grant, Roles, is_like};
pub use s3::Objects;
pub use store::Machine;

use dynamodb::DynamoDb;
use roles::Guard;
use secrets::Secrets;
use sqs::Queues;
use store::Store;

/// How the endpoint is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where tables, queues, secrets and objects survive the process. Without it they live in memory.
    pub data_dir: Option<PathBuf>,
    /// The time of queues and secrets, and of the tables' TTL when they are in memory.
    pub clock: Clock,
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// What was in flight when the process died is visible again at the start. For a stack that runs its functions in its own process:
    /// the invocations that held those messages died with it. AWS has no such thing.
    pub release_in_flight: bool,
    /// What callers may do. Signatures are not checked: a caller is who it says it is.
    pub roles: Roles,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data_dir: None,
            clock: Clock::system(),
            region: "eu-west-1".to_owned(),
            account: "000000000000".to_owned(),
            release_in_flight: false,
            roles: Roles::new(),
        }
    }
}

/// The running endpoint. It stops with [`EmbeddedAws::shutdown`] or when the last clone is dropped.
#[derive(Clone)]
pub struct EmbeddedAws {
    inner: Arc<Inner>,
}

struct Inner {
    services: Arc<Services>,
    url: String,
    servers: Mutex<Option<Servers>>,
    /// Keeps a second process off the data directory.
    _lock: Option<File>,
}

/// What serves; it ends by itself when this is dropped.
struct Servers {
    stop: oneshot::Sender<()>,
    endpoint: JoinHandle<()>,
    tables: dynamodb::Running,
}

/// What a request may need.
pub(crate) struct Services {
    pub(crate) clock: Clock,
    pub(crate) calls: Calls,
    pub(crate) faults: Faults,
    pub(crate) meter: Meter,
    pub(crate) guard: Guard,
    pub(crate) queues: Queues,
    pub(crate) secrets: Secrets,
    pub(crate) objects: Objects,
    pub(crate) dynamodb: DynamoDb,
}

impl EmbeddedAws {
    /// Serves on the listener, in background tasks of the current runtime.
    pub fn start(listener: TcpListener, options: Options) -> anyhow::Result<Self> {
        let url = format!("http://{}", listener.local_addr()?);
        let data = options.data_dir.as_deref();
        let lock = data.map(claim).transpose()?;
        let file = |name: &str| data.map(|directory| directory.join(name));
        let database = dynamodb::open(file("tables.sqlite").as_deref(), &options.clock)?;
        let queues = open::<sqs::State>(file("queues.jsonl"))?;
        let stored = open::<secrets::State>(file("secrets.jsonl"))?;
        let objects = file("objects").map_or_else(Objects::in_memory, Objects::in_folder);
        let (dynamodb, tables) = dynamodb::serve(database)?;
        let Options {
            clock,
            region,
            account,
            release_in_flight,
            roles,
            ..
        } = options;
        let secrets = Secrets::new(stored, clock.clone(), (&region, &account));
        let address = sqs::Address {
            url: url.clone(),
            region,
            account,
        };
        let queues = Queues::new(queues, clock.clone(), address);
        if release_in_flight {
            queues.release()?;
        }
        let (calls, faults, meter) = (Calls::default(), Faults::default(), Meter::default());
        let services = Arc::new(Services {
            clock,
            calls,
            faults,
            meter,
            guard: Guard::new(roles),
            queues,
            secrets,
            objects,
            dynamodb,
        });
        let (stop, stopped) = oneshot::channel();
        let endpoint = tokio::spawn(server::serve(listener, Arc::clone(&services), stopped));
        let servers = Mutex::new(Some(Servers {
            stop,
            endpoint,
            tables,
        }));
        Ok(Self {
            inner: Arc::new(Inner {
                services,
                url,
                servers,
                _lock: lock,
            }),
        })
    }

    /// The endpoint's address, for the SDK's `endpoint_url`.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    pub fn queues(&self) -> &Queues {
        &self.inner.services.queues
    }

    pub fn secrets(&self) -> &Secrets {
        &self.inner.services.secrets
    }

    pub fn objects(&self) -> &Objects {
        &self.inner.services.objects
    }

    pub fn faults(&self) -> &Faults {
        &self.inner.services.faults
    }

    pub fn calls(&self) -> &Calls {
        &self.inner.services.calls
    }

    /// What the tables would charge.
    pub fn meter(&self) -> &Meter {
        &self.inner.services.meter
    }

    /// What callers asked for and their roles did not allow, at most a hundred of it.
    pub fn refused(&self) -> Vec<String> {
        self.inner.services.guard.refused()
    }

    /// The tables themselves, around the endpoint: for `sweep_ttl` and for looking.
    pub fn dynamodb(&self) -> &Database {
        &self.inner.services.dynamodb.database
    }

    pub fn clock(&self) -> &Clock {
        &self.inner.services.clock
    }

    /// Stops serving and returns when every connection is closed. The data directory is free when the last clone is dropped.
    pub async fn shutdown(&self) {
        let servers = self
            .inner
            .servers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(Servers {
            stop,
            endpoint,
            tables,
        }) = servers
        else {
            return;
        };
        drop(stop);
        drop(endpoint.await);
        tables.stop().await;
    }
}

fn claim(directory: &Path) -> anyhow::Result<File> {
    fs::create_dir_all(directory).context("can't make the data directory")?;
    let lock = File::create(directory.join("lock")).context("can't write to the data directory")?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => bail!("the data directory is in use by another process"),
        Err(TryLockError::Error(error)) => Err(error).context("can't lock the data directory"),
    }
}

fn open<M: Machine + Default>(file: Option<PathBuf>) -> Result<Store<M>, JournalError> {
    match file {
        None => Ok(Store::in_memory(M::default())),
        Some(file) => Store::open(&file, M::default()),
    }
}
