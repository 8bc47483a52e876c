use std::collections::HashMap;
use std::hash::Hash;

/// A map of so many entries at most: a full one forgets what was put longest ago, a sixteenth of its entries at once, so that a put costs the
/// same on average however full it is. An order beside the map would take a quarter of its room.
#[derive(Debug)]
pub(crate) struct Bounded<K, T> {
    entries: HashMap<K, (u64, T)>,
    puts: u64,
    most: usize,
}

impl<K: Clone + Eq + Hash, T> Bounded<K, T> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            entries: HashMap::new(),
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
        if self.entries.len() > self.most {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let mut puts: Vec<u64> = self.entries.values().map(|(put, _)| *put).collect();
        let gone = (self.most / 16).clamp(1, puts.len());
        let (_, last, _) = puts.select_nth_unstable(gone - 1);
        let last = *last;
        self.entries.retain(|_, (put, _)| *put > last);
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.entries.remove(key);
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
    fn a_full_one_forgets_a_sixteenth_and_nothing_that_was_put_later() {
        let mut kept = Bounded::new(64);
        for number in 0..65 {
            kept.insert(&number, ());
        }
        let left: Vec<_> = (0..65).filter(|it| kept.get(it).is_some()).collect();
        assert_eq!(left, (4..65).collect::<Vec<_>>());
    }

    #[test]
    fn however_many_are_put_it_holds_no_more_than_it_may() {
        let mut kept = Bounded::new(20);
        for number in 0..1_000 {
            kept.insert(&(number * 7 % 31), number);
            assert!(kept.entries.len() <= 20);
            assert_eq!(kept.get(&(number * 7 % 31)), Some(&number));
        }
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
