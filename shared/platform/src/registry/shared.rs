//! Records that environments share, if there is a Redis. Whatever it does, it costs some milliseconds at most, and is never an error.

mod breaker;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{VendorId, limits};
use jiff::Timestamp;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, IntoConnectionInfo as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::Secrets;
use crate::cache::age;
use crate::clock::Clock;
use crate::tables::VendorItems;
use breaker::Breaker;

/// The version of what is kept: another release's records are others' keys.
const SCHEMA: u32 = 1;

/// A Redis that keeps vendors' records, and no secret. Clones are one.
#[derive(Clone)]
pub(super) struct Shared(Arc<Inner>);

struct Inner {
    address: redis::ConnectionInfo,
    secrets: Secrets,
    prefix: String,
    lives: Duration,
    times: Times,
    clock: Clock,
    link: tokio::sync::Mutex<Link>,
    breaker: Mutex<Breaker>,
}

/// The connection, and the password if that was read.
#[derive(Default)]
struct Link {
    password: Password,
    connection: Option<MultiplexedConnection>,
}

/// What is known of Redis's password.
#[derive(Clone, Default)]
enum Password {
    #[default]
    NotRead,
    None,
    Some(SecretString),
}

/// How long it is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) connect: Duration,
    pub(super) answer: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            connect: limits::REDIS_CONNECT,
            answer: limits::REDIS_ANSWER,
        }
    }
}

impl Shared {
    /// Nothing is connected yet. An address that can't be one, or that holds a password, is logged, and there is no shared cache.
    pub(super) fn new(
        url: &str,
        (stack, lives): (&str, Duration),
        (secrets, clock): (Secrets, Clock),
        times: Times,
    ) -> Option<Self> {
        let Ok(address) = url.into_connection_info() else {
            tracing::error!("REDIS_URL is no address of a Redis: no records are shared");
            return None;
        };
        if address.redis_settings().password().is_some() {
            tracing::error!(
                "REDIS_URL holds a password, which belongs into the platform's secret: no records are shared"
            );
            return None;
        }
        (!lives.is_zero()).then(|| {
            Self(Arc::new(Inner {
                address,
                secrets,
                prefix: format!("{stack}:v{SCHEMA}"),
                lives,
                times,
                clock,
                link: tokio::sync::Mutex::default(),
                breaker: Mutex::default(),
            }))
        })
    }

    /// A vendor's record, and as of when, if there is one that is young enough.
    pub(super) async fn get(&self, vendor: &VendorId) -> Option<(VendorItems, Timestamp)> {
        let kept: Option<Vec<u8>> = self.ask(&Cmd::get(self.key(vendor))).await?;
        let kept: Value = serde_json::from_slice(&kept?).ok()?;
        let at = Timestamp::from_millisecond(kept["at"].as_i64()?).ok()?;
        let now = self.0.clock.now();
        if age(at, now) >= self.0.lives {
            return None;
        }
        let items = VendorItems::from_json(&kept["record"])?;
        items.is_of(vendor).then_some((items, at.min(now)))
    }

    /// Keeps a vendor's record as it was read at a certain time.
    pub(super) async fn put(&self, vendor: &VendorId, items: &VendorItems, at: Timestamp) {
        let Some(record) = items.to_json() else {
            return;
        };
        let kept = json!({ "at": at.as_millisecond(), "record": record }).to_string();
        let seconds = self.0.lives.as_secs().max(1);
        let _: Option<()> = self
            .ask(&Cmd::set_ex(self.key(vendor), kept, seconds))
            .await;
    }

    pub(super) async fn forget(&self, vendor: &VendorId) {
        let _: Option<i64> = self.ask(&Cmd::del(self.key(vendor))).await;
    }

    fn key(&self, vendor: &VendorId) -> String {
        format!("{}:vendor:{vendor}", self.0.prefix)
    }

    /// What Redis answers, if it does in time.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        if self.breaker(Breaker::is_open) {
            return None;
        }
        let connected = match self.connected().await {
            Ok(connected) => connected,
            Err(why) => {
                self.failed(&why);
                None
            }
        };
        let mut connected = connected?;
        let asked = tokio::time::timeout(self.0.times.answer, command.query_async(&mut connected));
        match asked.await {
            Ok(Ok(answer)) => Some(answer),
            // What stands under the key is not what we put there.
            Ok(Err(error)) if !error.is_io_error() && !error.is_unrecoverable_error() => None,
            Ok(Err(error)) => {
                self.failed(&error);
                None
            }
            Err(_) => {
                self.failed(&"no answer in time");
                None
            }
        }
    }

    /// The connection, made if there is none; whoever finds somebody else making it goes without.
    async fn connected(&self) -> Result<Option<MultiplexedConnection>, String> {
        let Ok(mut link) = self.0.link.try_lock() else {
            return Ok(None);
        };
        if let Some(connection) = &link.connection {
            return Ok(Some(connection.clone()));
        }
        if matches!(link.password, Password::NotRead) {
            let read = self.0.secrets.redis_password().await;
            let read = read.map_err(|error| error.to_string())?;
            link.password = read.map_or(Password::None, Password::Some);
        }
        let connecting = self.connect(link.password.clone());
        let connecting = tokio::time::timeout(self.0.times.connect, connecting);
        let connection = connecting
            .await
            .map_err(|_| "no connection in time".to_owned())?
            .map_err(|error| error.to_string())?;
        link.connection = Some(connection.clone());
        Ok(Some(connection))
    }

    async fn connect(
        &self,
        password: Password,
    ) -> Result<MultiplexedConnection, redis::RedisError> {
        let mut address = self.0.address.clone();
        if let Password::Some(password) = password {
            let settings = address.redis_settings().clone();
            address = address.set_redis_settings(settings.set_password(password.expose_secret()));
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.0.times.connect))
            .set_response_timeout(Some(self.0.times.answer));
        Client::open(address)?
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }

    /// Leaves Redis alone for a while, and begins anew after it.
    fn failed(&self, why: &dyn fmt::Display) {
        self.breaker(Breaker::failed);
        if let Ok(mut link) = self.0.link.try_lock() {
            *link = Link::default();
        }
        tracing::warn!(error = %why, "the shared cache does not answer");
    }

    fn breaker<T>(&self, work: impl FnOnce(&mut Breaker, Timestamp) -> T) -> T {
        let now = self.0.clock.now();
        let mut breaker = self
            .0
            .breaker
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&mut breaker, now)
    }
}

/// Shows no address.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
