//! How many sends that a restore brought into doubt wait for a person.

use std::collections::BTreeMap;

use domain::limits;
use domain::restore::held::{Held, is_decided};
use domain::restore::{Progress, Restore};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use platform::tables::HeldSend;
use platform::{AwsError, Platform};

use super::AT_ONCE;

/// Counts them unless that was done lately. `None`: the restore is not done yet.
pub async fn count(platform: &Platform, restore: Restore) -> Result<Option<Held>, AwsError> {
    let (tables, now) = (&platform.tables, platform.clock.now());
    let progress = tables.restore(restore).await?;
    let Some(progress) = progress.filter(Progress::is_done) else {
        return Ok(None);
    };
    // A restore that is done brings nothing more into doubt.
    let is_good =
        |held: &Held, at| held.left() == 0 || now.duration_since(at) < limits::HELD_COUNTED;
    if let Some((held, _)) = progress.held.filter(|(held, at)| is_good(held, *at)) {
        return Ok(Some(held));
    }
    let (mut sends, mut left, mut cursor) = (0, BTreeMap::new(), None);
    loop {
        let page = tables.held(restore, cursor.as_deref()).await?;
        sends += page.items.len() as u64;
        let open = page.items.into_iter().filter(|send| !send.is_decided);
        for send in still_open(platform, restore, open.collect()).await? {
            *left.entry(send.vendor).or_default() += 1;
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let held = Held::counted(sends, left);
    tables.keep_held(restore, &held, now).await?;
    Ok(Some(held))
}

/// Those of a page on which nobody decided; the others are noted.
async fn still_open(
    platform: &Platform,
    restore: Restore,
    sends: Vec<HeldSend>,
) -> Result<Vec<HeldSend>, AwsError> {
    let found = platform.tables.held_messages(&sends).await?;
    let (mut open, mut decided) = (Vec::new(), Vec::new());
    for (send, message) in sends.into_iter().zip(&found) {
        if is_decided(message.as_ref()) {
            decided.push(send);
        } else {
            open.push(send);
        }
    }
    let tables = &platform.tables;
    let noting = decided
        .into_iter()
        .map(|send| async move { tables.no_longer_held(restore, &send).await });
    let noting = stream::iter(noting).buffer_unordered(AT_ONCE);
    noting.try_collect::<()>().await?;
    Ok(open)
}
