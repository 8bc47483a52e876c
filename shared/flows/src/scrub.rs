//! A round through the queues that nobody consumes: the entries of every deleted vendor are deleted there.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::VendorId;
use domain::entry::vendor_of;
use domain::rounds::Rounds;
use jiff::Timestamp;
use platform::{AwsError, Kept, Platform};
use tokio::time::Instant;

/// How often the end of a round is noted anew because an operator's request was noted meanwhile.
const TRIES: usize = 5;

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Round {
    pub(crate) erased: u64,
    /// It did not stop because its time was over.
    pub(crate) is_whole: bool,
    /// Something of what it is made for may be out of sight.
    pub(crate) is_in_doubt: bool,
}

/// Goes through the queues until then, unless somebody else does just now; with `since`, unless somebody saw everything since.
pub(crate) async fn round(
    platform: &Platform,
    until: Instant,
    since: Option<Timestamp>,
) -> Result<Round, AwsError> {
    let rounds = platform.tables.rounds().await?;
    let covers = |rounds: &Rounds| since.is_none_or(|since| rounds.covers(since));
    let not_made = |is_in_doubt| Round {
        erased: 0,
        is_whole: true,
        is_in_doubt,
    };
    if since.is_some() && covers(&rounds) {
        return Ok(not_made(false));
    }
    let Some(begun) = rounds.begun(platform.clock.now()) else {
        return Ok(not_made(!covers(&rounds)));
    };
    if !platform.tables.change_rounds(&rounds, &begun).await? {
        return Ok(not_made(!covers(&rounds)));
    }
    let (erased, is_whole) = Box::pin(scrubbed(platform, until)).await?;
    let ended = ended(platform, begun, is_whole).await?;
    Ok(Round {
        erased,
        is_whole,
        is_in_doubt: !covers(&ended),
    })
}

/// Notes the end of a round.
async fn ended(platform: &Platform, mut begun: Rounds, saw_all: bool) -> Result<Rounds, AwsError> {
    for _ in 0..TRIES {
        let ended = begun.ended(saw_all);
        if platform.tables.change_rounds(&begun, &ended).await? {
            return Ok(ended);
        }
        let now = platform.tables.rounds().await?;
        if now.lease_until != begun.lease_until {
            // It took longer than its lease, and somebody else's is under way.
            return Ok(now);
        }
        begun = now;
    }
    Err(AwsError::contended("noting the end of a round"))
}

/// Deletes the entries of deleted vendors, and answers how many, and whether every queue was seen to its end.
async fn scrubbed(platform: &Platform, until: Instant) -> Result<(u64, bool), AwsError> {
    let [quarantine, inbound, outbound, later] = Kept::ALL;
    let (quarantine, inbound, outbound, later) = tokio::try_join!(
        scrubbed_of(platform, quarantine, until),
        scrubbed_of(platform, inbound, until),
        scrubbed_of(platform, outbound, until),
        scrubbed_of(platform, later, until),
    )?;
    let both = |one: (u64, bool), other: (u64, bool)| (one.0 + other.0, one.1 && other.1);
    Ok([inbound, outbound, later]
        .into_iter()
        .fold(quarantine, both))
}

async fn scrubbed_of(
    platform: &Platform,
    queue: Kept,
    until: Instant,
) -> Result<(u64, bool), AwsError> {
    let mut gone = HashMap::new();
    let mut erased = 0;
    loop {
        let mut seen = platform.queues.look_through(queue).await?;
        if seen.is_empty() {
            return Ok((erased, true));
        }
        for vendor in seen.iter().filter_map(|entry| vendor_of(&entry.body)) {
            if let Entry::Vacant(place) = gone.entry(vendor) {
                let erasure = platform.tables.erasure(place.key()).await?;
                place.insert(erasure.is_some());
            }
        }
        let is_gone = |vendor: VendorId| gone.get(&vendor) == Some(&true);
        seen.retain(|entry| vendor_of(&entry.body).is_some_and(is_gone));
        platform.queues.scrub(queue, &seen).await?;
        erased += u64::try_from(seen.len()).unwrap_or(u64::MAX);
        if Instant::now() >= until {
            return Ok((erased, false));
        }
    }
}
