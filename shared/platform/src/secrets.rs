mod stored;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use domain::{VendorId, VendorSecrets, limits};
use jiff::Timestamp;

use crate::clock::Clock;
use crate::error::AwsError;
use stored::{PlatformSecret, parse, to_text};

/// The vendors' secrets and the platform's, as Secrets Manager keeps them, behind a bounded cache.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: aws_sdk_secretsmanager::Client,
    stack: String,
    clock: Clock,
    cache: Arc<Mutex<Cache>>,
}

/// A vendor's secrets at hand. `None` is the knowledge that there is no such vendor.
#[derive(Clone, Debug)]
pub struct AtHand {
    pub secrets: Option<Arc<VendorSecrets>>,
    pub read_at: Timestamp,
}

impl AtHand {
    /// Whether reading them again now would tell nothing.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        age(self.read_at, now) < limits::SECRET_FRESH
    }
}

#[derive(Debug, Default)]
struct Cache {
    vendors: HashMap<VendorId, AtHand>,
    /// Reads that mismatches caused, in the second that is named.
    budget: (i64, u32),
}

/// Vendors that the cache holds at most.
const CACHED: usize = 10_000;

fn age(read_at: Timestamp, now: Timestamp) -> std::time::Duration {
    std::time::Duration::try_from(now.duration_since(read_at)).unwrap_or_default()
}

impl Secrets {
    pub(crate) fn new(client: aws_sdk_secretsmanager::Client, stack: &str, clock: Clock) -> Self {
        Self {
            client,
            stack: stack.to_owned(),
            clock,
            cache: Arc::default(),
        }
    }

    /// A vendor's secrets from the cache while they are young enough, else from the store.
    pub async fn vendor(&self, vendor: &VendorId) -> Result<AtHand, AwsError> {
        let now = self.clock.now();
        let cached = self.locked(|cache| cache.vendors.get(vendor).cloned());
        let young = |at_hand: &AtHand| {
            let lives = if at_hand.secrets.is_some() {
                limits::SECRET_CACHE
            } else {
                limits::NEGATIVE_CACHE
            };
            age(at_hand.read_at, now) < lives
        };
        match cached.filter(young) {
            Some(at_hand) => Ok(at_hand),
            None => self.read(vendor).await,
        }
    }

    /// Reads a vendor's secrets past the cache because what is at hand did not match; `None` if the budget of such reads is spent.
    pub async fn vendor_again(&self, vendor: &VendorId) -> Option<Result<AtHand, AwsError>> {
        let second = self.clock.now().as_second();
        let allowed = self.locked(|cache| {
            if cache.budget.0 != second {
                cache.budget = (second, 0);
            }
            cache.budget.1 += 1;
            cache.budget.1 <= limits::SECRET_READS_PER_SECOND
        });
        if allowed {
            Some(self.read(vendor).await)
        } else {
            None
        }
    }

    /// Reads a vendor's secrets from the store.
    pub async fn read(&self, vendor: &VendorId) -> Result<AtHand, AwsError> {
        let stored = self
            .get("reading a vendor's secrets", &self.vendor_name(vendor))
            .await?;
        let secrets = stored.map(|text| parse(&text).map(Arc::new)).transpose()?;
        let at_hand = AtHand {
            secrets,
            read_at: self.clock.now(),
        };
        self.locked(|cache| cache.keep(vendor, at_hand.clone()));
        Ok(at_hand)
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
        let at_hand = AtHand {
            secrets: Some(Arc::new(secrets.clone())),
            read_at: self.clock.now(),
        };
        self.locked(|cache| cache.keep(vendor, at_hand));
        Ok(())
    }

    /// The key that opens the admin API of a new stack, generated when it was deployed.
    pub async fn bootstrap_admin_key(&self) -> Result<Option<secret::Text>, AwsError> {
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
        Ok(stored
            .map(read)
            .transpose()?
            .map(|platform| secret::Text::from(platform.admin_key)))
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

impl Cache {
    /// Keeps one more vendor; a full cache forgets the one that was read longest ago.
    fn keep(&mut self, vendor: &VendorId, at_hand: AtHand) {
        if self.vendors.len() >= CACHED && !self.vendors.contains_key(vendor) {
            let oldest = self
                .vendors
                .iter()
                .min_by_key(|(_, at_hand)| at_hand.read_at)
                .map(|(vendor, _)| vendor.clone());
            if let Some(oldest) = oldest {
                self.vendors.remove(&oldest);
            }
        }
        self.vendors.insert(vendor.clone(), at_hand);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_forgets_the_vendor_that_was_read_longest_ago() {
        let mut cache = Cache::default();
        let vendor = |number: usize| VendorId::parse(&format!("v{number}")).unwrap();
        for number in 0..=CACHED {
            let read_at = Timestamp::from_second(i64::try_from(number).unwrap()).unwrap();
            cache.keep(
                &vendor(number),
                AtHand {
                    secrets: None,
                    read_at,
                },
            );
        }
        assert_eq!(cache.vendors.len(), CACHED);
        assert!(
            !cache.vendors.contains_key(&vendor(0)) && cache.vendors.contains_key(&vendor(CACHED))
        );
    }
}
