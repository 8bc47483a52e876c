mod account;
mod cache;
mod stored;

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use domain::{VendorId, VendorSecrets};

use crate::clock::Clock;
use crate::error::AwsError;
use cache::Cache;
use stored::{PlatformSecret, parse, to_text};

/// The vendors' secrets and the platform's, as Secrets Manager keeps them, behind a bounded cache.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: aws_sdk_secretsmanager::Client,
    stack: String,
    clock: Clock,
    cache: Arc<Mutex<Cache>>,
    account: account::Remembered,
}

/// A vendor's secrets at hand. No secrets is the knowledge that there is no such vendor.
#[derive(Clone, Debug)]
pub struct AtHand {
    pub secrets: Option<Arc<VendorSecrets>>,
    /// Read for this very request, so that reading them again would tell nothing.
    pub is_fresh: bool,
}

impl Secrets {
    pub(crate) fn new(client: aws_sdk_secretsmanager::Client, stack: &str, clock: Clock) -> Self {
        Self {
            client,
            stack: stack.to_owned(),
            clock,
            cache: Arc::default(),
            account: account::Remembered::default(),
        }
    }

    /// A vendor's secrets from the cache while they are young enough, else from the store.
    pub async fn vendor(&self, vendor: &VendorId) -> Result<AtHand, AwsError> {
        let now = self.clock.now();
        match self.locked(|cache| cache.get(vendor, now)) {
            Some(at_hand) => Ok(at_hand),
            None => self.read(vendor).await,
        }
    }

    /// Reads a vendor's secrets past the cache because what is at hand did not match; `None` if the budget of such reads is spent.
    pub async fn vendor_again(&self, vendor: &VendorId) -> Option<Result<AtHand, AwsError>> {
        let now = self.clock.now();
        if self.locked(|cache| cache.may_read_again(vendor, now)) {
            Some(self.read(vendor).await)
        } else {
            None
        }
    }

    /// Notes that a proof did not fit secrets that had just been read.
    pub fn mismatched(&self, vendor: &VendorId) {
        let now = self.clock.now();
        self.locked(|cache| cache.mismatched(vendor, now));
    }

    /// Reads a vendor's secrets from the store.
    pub async fn read(&self, vendor: &VendorId) -> Result<AtHand, AwsError> {
        let stored = self
            .get("reading a vendor's secrets", &self.vendor_name(vendor))
            .await?;
        let secrets = stored.map(|text| parse(&text).map(Arc::new)).transpose()?;
        let now = self.clock.now();
        self.locked(|cache| cache.keep(vendor, secrets.clone(), now));
        Ok(AtHand {
            secrets,
            is_fresh: true,
        })
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
            Err(error) => match error.as_service_error() {
                Some(CreateSecretError::ResourceExistsException(_)) => Some(false),
                // A name in its recovery window can't be created again: it is restored and overwritten.
                Some(CreateSecretError::InvalidRequestException(_)) => Some(true),
                _ => return Err(AwsError::from_sdk("creating a vendor's secret", &error)),
            },
        };
        if exists == Some(true) {
            let restored = self.client.restore_secret().secret_id(&name).send().await;
            restored.map_err(|error| AwsError::from_sdk("restoring a vendor's secret", &error))?;
        }
        if exists.is_some() {
            let put = self
                .client
                .put_secret_value()
                .secret_id(&name)
                .secret_string(&text)
                .send()
                .await;
            put.map_err(|error| AwsError::from_sdk("storing a vendor's secret", &error))?;
        }
        let now = self.clock.now();
        self.locked(|cache| cache.keep(vendor, Some(Arc::new(secrets.clone())), now));
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
            Err(error) => match error.as_service_error() {
                Some(
                    GetSecretValueError::ResourceNotFoundException(_)
                    | GetSecretValueError::InvalidRequestException(_),
                ) => Ok(None),
                _ => Err(AwsError::from_sdk(attempted, &error)),
            },
        }
    }

    fn vendor_name(&self, vendor: &VendorId) -> String {
        format!("{}/vendor/{vendor}", self.stack)
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Cache) -> T) -> T {
        work(&mut self.cache.lock().unwrap_or_else(PoisonError::into_inner))
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
