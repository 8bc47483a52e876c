use domain::{VendorId, limits};
use jiff::Timestamp;

use crate::cache::{Bounded, age};

/// How often a mismatch may have secrets read again.
#[derive(Debug)]
pub(super) struct Rereads {
    /// When a read last showed that a proof does not fit.
    mismatched: Bounded<VendorId, Timestamp>,
    /// Reads that mismatches caused, in the second that is named.
    budget: (i64, u32),
}

impl Default for Rereads {
    fn default() -> Self {
        Self {
            mismatched: Bounded::new(limits::CACHED_VENDORS),
            budget: (0, 0),
        }
    }
}

impl Rereads {
    /// Notes that a proof did not fit secrets that had just been read: reading them again within a second would tell nothing.
    pub(super) fn mismatched(&mut self, vendor: &VendorId, now: Timestamp) {
        self.mismatched.insert(vendor, now);
    }

    /// Whether a mismatch may have a vendor's secrets read again: once a second a vendor, and so often over all vendors.
    pub(super) fn allows(&mut self, vendor: &VendorId, now: Timestamp) -> bool {
        let mismatched_at = self.mismatched.get(vendor);
        if mismatched_at.is_some_and(|at| age(*at, now) < limits::SECRET_FRESH) {
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
    fn secrets_read_for_a_genuine_webhook_may_be_read_again_at_once_for_a_mismatch() {
        let mut rereads = Rereads::default();
        assert!(
            rereads.allows(&vendor(1), NOW),
            "they may have been replaced just now"
        );
        assert!(!rereads.allows(&vendor(1), NOW + 999.milliseconds()));
        assert!(rereads.allows(&vendor(1), NOW + 1.second()));
    }

    #[test]
    fn forgeries_over_many_vendors_share_one_budget() {
        let mut rereads = Rereads::default();
        let allowed = (0..50)
            .filter(|number| rereads.allows(&vendor(*number), NOW))
            .count();
        assert_eq!(u32::try_from(allowed), Ok(limits::SECRET_READS_PER_SECOND));
    }
}
