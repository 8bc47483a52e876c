use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A map of so many entries at most: a full one forgets what was put longest ago. Every operation takes the same time, however full it is.
#[derive(Debug)]
pub(crate) struct Bounded<K, T> {
    entries: HashMap<K, (u64, T)>,
    /// In the order of putting; what was put again or removed since is passed over.
    order: VecDeque<(u64, K)>,
    puts: u64,
    most: usize,
}

impl<K: Clone + Eq + Hash, T> Bounded<K, T> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
            puts: 0,
            most,
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&T> {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub(crate) fn insert(&mut self, key: &K, value: T) {
        self.puts += 1;
        self.entries.insert(key.clone(), (self.puts, value));
        self.order.push_back((self.puts, key.clone()));
        while self.entries.len() > self.most
            && let Some((put, oldest)) = self.order.pop_front()
        {
            if self.is_current(put, &oldest) {
                self.entries.remove(&oldest);
            }
        }
        // Once in as many puts as there are places, so that a put costs the same on average.
        if self.order.len() > self.most.saturating_mul(2) {
            let (entries, order) = (&self.entries, &mut self.order);
            order.retain(|(put, key)| entries.get(key).is_some_and(|(current, _)| current == put));
        }
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.entries.remove(key);
    }

    fn is_current(&self, put: u64, key: &K) -> bool {
        self.entries
            .get(key)
            .is_some_and(|(current, _)| *current == put)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_one_forgets_what_was_put_longest_ago() {
        let mut kept = Bounded::new(3);
        for number in 0..3 {
            kept.insert(&number, ());
        }
        kept.insert(&0, ());
        kept.insert(&3, ());
        let left = [0, 1, 2, 3].map(|number| kept.get(&number).is_some());
        assert_eq!(left, [true, false, true, true]);
    }

    #[test]
    fn putting_one_thing_again_and_again_takes_no_more_room() {
        let mut kept = Bounded::new(3);
        for number in 0..1_000 {
            kept.insert(&(number % 2), number);
        }
        assert_eq!((kept.get(&0), kept.get(&1)), (Some(&998), Some(&999)));
        assert!(kept.order.len() <= 6, "{}", kept.order.len());
    }

    #[test]
    fn what_was_removed_and_put_again_is_young() {
        let mut kept = Bounded::new(2);
        kept.insert(&1, ());
        kept.insert(&2, ());
        kept.remove(&1);
        kept.insert(&1, ());
        kept.insert(&3, ());
        assert_eq!(
            [1, 2, 3].map(|number| kept.get(&number).is_some()),
            [true, false, true]
        );
    }
}
