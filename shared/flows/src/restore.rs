//! After the tables were restored from a backup: what the backup holds open comes into doubt, what must not come back goes again, and
//! until all of that is done nothing leaves and nothing is decided.

pub mod held;

use std::time::Duration;

use domain::erasure::Erasure;
use domain::restore::record::{self, Record, What};
use domain::restore::{Phase, Progress, Restore, Worked};
use domain::{ConversationId, MessageId, VendorConfig, VendorId, WabaId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use platform::tables::{Settled, VendorWrite, Waiting};
use platform::{AwsError, Platform};
use tokio::time::Instant;

use crate::lane::TRIES;
use crate::{erasure, session};

/// Items of a page that are worked on at the same time.
const AT_ONCE: usize = 16;
/// How long after its lane was emptied a number is verified: once the restore is over, as far as one can tell.
const VERIFIED_AFTER: Duration = Duration::from_mins(1);
/// By whom a key is revoked again.
const BY: &str = "restore";

/// Whether there is a restore that is not worked through.
pub async fn is_pending(platform: &Platform, restore: Option<Restore>) -> Result<bool, AwsError> {
    let Some(restore) = restore else {
        return Ok(false);
    };
    let progress = platform.tables.restore(restore).await?;
    Ok(!progress.is_some_and(|progress| progress.is_done()))
}

/// Works on a restore until it is done, or until then. A page whose worker dies is worked on again; that changes nothing twice.
pub async fn go_on(platform: &Platform, restore: Restore, until: Instant) -> Result<(), AwsError> {
    let tables = &platform.tables;
    if platform.clock.now() < restore.moment() {
        // What is made until then is of before.
        tracing::warn!(restore = %restore, "a restore's moment is to come; nothing leaves before");
        return Ok(());
    }
    let Some(mut progress) = tables.restore(restore).await? else {
        let begun = Progress::begun(platform.clock.now());
        tables.keep_restore(restore, None, &begun).await?;
        return Box::pin(go_on(platform, restore, until)).await;
    };
    while !progress.is_done() && Instant::now() < until {
        let (worked, next) = page(platform, restore, &progress).await?;
        let after = progress.went_on(worked, next, platform.clock.now());
        let keeping = tables.keep_restore(restore, Some(&progress), &after);
        if !keeping.await?.is_done() {
            // Somebody else works on it.
            return Ok(());
        }
        progress = after;
    }
    let Worked {
        records,
        sends,
        questions,
        lanes,
    } = progress.worked;
    tracing::warn!(restore = %restore, phase = progress.phase.as_str(), records, sends, questions, lanes, "a restore is worked through");
    Ok(())
}

/// Does a page of a phase; with where the next one begins.
async fn page(
    platform: &Platform,
    restore: Restore,
    progress: &Progress,
) -> Result<(Worked, Option<String>), AwsError> {
    let cursor = progress.cursor.as_deref();
    let mut worked = Worked::default();
    let next = match progress.phase {
        Phase::Records => return records(platform, cursor.unwrap_or(record::CHANGES)).await,
        Phase::Sends => {
            let page = platform.tables.waiting(Waiting::Messages, cursor).await?;
            let one = |(vendor, id)| doubted(platform, restore, vendor, id);
            worked.sends = each(page.items.into_iter().map(one)).await?;
            page.next
        }
        Phase::Questions => {
            let page = platform.tables.waiting(Waiting::Questions, cursor).await?;
            let one = |(vendor, id)| left(platform, restore, vendor, id);
            worked.questions = each(page.items.into_iter().map(one)).await?;
            page.next
        }
        Phase::Lanes => {
            let page = platform.tables.all_lanes(cursor).await?;
            let one = |(vendor, waba)| emptied(platform, restore, vendor, waba);
            worked.lanes = each(page.items.into_iter().map(one)).await?;
            page.next
        }
        Phase::Done => None,
    };
    Ok((worked, next))
}

/// Does them, some at a time; the answer is how many changed something.
async fn each(
    works: impl Iterator<Item = impl Future<Output = Result<bool, AwsError>>>,
) -> Result<u64, AwsError> {
    let works = stream::iter(works).buffer_unordered(AT_ONCE);
    let changed = works.try_fold(
        0,
        |sum, changed| async move { Ok(sum + u64::from(changed)) },
    );
    changed.await
}

async fn doubted(
    platform: &Platform,
    restore: Restore,
    vendor: VendorId,
    id: MessageId,
) -> Result<bool, AwsError> {
    let tables = &platform.tables;
    for _ in 0..TRIES {
        let Some(before) = tables.restored_send(&vendor, &id).await? else {
            return Ok(false);
        };
        let Some(after) = restore.doubted(&before) else {
            return Ok(false);
        };
        let now = platform.clock.now();
        if tables.doubt_restored(&before, &after, now).await?.is_done() {
            return Ok(true);
        }
    }
    Err(AwsError::contended("doubting a restored send"))
}

async fn left(
    platform: &Platform,
    restore: Restore,
    vendor: VendorId,
    id: MessageId,
) -> Result<bool, AwsError> {
    let question = platform.tables.question(&vendor, &id).await?;
    let Some(before) = question.and_then(|question| question.deferred) else {
        return Ok(false);
    };
    let Some(after) = restore.left(&before) else {
        return Ok(false);
    };
    let settled = Settled {
        before: &before,
        after: &after,
        said: None,
    };
    let settling = platform
        .tables
        .settle_deferred(settled, platform.clock.now());
    settling.await.map(|commit| commit.is_done())
}

async fn emptied(
    platform: &Platform,
    restore: Restore,
    vendor: VendorId,
    waba: WabaId,
) -> Result<bool, AwsError> {
    let (tables, at) = (&platform.tables, (&vendor, &waba));
    for _ in 0..TRIES {
        let (before, now) = (tables.lane(at.0, at.1).await?, platform.clock.now());
        let after = restore.emptied(before.clone(), now);
        if !tables.empty_lane(at, &before, &after, now).await?.is_done() {
            continue;
        }
        if !after.closed
            && let Err(error) = session::verify_after(platform, at, VERIFIED_AFTER).await
        {
            // The sweep looks at a lane that is held.
            tracing::warn!(vendor.id = %vendor, error = %error, "a number is verified later");
        }
        return Ok(true);
    }
    Err(AwsError::contended("emptying a lane"))
}

/// Does again what some records tell, in their order.
async fn records(platform: &Platform, behind: &str) -> Result<(Worked, Option<String>), AwsError> {
    let beginning = if behind.starts_with(record::WORDS) {
        record::WORDS
    } else {
        record::CHANGES
    };
    let now = platform.clock.now();
    let names = platform.records.names(beginning, Some(behind), now).await?;
    let mut worked = Worked::default();
    for name in &names {
        let Some(record) = Record::read(name) else {
            tracing::error!("a record of what a restore must not undo is not understood");
            continue;
        };
        worked.records += u64::from(done_again(platform, &record).await?);
    }
    let ends = beginning == record::WORDS;
    let next = names.last().cloned();
    Ok((
        worked,
        next.or_else(|| (!ends).then(|| record::WORDS.to_owned())),
    ))
}

/// Does again what a record tells, unless the tables know it, or something later; `true` if they did not.
async fn done_again(platform: &Platform, record: &Record) -> Result<bool, AwsError> {
    let tables = &platform.tables;
    match &record.what {
        What::VendorDeleted(vendor) => deleted_again(platform, record, vendor).await,
        What::NumberDeleted(vendor, _) => {
            let numbers = tables.instances(vendor).await?;
            match numbers.iter().find(|number| record.deletes_number(number)) {
                Some(number) => erasure::close(platform, number).await,
                None => Ok(false),
            }
        }
        What::KeyRevoked(key) => {
            let before = tables.revoke_admin_key(key, BY, record.at).await?;
            Ok(before.is_some_and(|key| !key.revoked))
        }
        What::Active(vendor, _) => active_again(platform, record, vendor).await,
        What::Written(vendor, conversation, may_write) => {
            word_again(platform, (vendor, conversation), (*may_write, record.at)).await
        }
    }
}

/// The conversation is reminded of its customer's word; if it was lost, the next one of its customer is.
async fn word_again(
    platform: &Platform,
    (vendor, id): (&VendorId, &ConversationId),
    (may_write, at): (bool, Timestamp),
) -> Result<bool, AwsError> {
    let tables = &platform.tables;
    for _ in 0..TRIES {
        let Some(conversation) = tables.conversation(vendor, id).await? else {
            let word = (may_write, at);
            return tables.keep_word((vendor, id), word).await.map(|()| true);
        };
        let Some(mut reminded) = conversation.reminded(may_write, at) else {
            return Ok(false);
        };
        reminded.version += 1;
        let writing = tables.attend(&reminded, platform.clock.now());
        if writing.await?.is_done() {
            return Ok(true);
        }
    }
    Err(AwsError::contended("reminding of a customer's word"))
}

async fn deleted_again(
    platform: &Platform,
    record: &Record,
    vendor: &VendorId,
) -> Result<bool, AwsError> {
    let tables = &platform.tables;
    for _ in 0..TRIES {
        let row = tables.vendor(vendor).await?;
        let Some(row) = row.filter(|row| record.deletes(&row.config)) else {
            return Ok(false);
        };
        // At its own time, for since then nobody could know the vendor's secrets; and so it is the same record.
        let begun = Erasure {
            due_at: platform.clock.now(),
            ..Erasure::begun(record.at, row.config.revision + 1)
        };
        if tables.begin_erasure(&row.config, &begun).await?.is_done() {
            erasure::stop(platform, vendor).await?;
            return Ok(true);
        }
    }
    Err(AwsError::contended("deleting a vendor again"))
}

async fn active_again(
    platform: &Platform,
    record: &Record,
    vendor: &VendorId,
) -> Result<bool, AwsError> {
    let tables = &platform.tables;
    for _ in 0..TRIES {
        let Some(row) = tables.vendor(vendor).await? else {
            return Ok(false);
        };
        let Some(active) = record.activity(&row.config) else {
            return Ok(false);
        };
        // At its own time, so that a later record is later than this.
        let after = VendorConfig {
            active,
            ..row.config.changed(record.at)
        };
        let numbers: Vec<_> = row.instances.iter().map(|it| &it.waba_id).collect();
        let write = VendorWrite {
            before: &row.config,
            after: &after,
            numbers: &numbers,
        };
        if tables.change_vendor(write, platform.clock.now()).await? {
            return Ok(true);
        }
    }
    Err(AwsError::contended("pausing a vendor again"))
}
