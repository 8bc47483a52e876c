use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{ApiKey, Fingerprint, VendorId, limits};
use jiff::Timestamp;

use crate::cache::{Bounded, age};

/// What an environment remembers of the sessions that webhooks name: whose each is, and how many each vendor had looked up. Clones share it.
#[derive(Clone, Default)]
pub struct SessionKeys(Arc<Mutex<Known>>);

/// Whose a session is, and when that was read; nobody's is `None`.
type Owned = (Timestamp, Option<VendorId>);

struct Known {
    owners: Bounded<Fingerprint, Owned>,
    /// The look-ups of each vendor in the second that is named.
    looked_up: Bounded<VendorId, (i64, u32)>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            owners: Bounded::new(limits::SESSION_KEYS_REMEMBERED),
            looked_up: Bounded::new(limits::CACHED_VENDORS),
        }
    }
}

impl SessionKeys {
    /// Whose a session is, if that is remembered. What lets a vendor's webhook in is good for as long as its secrets are; what keeps it out
    /// for a second, for a session may be given from one vendor to another.
    pub fn owner(
        &self,
        key: &ApiKey,
        vendor: &VendorId,
        now: Timestamp,
    ) -> Option<Option<VendorId>> {
        let known = self.locked();
        let (read_at, owner) = known.owners.get(&fingerprint(key))?;
        let is_anothers = owner.as_ref().is_some_and(|owner| owner != vendor);
        let lives = if is_anothers {
            limits::SECRET_FRESH
        } else {
            limits::SECRET_CACHE
        };
        (age(*read_at, now) < lives).then(|| owner.clone())
    }

    pub fn keep(&self, key: &ApiKey, owner: Option<VendorId>, now: Timestamp) {
        self.locked().owners.insert(&fingerprint(key), (now, owner));
    }

    /// Whether one more session may be looked up for a vendor in this second.
    pub fn may_look_up(&self, vendor: &VendorId, now: Timestamp) -> bool {
        let mut known = self.locked();
        let second = now.as_second();
        let before = known.looked_up.get(vendor);
        let before = before.filter(|(of, _)| *of == second);
        let count = before.map_or(0, |(_, count)| *count);
        let may = count < limits::SESSION_KEYS_PER_SECOND;
        if may {
            known.looked_up.insert(vendor, (second, count + 1));
        }
        may
    }

    fn locked(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKeys(..)")
    }
}

fn fingerprint(key: &ApiKey) -> Fingerprint {
    Fingerprint::of(&["session", key.expose()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn vendor(id: &str) -> VendorId {
        VendorId::parse(id).unwrap()
    }

    #[test]
    fn what_keeps_a_webhook_out_is_forgotten_sooner_than_what_lets_it_in() {
        let (keys, key) = (SessionKeys::default(), ApiKey::parse("some-key").unwrap());
        let (ours, other) = (vendor("ours"), vendor("other"));
        let known = |vendor, now| keys.owner(&key, vendor, now);
        assert_eq!(known(&ours, NOW), None);
        keys.keep(&key, Some(ours.clone()), NOW);
        let (soon, late) = (NOW + 1.second(), NOW + 299.seconds());
        assert_eq!(known(&other, NOW), Some(Some(ours.clone())));
        assert_eq!(known(&other, soon), None);
        assert_eq!(known(&ours, late), Some(Some(ours.clone())));
        assert_eq!(known(&ours, late + 1.second()), None);
        keys.keep(&key, None, NOW);
        assert_eq!(known(&other, late), Some(None));
    }

    #[test]
    fn a_vendor_has_so_many_looked_up_in_a_second_and_takes_nothing_from_others() {
        let (keys, ours, other) = (SessionKeys::default(), vendor("ours"), vendor("other"));
        let allowed = (0..20).filter(|_| keys.may_look_up(&ours, NOW)).count();
        assert_eq!(u32::try_from(allowed), Ok(limits::SESSION_KEYS_PER_SECOND));
        assert!(keys.may_look_up(&other, NOW));
        assert!(keys.may_look_up(&ours, NOW + 1.second()));
    }
}
