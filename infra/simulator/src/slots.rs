use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many requests of each session are under way.
#[derive(Clone, Default)]
pub(crate) struct Slots(Arc<Mutex<HashMap<u32, u32>>>);

/// A request under way; it ends with its value, also when its client has left.
pub(crate) struct Slot {
    slots: Slots,
    session: u32,
}

impl Slots {
    /// A place among `limit`, if one is free.
    pub(crate) fn take(&self, session: u32, limit: u32) -> Option<Slot> {
        self.count(session, |taken| {
            let free = *taken < limit;
            *taken += u32::from(free);
            free
        })
        .then(|| Slot {
            slots: self.clone(),
            session,
        })
    }

    fn count<R>(&self, session: u32, change: impl FnOnce(&mut u32) -> R) -> R {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(taken.entry(session).or_default())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.count(self.session, |taken| *taken -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_request_ends_and_sessions_have_their_own() {
        let slots = Slots::default();
        let first = slots.take(1, 1);
        assert!(first.is_some() && slots.take(1, 1).is_none() && slots.take(2, 1).is_some());
        drop(first);
        assert!(slots.take(1, 1).is_some());
    }
}
