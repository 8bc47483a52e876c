use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::sync::Notify;

use super::*;

const LIVES: Duration = Duration::from_mins(5);

fn cache() -> Cache<u32, u32> {
    Cache::new(Clock::skewable(), LIVES)
}

/// A store that counts its readings, and answers each when it is let.
#[derive(Clone, Default)]
struct Store {
    reads: Arc<AtomicUsize>,
    go: Arc<Notify>,
}

impl Store {
    async fn read(self, answer: Result<Option<u32>, AwsError>) -> Result<Reading<u32>, AwsError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.go.notified().await;
        answer.map(|value| (value.map(Arc::new), Clock::system().now()))
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
}

async fn get(cache: &Cache<u32, u32>, key: u32, value: Option<u32>) -> Found<u32> {
    let at = cache.clock.now();
    let read = async move { Ok((value.map(Arc::new), at)) };
    cache.get_or(&key, || read).await.unwrap()
}

#[tokio::test]
async fn a_hundred_who_ask_for_one_cold_key_cause_one_reading() {
    let (cache, store) = (cache(), Store::default());
    let ask = || cache.get_or(&1, || store.clone().read(Ok(Some(7))));
    let answer = async {
        tokio::task::yield_now().await;
        store.go.notify_waiters();
    };
    let (found, ()) = tokio::join!(join_all((0..100).map(|_| ask())), answer);
    assert_eq!(store.reads(), 1);
    let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
    assert!(found.iter().all(|found| found.value.as_deref() == Some(&7)));
    // Only the one that caused the reading may rely on it that nothing was written before it asked.
    assert_eq!(found.iter().filter(|found| found.is_fresh).count(), 1);
    assert!(!get(&cache, 1, None).await.is_fresh);
}

#[tokio::test]
async fn a_reading_that_fails_fails_for_all_who_wait_and_is_not_kept() {
    let (cache, store) = (cache(), Store::default());
    let failure = || Err(AwsError::unreadable("reading"));
    let ask = || cache.get_or(&1, || store.clone().read(failure()));
    let answer = async {
        tokio::task::yield_now().await;
        store.go.notify_waiters();
    };
    let (found, ()) = tokio::join!(join_all((0..10).map(|_| ask())), answer);
    assert!(found.iter().all(Result::is_err));
    assert_eq!(store.reads(), 1);
    assert_eq!(get(&cache, 1, Some(7)).await.value.as_deref(), Some(&7));
}

#[tokio::test]
async fn whoever_gives_up_waiting_leaves_the_reading_to_the_others() {
    let (cache, store) = (cache(), Store::default());
    let mut first = Box::pin(cache.get_or(&1, || store.clone().read(Ok(Some(7)))));
    let mut second = Box::pin(cache.get_or(&1, || store.clone().read(Ok(Some(8)))));
    assert!(first.as_mut().now_or_never().is_none());
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    store.go.notify_waiters();
    assert_eq!(second.await.unwrap().value.as_deref(), Some(&7));
    // If all give up, the next one reads anew.
    let mut third = Box::pin(cache.get_or(&2, || store.clone().read(Ok(Some(9)))));
    assert!(third.as_mut().now_or_never().is_none());
    drop(third);
    assert_eq!(get(&cache, 2, Some(10)).await.value.as_deref(), Some(&10));
}

#[tokio::test]
async fn what_is_written_during_a_reading_is_not_overwritten_by_it() {
    let (cache, store) = (cache(), Store::default());
    let mut reading = Box::pin(cache.get_or(&1, || store.clone().read(Ok(Some(7)))));
    assert!(reading.as_mut().now_or_never().is_none());
    cache.keep(&1, Some(Arc::new(8)));
    store.go.notify_waiters();
    reading.await.unwrap();
    assert_eq!(get(&cache, 1, None).await.value.as_deref(), Some(&8));
    let mut reading = Box::pin(cache.get_or(&2, || store.clone().read(Ok(Some(7)))));
    assert!(reading.as_mut().now_or_never().is_none());
    cache.forget(&2);
    store.go.notify_waiters();
    reading.await.unwrap();
    assert_eq!(get(&cache, 2, Some(8)).await.value.as_deref(), Some(&8));
}

#[tokio::test]
async fn what_exists_is_known_for_minutes_and_what_does_not_for_seconds() {
    let cache = cache();
    get(&cache, 1, None).await;
    get(&cache, 2, Some(7)).await;
    cache.clock.advance(limits::NEGATIVE_CACHE);
    assert_eq!(get(&cache, 1, Some(8)).await.value.as_deref(), Some(&8));
    assert_eq!(get(&cache, 2, Some(8)).await.value.as_deref(), Some(&7));
    cache.clock.advance(LIVES);
    assert_eq!(get(&cache, 2, Some(8)).await.value.as_deref(), Some(&8));
}

#[tokio::test]
async fn a_flood_of_keys_that_do_not_exist_drives_out_none_that_do() {
    let cache = cache();
    get(&cache, 0, Some(7)).await;
    let most = u32::try_from(limits::CACHED_VENDORS).unwrap();
    for key in 1..=2 * most {
        get(&cache, key, None).await;
    }
    assert!(get(&cache, 0, None).await.value.is_some());
    let is_kept = |key: u32| cache.locked().absent.get(&key).is_some();
    assert!(is_kept(2 * most) && is_kept(most + 1) && !is_kept(most));
}
