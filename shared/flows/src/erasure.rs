//! Deleting a vendor: nothing leaves or comes in any more, and then its data is erased everywhere, in passes that may be repeated.

use std::time::Duration;

use domain::entry::{LaterEntry, LaterJob};
use domain::erasure::{Erased, Erasure, Pass, Step};
use domain::restore::record::{Record, What};
use domain::{VendorId, WabaId, WabaInstance, limits};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use platform::tables::{CLOSE_NUMBER, Commit, Erasable};
use platform::{AwsError, Platform};
use tokio::time::Instant;

use crate::lane::TRIES;
use crate::scrub::{self, Round};

/// Files that are deleted at the same time.
const FILES_AT_ONCE: usize = 16;

/// Deletes a number and has what waits for it cancelled. `false`: it was registered otherwise meanwhile.
pub async fn close(platform: &Platform, instance: &WabaInstance) -> Result<bool, AwsError> {
    let at = (&instance.vendor_id, &instance.waba_id);
    for _ in 0..TRIES {
        let (lane, now) = (
            platform.tables.lane(at.0, at.1).await?,
            platform.clock.now(),
        );
        let closed = lane.clone().closed(now);
        let closing = platform
            .tables
            .close_number(instance, (&lane, &closed), now);
        match closing.await? {
            Commit::Done => return Ok(true),
            Commit::Lost(parts) if parts.contains(&CLOSE_NUMBER) => return Ok(false),
            Commit::Lost(_) => {}
        }
    }
    Err(AwsError::contended("deleting a number"))
}

/// Lets nothing leave from a deleted vendor's numbers, and nothing come in. It may be repeated.
pub async fn stop(platform: &Platform, vendor: &VendorId) -> Result<(), AwsError> {
    for instance in platform.tables.instances(vendor).await? {
        close(platform, &instance).await?;
    }
    platform.tables.withdraw_rotation(vendor).await?;
    platform.secrets.delete_vendor(vendor).await
}

/// Records a deletion outside the tables, so that a restore of them does not bring the vendor back. It may be repeated.
pub async fn record(
    platform: &Platform,
    vendor: &VendorId,
    erasure: &Erasure,
) -> Result<(), AwsError> {
    let record = Record {
        at: erasure.begun_at,
        what: What::VendorDeleted(vendor.clone()),
    };
    platform.records.keep(&record, platform.clock.now()).await
}

/// Has somebody go on with an erasure soon; the sweep's timer finds it otherwise.
pub async fn go_on_soon(
    platform: &Platform,
    vendor: &VendorId,
    delay: Duration,
) -> Result<(), AwsError> {
    let entry = LaterEntry {
        vendor_id: vendor.clone(),
        waba_id: WabaId::first_of(vendor),
        received_at: platform.clock.now(),
        job: LaterJob::Erase {},
    };
    platform.queues.later(&entry, delay).await
}

/// Does what is due of a vendor's erasure: a pass, or forgetting that the vendor was there.
pub async fn go_on(platform: &Platform, vendor: &VendorId) -> Result<(), AwsError> {
    let (tables, now) = (&platform.tables, platform.clock.now());
    let Some(erasure) = tables.erasure(vendor).await? else {
        return Ok(());
    };
    match erasure.step(now) {
        Step::Nothing => Ok(()),
        Step::Forget => tables.forget_erased(vendor, &erasure).await.map(|_| ()),
        Step::Pass(leased) => {
            if tables
                .change_erasure(vendor, &erasure, &leased)
                .await?
                .is_done()
            {
                Box::pin(pass(platform, vendor, leased)).await
            } else {
                Ok(())
            }
        }
    }
}

async fn pass(platform: &Platform, vendor: &VendorId, leased: Erasure) -> Result<(), AwsError> {
    let began = platform.clock.now();
    // Before anything is gone that a backup has.
    record(platform, vendor, &leased).await?;
    stop(platform, vendor).await?;
    platform.tables.unbind_keys(vendor).await?;
    let eraser = Eraser {
        platform,
        vendor,
        until: Instant::now() + limits::ERASURE_PASS,
        is_settled: leased.is_settled(began),
        settles_at: leased.settles_at(),
    };
    let done = Box::pin(eraser.erased()).await?;
    let now = platform.clock.now();
    let after = leased.passed(done, began, now);
    tracing::info!(
        vendor.id = %vendor,
        messages = done.erased.messages,
        conversations = done.erased.conversations,
        whole = done.is_whole,
        finished = after.finished_at.is_some(),
        "a deleted vendor's data is erased"
    );
    if !platform
        .tables
        .change_erasure(vendor, &leased, &after)
        .await?
        .is_done()
    {
        return Ok(());
    }
    let wait = Duration::try_from(after.due_at.duration_since(now)).unwrap_or_default();
    if after.finished_at.is_none() {
        // The queue counts whole seconds, and an entry that comes too early does nothing.
        let delay = wait + Duration::from_secs(u64::from(wait.subsec_nanos() > 0));
        go_on_soon(platform, vendor, delay).await?;
    }
    Ok(())
}

/// One pass.
struct Eraser<'a> {
    platform: &'a Platform,
    vendor: &'a VendorId,
    /// What is left then is the next pass's.
    until: Instant,
    /// Nobody who knew the vendor before its deletion is at work any more.
    is_settled: bool,
    /// From when on that is so.
    settles_at: Timestamp,
}

/// How many of a kind were erased, and whether that was all.
type Done = (u64, bool);

impl Eraser<'_> {
    async fn erased(&self) -> Result<Pass, AwsError> {
        let mut deleted = Vec::new();
        if self.is_settled {
            deleted = self.platform.tables.deleted_numbers(self.vendor).await?;
        }
        let messages = self.items(Erasable::Messages).await?;
        let traces = self.items(Erasable::Traces).await?;
        let conversations = self.items(Erasable::Conversations).await?;
        let orders = self.items(Erasable::Orders).await?;
        let counts = self.items(Erasable::Counts).await?;
        let mut numbers = both(counts, self.items(Erasable::Numbers).await?);
        let files = self.files().await?;
        // Boxed: four queues are looked through side by side.
        let entries = Box::pin(self.entries()).await?;
        let is_in_doubt = entries.is_in_doubt;
        let entries = (entries.erased, entries.is_whole);
        if self.is_settled {
            // Nothing is left that a sender could find, so nobody misses the closed lanes.
            for waba in &deleted {
                numbers = both(numbers, self.items(Erasable::Lane(waba)).await?);
            }
            if numbers.1 {
                numbers = both(numbers, self.items(Erasable::Vendor).await?);
            }
        }
        let all = [
            messages,
            traces,
            conversations,
            orders,
            numbers,
            files,
            entries,
        ];
        Ok(Pass {
            erased: Erased {
                messages: messages.0,
                traces: traces.0,
                conversations: conversations.0,
                numbers: numbers.0,
                files: files.0,
                entries: entries.0,
                orders: orders.0,
            },
            is_whole: all.iter().all(|(_, is_whole)| *is_whole),
            is_in_doubt,
        })
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    async fn items(&self, what: Erasable<'_>) -> Result<Done, AwsError> {
        let (mut erased, mut start) = (0, None);
        loop {
            let page = self.platform.tables.erase(self.vendor, what, start).await?;
            erased += page.items;
            start = page.next;
            if start.is_none() {
                return Ok((erased, true));
            }
            if self.is_over() {
                return Ok((erased, false));
            }
        }
    }

    async fn files(&self) -> Result<Done, AwsError> {
        let (media, now) = (&self.platform.media, self.platform.clock.now());
        let mut erased = 0;
        loop {
            let names = media.names(&format!("{}/", self.vendor), now).await?;
            if names.is_empty() {
                return Ok((erased, true));
            }
            erased += u64::try_from(names.len()).unwrap_or(u64::MAX);
            let deleting = names
                .into_iter()
                .map(|name| async move { media.delete(&name, now).await });
            let deleting = stream::iter(deleting).buffer_unordered(FILES_AT_ONCE);
            deleting.try_collect::<()>().await?;
            if self.is_over() {
                return Ok((erased, false));
            }
        }
    }

    /// Entries in the queues that nobody consumes.
    async fn entries(&self) -> Result<Round, AwsError> {
        let since = self.is_settled.then_some(self.settles_at);
        scrub::round(self.platform, self.until, since).await
    }
}

fn both(one: Done, other: Done) -> Done {
    (one.0 + other.0, one.1 && other.1)
}
