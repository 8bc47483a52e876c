//! Vendors' catalogues, as they are searched: read when somebody asks about products, and kept until the vendor writes another.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use domain::builtin::Index;
use domain::{VendorConfig, VendorId, limits};

use crate::error::AwsError;
use crate::tables::Tables;

/// Catalogues at hand. Clones share them.
#[derive(Clone, Debug)]
pub struct Catalogues {
    tables: Tables,
    kept: Arc<Mutex<Kept>>,
}

impl Catalogues {
    pub fn new(tables: Tables) -> Self {
        Self {
            tables,
            kept: Arc::default(),
        }
    }

    /// The catalogue that a vendor's configuration tells of; `None` if it was written since that was read.
    pub async fn of(&self, config: &VendorConfig) -> Result<Option<Arc<Index>>, AwsError> {
        let (vendor, revision) = (&config.vendor_id, config.catalogue.revision);
        if let Some(index) = self.locked(|kept| kept.get(vendor, revision)) {
            return Ok(Some(index));
        }
        let Some(catalogue) = self.tables.catalogue(config).await? else {
            return Ok(None);
        };
        let index = Arc::new(Index::of(catalogue));
        self.locked(|kept| kept.keep(vendor, (revision, Arc::clone(&index))));
        Ok(Some(index))
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// As many catalogues as there is room for; the one that was kept longest ago goes first.
#[derive(Debug, Default)]
struct Kept {
    indexes: HashMap<VendorId, (u64, Arc<Index>)>,
    order: VecDeque<VendorId>,
    bytes: usize,
}

impl Kept {
    fn get(&self, vendor: &VendorId, revision: u64) -> Option<Arc<Index>> {
        let kept = self.indexes.get(vendor);
        kept.filter(|(of, _)| *of == revision)
            .map(|(_, index)| Arc::clone(index))
    }

    fn keep(&mut self, vendor: &VendorId, kept: (u64, Arc<Index>)) {
        self.forget(vendor);
        self.bytes += kept.1.bytes();
        self.indexes.insert(vendor.clone(), kept);
        self.order.push_back(vendor.clone());
        let is_full = |kept: &Self| {
            kept.bytes > limits::CACHED_CATALOGUES_BYTES
                || kept.order.len() > limits::CACHED_CATALOGUES
        };
        while is_full(self)
            && let Some(oldest) = self.order.front().cloned()
        {
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, vendor: &VendorId) {
        if let Some((_, index)) = self.indexes.remove(vendor) {
            self.bytes -= index.bytes();
            self.order.retain(|other| other != vendor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::config::Catalogue;
    use serde_json::json;

    fn vendor(number: usize) -> VendorId {
        VendorId::parse(&format!("vendor_{number}")).unwrap()
    }

    fn index(description: usize) -> Arc<Index> {
        let product = json!({
            "code": "P1", "name": "Pain", "price": 150, "currency": "XOF", "description": "x".repeat(description),
        });
        let catalogue = json!({ "products": [product] });
        Arc::new(Index::of(
            serde_json::from_value::<Catalogue>(catalogue).unwrap(),
        ))
    }

    #[test]
    fn a_catalogue_is_kept_until_another_is_written() {
        let mut kept = Kept::default();
        kept.keep(&vendor(1), (7, index(1)));
        assert!(kept.get(&vendor(1), 7).is_some());
        assert!(kept.get(&vendor(1), 8).is_none() && kept.get(&vendor(2), 7).is_none());
        kept.keep(&vendor(1), (8, index(2)));
        assert!(kept.get(&vendor(1), 7).is_none() && kept.get(&vendor(1), 8).is_some());
        assert_eq!(kept.bytes, index(2).bytes(), "it is counted once");
    }

    #[test]
    fn what_was_kept_longest_ago_goes_when_there_is_no_room() {
        let mut kept = Kept::default();
        let large = index(limits::CACHED_CATALOGUES_BYTES / 3);
        for number in 0..4 {
            kept.keep(&vendor(number), (1, Arc::clone(&large)));
        }
        let left = (0..4).map(|number| kept.get(&vendor(number), 1).is_some());
        assert_eq!(left.collect::<Vec<_>>(), [false, false, true, true]);
        assert!(kept.bytes <= limits::CACHED_CATALOGUES_BYTES);
        let small = index(1);
        for number in 0..2 * limits::CACHED_CATALOGUES {
            kept.keep(&vendor(number), (1, Arc::clone(&small)));
        }
        assert_eq!(kept.order.len(), limits::CACHED_CATALOGUES);
        kept.keep(&vendor(0), (1, index(2 * limits::CACHED_CATALOGUES_BYTES)));
        assert_eq!(
            (kept.order.len(), kept.bytes),
            (0, 0),
            "what is too large is not kept"
        );
    }
}
