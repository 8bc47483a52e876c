mod account;
mod engine;
mod marking;
mod probe;
mod rereads;
mod stored;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::contract::SigningSecrets;
use domain::{VendorId, VendorSecrets};
use jiff::Timestamp;

use crate::cache::{Cache, Found, Reading};
use crate::clock::Clock;
use crate::error::AwsError;
pub use engine::SigningAtHand;
use rereads::Rereads;
use stored::{PlatformSecret, parse, to_text};

/// The vendors' secrets and the platform's, as Secrets Manager keeps them, behind a bounded cache.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: aws::secrets_manager::Client,
    stack: String,
    clock: Clock,
    cache: Cache<VendorId, VendorSecrets>,
    engines: Cache<String, SigningSecrets>,
    rereads: Arc<Mutex<Rereads>>,
    account: account::Remembered,
    marking: marking::Remembered,
}

/// A vendor's secrets at hand. No secrets is the knowledge that there is no such vendor.
#[derive(Clone, Debug)]
pub struct AtHand {
    pub secrets: Option<Arc<VendorSecrets>>,
    /// Read for this very request, so that reading them again would tell nothing.
    pub is_fresh: bool,
    pub read_at: Timestamp,
}

impl Secrets {
    pub(crate) fn new(
        client: aws::secrets_manager::Client,
        stack: &str,
        clock: Clock,
        lives: Duration,
    ) -> Self {
        Self {
            client,
            stack: stack.to_owned(),
            cache: Cache::new(clock.clone(), lives),
            engines: Cache::new(clock.clone(), lives),
            clock,
            rereads: Arc::default(),
            account: account::Remembered::default(),
            marking: Arc::default(),
        }
    }

    /// A vendor's secrets from the cache while they are young enough, else from the store.
    pub async fn vendor(&self, vendor: &VendorId) -> Result<AtHand, AwsError> {
        let read = || {
            let (secrets, vendor) = (self.clone(), vendor.clone());
            async move { secrets.fetch(&vendor).await }
        };
        self.cache.get_or(vendor, read).await.map(AtHand::from)
    }

    /// Reads a vendor's secrets past the cache because what is at hand did not match; `None` if the budget of such reads is spent.
    pub async fn vendor_again(&self, vendor: &VendorId) -> Option<Result<AtHand, AwsError>> {
        let is_allowed = self.rereads().allows(vendor, self.clock.now());
        if is_allowed {
            Some(self.read(vendor).await)
        } else {
            None
        }
    }

    /// Notes that a proof did not fit secrets that had just been read.
    pub fn mismatched(&self, vendor: &VendorId) {
        self.rereads().mismatched(vendor, self.clock.now());
    }

    /// Reads a vendor's secrets from the store.
    pub async fn read(&self, vendor: &VendorId) -> Result<AtHand, AwsError> {
        let (secrets, read_at) = self.fetch(vendor).await?;
        self.cache.keep_as_of(vendor, (secrets.clone(), read_at));
        Ok(AtHand {
            secrets,
            is_fresh: true,
            read_at,
        })
    }

    async fn fetch(&self, vendor: &VendorId) -> Result<Reading<VendorSecrets>, AwsError> {
        let as_of = self.clock.now();
        let stored = self
            .get("reading a vendor's secrets", &self.vendor_name(vendor))
            .await?;
        let secrets = stored.map(|text| parse(&text).map(Arc::new)).transpose()?;
        Ok((secrets, as_of))
    }

    /// Stores a vendor's secrets: a new secret, a new version of it, or one brought back from its recovery window.
    pub async fn store_vendor(
        &self,
        vendor: &VendorId,
        secrets: &VendorSecrets,
    ) -> Result<(), AwsError> {
        let (name, text) = (self.vendor_name(vendor), to_text(secrets));
        let created = self
            .client
            .create_secret()
            .name(&name)
            .secret_string(&text)
            .send()
            .await;
        let exists = match created {
            Ok(_) => None,
            Err(error) if error.is("ResourceExistsException") => Some(false),
            // A name in its recovery window can't be created again: it is restored and overwritten.
            Err(error) if error.is("InvalidRequestException") => Some(true),
            Err(error) => return Err(AwsError::of("creating a vendor's secret", &error)),
        };
        if exists == Some(true) {
            let restored = self.client.restore_secret().secret_id(&name).send().await;
            restored.map_err(|error| AwsError::of("restoring a vendor's secret", &error))?;
        }
        if exists.is_some() {
            return self.replace_vendor(vendor, secrets).await;
        }
        self.cache.keep(vendor, Some(Arc::new(secrets.clone())));
        Ok(())
    }

    /// Stores another version of a vendor's secrets, which must exist.
    pub async fn replace_vendor(
        &self,
        vendor: &VendorId,
        secrets: &VendorSecrets,
    ) -> Result<(), AwsError> {
        let putting = self
            .client
            .put_secret_value()
            .secret_id(self.vendor_name(vendor))
            .secret_string(to_text(secrets));
        let put = putting.send().await;
        put.map_err(|error| AwsError::of("storing a vendor's secret", &error))?;
        self.cache.keep(vendor, Some(Arc::new(secrets.clone())));
        Ok(())
    }

    /// Deletes a vendor's secret at once and for good, whether it is there or not: its name is free again.
    pub async fn delete_vendor(&self, vendor: &VendorId) -> Result<(), AwsError> {
        let deleted = self
            .client
            .delete_secret()
            .secret_id(self.vendor_name(vendor))
            .force_delete_without_recovery(true)
            .send()
            .await;
        deleted.map_err(|error| AwsError::of("deleting a vendor's secret", &error))?;
        self.cache.keep(vendor, None);
        Ok(())
    }

    /// The key that opens the admin API of a new stack, generated when it was deployed.
    pub async fn bootstrap_admin_key(&self) -> Result<Option<secret::Text>, AwsError> {
        let platform = self.platform().await?;
        Ok(platform.map(|platform| secret::Text::from(platform.admin_key)))
    }

    async fn platform(&self) -> Result<Option<PlatformSecret>, AwsError> {
        let stored = self
            .get(
                "reading the platform's secret",
                &format!("{}/platform", self.stack),
            )
            .await?;
        let read = |text: String| {
            serde_json::from_str::<PlatformSecret>(&text)
                .map_err(|_| AwsError::unreadable("reading the platform's secret"))
        };
        stored.map(read).transpose()
    }

    async fn get(&self, attempted: &'static str, name: &str) -> Result<Option<String>, AwsError> {
        match self.client.get_secret_value().secret_id(name).send().await {
            Ok(answer) => Ok(answer.secret_string),
            Err(error)
                if error.is("ResourceNotFoundException") || error.is("InvalidRequestException") =>
            {
                Ok(None)
            }
            Err(error) => Err(AwsError::of(attempted, &error)),
        }
    }

    fn vendor_name(&self, vendor: &VendorId) -> String {
        format!("{}/vendor/{vendor}", self.stack)
    }

    fn rereads(&self) -> MutexGuard<'_, Rereads> {
        self.rereads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Found<VendorSecrets>> for AtHand {
    fn from(found: Found<VendorSecrets>) -> Self {
        Self {
            secrets: found.value,
            is_fresh: found.is_fresh,
            read_at: found.as_of,
        }
    }
}

/// A secret text on its way to a comparison.
pub mod secret {
    use std::fmt;

    /// Its `Debug` shows nothing; [`Text::expose`] is the text.
    #[derive(Clone)]
    pub struct Text(String);

    impl Text {
        pub fn expose(&self) -> &str {
            &self.0
        }
    }

    impl From<String> for Text {
        fn from(text: String) -> Self {
            Self(text)
        }
    }

    impl fmt::Debug for Text {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("[REDACTED]")
        }
    }
}
