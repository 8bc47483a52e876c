//! What is known of vendors, remembered for a while, for readers to whom a little age does no harm.

use std::sync::Arc;

use domain::VendorId;

use crate::cache::Cache;
use crate::error::AwsError;
use crate::tables::VendorRow;
use crate::{Clock, Config, Platform, Tables};

/// Vendors' records behind a bounded cache. Whoever decides on a record reads the table.
#[derive(Clone, Debug)]
pub struct Registry {
    tables: Tables,
    clock: Clock,
    cache: Cache<VendorId, VendorRow>,
}

impl Registry {
    pub fn new(config: &Config, platform: &Platform) -> Self {
        Self {
            tables: platform.tables.clone(),
            clock: platform.clock.clone(),
            cache: Cache::new(platform.clock.clone(), config.vendor_cache),
        }
    }

    /// A vendor as it was at most so long ago as readings are good.
    pub async fn vendor(&self, vendor: &VendorId) -> Result<Option<Arc<VendorRow>>, AwsError> {
        let read = || {
            let (registry, vendor) = (self.clone(), vendor.clone());
            async move {
                let as_of = registry.clock.now();
                let row = registry.tables.vendor(&vendor).await?;
                Ok((row.map(Arc::new), as_of))
            }
        };
        self.cache
            .get_or(vendor, read)
            .await
            .map(|found| found.value)
    }

    /// Forgets a vendor that was changed.
    pub fn forget(&self, vendor: &VendorId) {
        self.cache.forget(vendor);
    }
}
