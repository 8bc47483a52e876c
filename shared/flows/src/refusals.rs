use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{VendorId, limits};
use jiff::Timestamp;

/// Since when an environment could not keep the webhooks of a vendor. The first one that it keeps again ends the gap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusals(Arc<Mutex<HashMap<VendorId, Timestamp>>>);

impl Refusals {
    /// Remembers that a webhook was not kept.
    pub(crate) fn refused(&self, vendor: &VendorId, at: Timestamp) {
        let mut since = self.locked();
        if since.len() < limits::REFUSALS_REMEMBERED || since.contains_key(vendor) {
            since.entry(vendor.clone()).or_insert(at);
        }
    }

    /// Since when the vendor's webhooks were not kept, now that one is.
    pub(crate) fn ended(&self, vendor: &VendorId) -> Option<Timestamp> {
        self.locked().remove(vendor)
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<VendorId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn vendor(number: usize) -> VendorId {
        VendorId::parse(&format!("vendor_{number:06}")).unwrap()
    }

    #[test]
    fn the_first_refusal_begins_the_gap_and_it_ends_once() {
        let refusals = Refusals::default();
        refusals.refused(&vendor(1), NOW);
        refusals.refused(&vendor(1), NOW + Duration::from_secs(5));
        assert_eq!(refusals.ended(&vendor(2)), None);
        assert_eq!(refusals.ended(&vendor(1)), Some(NOW));
        assert_eq!(refusals.ended(&vendor(1)), None);
    }

    #[test]
    fn a_flood_of_unknown_vendors_is_not_remembered_for_ever() {
        let refusals = Refusals::default();
        for number in 0..limits::REFUSALS_REMEMBERED + 10 {
            refusals.refused(&vendor(number), NOW);
        }
        assert_eq!(refusals.locked().len(), limits::REFUSALS_REMEMBERED);
    }
}
