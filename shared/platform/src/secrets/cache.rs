use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{VendorId, VendorSecrets, limits};
use jiff::Timestamp;

use super::AtHand;

/// Secrets that were read lately, bounded, and how often a mismatch may have them read again.
#[derive(Debug, Default)]
pub(super) struct Cache {
    vendors: HashMap<VendorId, Cached>,
    /// Reads that mismatches caused, in the second that is named.
    budget: (i64, u32),
}

#[derive(Debug)]
struct Cached {
    /// `None` is the knowledge that there is no such vendor.
    secrets: Option<Arc<VendorSecrets>>,
    read_at: Timestamp,
    /// When a read last showed that a proof does not fit.
    mismatched_at: Option<Timestamp>,
}

/// Vendors that are remembered at most.
const VENDORS: usize = 10_000;

fn age(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(at)).unwrap_or_default()
}

impl Cache {
    /// What is known of a vendor, while it is young enough.
    pub(super) fn get(&self, vendor: &VendorId, now: Timestamp) -> Option<AtHand> {
        let cached = self.vendors.get(vendor)?;
        let lives = if cached.secrets.is_some() {
            limits::SECRET_CACHE
        } else {
            limits::NEGATIVE_CACHE
        };
        (age(cached.read_at, now) < lives).then(|| AtHand {
            secrets: cached.secrets.clone(),
            is_fresh: false,
        })
    }

    /// Keeps what was read; a full cache forgets the vendor that was read longest ago.
    pub(super) fn keep(
        &mut self,
        vendor: &VendorId,
        secrets: Option<Arc<VendorSecrets>>,
        now: Timestamp,
    ) {
        if self.vendors.len() >= VENDORS && !self.vendors.contains_key(vendor) {
            let oldest = self.vendors.iter().min_by_key(|(_, cached)| cached.read_at);
            if let Some(oldest) = oldest.map(|(vendor, _)| vendor.clone()) {
                self.vendors.remove(&oldest);
            }
        }
        let mismatched_at = self
            .vendors
            .get(vendor)
            .and_then(|cached| cached.mismatched_at);
        let cached = Cached {
            secrets,
            read_at: now,
            mismatched_at,
        };
        self.vendors.insert(vendor.clone(), cached);
    }

    /// Notes that a proof did not fit secrets that had just been read: reading them again within a second would tell nothing.
    pub(super) fn mismatched(&mut self, vendor: &VendorId, now: Timestamp) {
        if let Some(cached) = self.vendors.get_mut(vendor) {
            cached.mismatched_at = Some(now);
        }
    }

    /// Whether a mismatch may have a vendor's secrets read again: once a second a vendor, and so often over all vendors.
    pub(super) fn may_read_again(&mut self, vendor: &VendorId, now: Timestamp) -> bool {
        let mismatched_at = self
            .vendors
            .get(vendor)
            .and_then(|cached| cached.mismatched_at);
        if mismatched_at.is_some_and(|at| age(at, now) < limits::SECRET_FRESH) {
            return false;
        }
        if self.budget.0 != now.as_second() {
            self.budget = (now.as_second(), 0);
        }
        self.budget.1 = self.budget.1.saturating_add(1);
        let allowed = self.budget.1 <= limits::SECRET_READS_PER_SECOND;
        if allowed {
            self.mismatched(vendor, now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn vendor(number: usize) -> VendorId {
        VendorId::parse(&format!("v{number}")).unwrap()
    }

    #[test]
    fn a_full_cache_forgets_the_vendor_that_was_read_longest_ago() {
        let mut cache = Cache::default();
        for number in 0..=VENDORS {
            cache.keep(
                &vendor(number),
                None,
                Timestamp::from_second(i64::try_from(number).unwrap()).unwrap(),
            );
        }
        assert_eq!(cache.vendors.len(), VENDORS);
        assert!(
            !cache.vendors.contains_key(&vendor(0)) && cache.vendors.contains_key(&vendor(VENDORS))
        );
    }

    #[test]
    fn a_vendor_that_does_not_exist_is_remembered_for_seconds_and_one_that_does_for_minutes() {
        let mut cache = Cache::default();
        cache.keep(&vendor(1), None, NOW);
        cache.keep(&vendor(2), Some(Arc::default()), NOW);
        let later = NOW + 6.seconds();
        assert!(cache.get(&vendor(1), NOW).is_some() && cache.get(&vendor(1), later).is_none());
        assert!(
            cache.get(&vendor(2), later).is_some()
                && cache.get(&vendor(2), NOW + 6.minutes()).is_none()
        );
    }

    #[test]
    fn secrets_read_for_a_genuine_webhook_may_be_read_again_at_once_for_a_mismatch() {
        let mut cache = Cache::default();
        cache.keep(&vendor(1), Some(Arc::default()), NOW);
        assert!(
            cache.may_read_again(&vendor(1), NOW),
            "they may have been replaced just now"
        );
        cache.keep(&vendor(1), Some(Arc::default()), NOW);
        assert!(!cache.may_read_again(&vendor(1), NOW + 999.milliseconds()));
        assert!(cache.may_read_again(&vendor(1), NOW + 1.second()));
    }

    #[test]
    fn forgeries_over_many_vendors_share_one_budget() {
        let mut cache = Cache::default();
        let allowed = (0..50)
            .filter(|number| cache.may_read_again(&vendor(*number), NOW))
            .count();
        assert_eq!(u32::try_from(allowed), Ok(limits::SECRET_READS_PER_SECOND));
    }
}
