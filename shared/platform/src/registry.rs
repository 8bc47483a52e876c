//! What is known of vendors, remembered for a while, for readers to whom a little age does no harm.

mod shared;

use std::sync::Arc;

use domain::VendorId;

use crate::cache::{Cache, Reading};
use crate::error::AwsError;
use crate::tables::VendorRow;
use crate::{Clock, Config, Platform, Tables};
use shared::{Shared, Times};

/// Vendors' records behind a bounded cache. Whoever decides on a record reads the table.
#[derive(Clone, Debug)]
pub struct Registry {
    tables: Tables,
    clock: Clock,
    cache: Cache<VendorId, VendorRow>,
    shared: Option<Shared>,
}

impl Registry {
    pub fn new(config: &Config, platform: &Platform) -> Self {
        Self::waiting(config, platform, Times::default())
    }

    fn waiting(config: &Config, platform: &Platform, times: Times) -> Self {
        let (secrets, clock) = (platform.secrets.clone(), platform.clock.clone());
        let shared = config.redis_url.as_deref().and_then(|url| {
            let kept = (config.stack.as_str(), config.vendor_cache);
            Shared::new(url, kept, (secrets, clock), times)
        });
        Self {
            tables: platform.tables.clone(),
            clock: platform.clock.clone(),
            cache: Cache::new(platform.clock.clone(), config.vendor_cache),
            shared,
        }
    }

    /// A vendor as it was at most so long ago as readings are good.
    pub async fn vendor(&self, vendor: &VendorId) -> Result<Option<Arc<VendorRow>>, AwsError> {
        let read = || {
            let (registry, vendor) = (self.clone(), vendor.clone());
            async move { registry.read(&vendor).await }
        };
        self.cache
            .get_or(vendor, read)
            .await
            .map(|found| found.value)
    }

    async fn read(&self, vendor: &VendorId) -> Result<Reading<VendorRow>, AwsError> {
        if let Some(shared) = &self.shared
            && let Some((items, at)) = shared.get(vendor).await
            && let Ok(row) = items.row()
        {
            return Ok((Some(Arc::new(row)), at));
        }
        let at = self.clock.now();
        let Some(items) = self.tables.vendor_items(vendor).await? else {
            return Ok((None, at));
        };
        let row = items.row()?;
        if let Some(shared) = &self.shared {
            shared.put(vendor, &items, at).await;
        }
        Ok((Some(Arc::new(row)), at))
    }

    /// Forgets a vendor that was changed.
    pub async fn forget(&self, vendor: &VendorId) {
        if let Some(shared) = &self.shared {
            shared.forget(vendor).await;
        }
        self.cache.forget(vendor);
    }
}
