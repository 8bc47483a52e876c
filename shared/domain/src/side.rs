//! Calls with a session's key that send nothing: looking a person up, fetching a file, asking after a message. They have a budget of
//! their own, so that they never slow sending, and sending never slows them.

use std::time::Duration;

use jiff::Timestamp;

use crate::limits;

/// When the next such call of a session may begin, after one that begins now.
pub fn next_call(now: Timestamp) -> Timestamp {
    after(now, limits::SIDE_GAP)
}

/// Until when a session's calls are held after the provider asked for this wait.
pub fn held_until(asked: Duration, now: Timestamp) -> Timestamp {
    after(now, asked.clamp(limits::SIDE_GAP, limits::SIDE_HELD_MOST))
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wait_is_shorter_than_the_gap_or_longer_than_the_bound() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(held_until(Duration::ZERO, now), next_call(now));
        assert_eq!(
            held_until(Duration::from_secs(5), now),
            now + Duration::from_secs(5)
        );
        assert_eq!(held_until(Duration::MAX, now), now + limits::SIDE_HELD_MOST);
        assert_eq!(held_until(Duration::MAX, Timestamp::MAX), Timestamp::MAX);
    }
}
