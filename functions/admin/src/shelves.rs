//! Looking through queues that nobody consumes, and dealing with what lies there, a bounded part at a time.

use std::collections::BTreeSet;

use domain::entry::vendor_of;
use domain::{VendorId, limits};
use flows::problem::Problem;
use http_api::Query;
use platform::{Shelf, Shelved};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::body::{Fields, Wrong, invalid};
use crate::listing::bad_query;
use crate::{App, unavailable};

/// Which messages of a queue are meant.
#[derive(Debug)]
pub(crate) enum Chosen {
    All,
    Of(VendorId),
    Ids(BTreeSet<String>),
}

impl Chosen {
    /// Reads `ids`, `vendorId` or `all`, one of them.
    pub(crate) fn read(fields: &Fields) -> Result<Self, Problem> {
        let mut wrong = Wrong::default();
        let ids = wrong.checked(ids(fields)).flatten();
        let vendor = fields.text("vendorId").and_then(|id| {
            id.map(VendorId::parse)
                .transpose()
                .map_err(|error| invalid("vendorId", error))
        });
        let vendor = wrong.checked(vendor).flatten();
        let all = wrong.checked(fields.flag("all")).flatten();
        wrong.none()?;
        match (ids, vendor, all.unwrap_or_default()) {
            (Some(ids), None, false) => Ok(Self::Ids(ids)),
            (None, Some(vendor), false) => Ok(Self::Of(vendor)),
            (None, None, true) => Ok(Self::All),
            _ => Err(invalid(
                "ids",
                "say one of ids, vendorId and all: true, so that nothing is meant by mistake",
            )),
        }
    }

    fn means(&self, message: &Shelved) -> bool {
        match self {
            Self::All => true,
            Self::Of(vendor) => vendor_of(&message.body).as_ref() == Some(vendor),
            Self::Ids(ids) => ids.contains(&message.id),
        }
    }

    /// For the record: whom or how many were meant.
    pub(crate) fn noted(&self) -> Value {
        match self {
            Self::All => json!("all"),
            Self::Of(vendor) => json!({ "vendorId": vendor.as_str() }),
            Self::Ids(ids) => json!({ "ids": ids }),
        }
    }
}

/// What became of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is dealt with, in this way, and leaves its queue.
    Done(&'static str),
    /// It stays, for this reason.
    Stays(&'static str),
}

/// What a request is to do with each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Replay,
    Redrive,
    Discard,
}

/// How a request got on.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    done: Vec<(String, &'static str)>,
    stayed: Vec<(String, &'static str)>,
    /// Looked at and not meant, or to stay: hidden until the end, so that what lies behind comes up.
    aside: Vec<Shelved>,
    looked_at: usize,
    /// Whether the request ended before the queue did.
    more: bool,
    failed: Option<Problem>,
}

impl Progress {
    fn dealt_with(&self) -> usize {
        self.done.len() + self.stayed.len()
    }

    fn stays(&mut self, message: Shelved, reason: &'static str) {
        self.stayed.push((message.id.clone(), reason));
        self.aside.push(message);
    }

    /// A message that stays holds back those behind it in its group, so that none overtakes it.
    fn is_behind(&self, message: &Shelved) -> bool {
        let stayed = |aside: &&Shelved| self.stayed.iter().any(|(id, _)| *id == aside.id);
        let mut stayed = self.aside.iter().filter(stayed);
        message.group.is_some() && stayed.any(|aside| aside.group == message.group)
    }
}

impl App {
    /// Some of what lies in a queue and is meant, as it lies there; others see it again at once. Also about how many there are.
    pub(crate) async fn look(
        &self,
        place: Shelf,
        vendor: Option<&VendorId>,
        most: usize,
    ) -> Result<(Vec<Shelved>, usize), Problem> {
        let queues = &self.platform.queues;
        let (mut seen, mut found) = (Vec::new(), 0);
        self.noted_look().await?;
        let total = queues.shelved(place).await;
        let total = total.map_err(|error| unavailable(&error))?;
        let wanted = |message: &Shelved| {
            vendor.is_none_or(|vendor| vendor_of(&message.body).as_ref() == Some(vendor))
        };
        while found < most && seen.len() < limits::SHELF_LOOKED_AT {
            let taken = queues.take_down(place, most - found, seen.len() < total);
            let taken = match taken.await {
                Ok(taken) => taken,
                Err(error) => {
                    self.put_back(place, &seen).await;
                    return Err(unavailable(&error));
                }
            };
            if taken.is_empty() {
                break;
            }
            found += taken.iter().filter(|message| wanted(message)).count();
            seen.extend(taken);
        }
        self.put_back(place, &seen).await;
        seen.retain(wanted);
        seen.truncate(most);
        Ok((seen, total))
    }

    /// Deals with the messages that are meant, in their order, until the time is over.
    pub(crate) async fn work_through(
        &self,
        place: Shelf,
        chosen: &Chosen,
        work: Work,
    ) -> Result<Progress, Problem> {
        let queues = &self.platform.queues;
        let end = Instant::now() + limits::SHELF_WORKS;
        self.noted_look().await?;
        let total = queues.shelved(place).await;
        let total = total.map_err(|error| unavailable(&error))?;
        let mut progress = Progress::default();
        while !progress.more && progress.failed.is_none() && !is_found(chosen, &progress) {
            let waits = progress.looked_at < total;
            match queues.take_down(place, limits::QUEUE_BATCH, waits).await {
                Ok(taken) if taken.is_empty() => break,
                Ok(taken) => {
                    progress.looked_at += taken.len();
                    for message in taken {
                        self.deal_with(place, (chosen, work), message, (&mut progress, end))
                            .await;
                    }
                }
                Err(error) => progress.failed = Some(unavailable(&error)),
            }
            progress.more |= progress.looked_at >= limits::SHELF_LOOKED_AT;
        }
        self.put_back(place, &progress.aside).await;
        // What was done is told; what failed is met again by the next request.
        match progress.failed.take() {
            Some(problem) if progress.dealt_with() == 0 => Err(problem),
            failed => {
                progress.more |= failed.is_some();
                Ok(progress)
            }
        }
    }

    async fn deal_with(
        &self,
        place: Shelf,
        (chosen, work): (&Chosen, Work),
        message: Shelved,
        (progress, end): (&mut Progress, Instant),
    ) {
        let is_over = progress.dealt_with() >= limits::SHELF_MOST || Instant::now() >= end;
        if progress.failed.is_some() || progress.more || !chosen.means(&message) || is_over {
            progress.more |= is_over;
            return progress.aside.push(message);
        }
        if work != Work::Discard && progress.is_behind(&message) {
            return progress.stays(message, "behind_another");
        }
        // Boxed: it is long, and every request's future would have its size.
        match Box::pin(self.deal(place, work, &message)).await {
            Ok(Verdict::Done(how)) => {
                if let Err(error) = self.platform.queues.take_away(place, &message).await {
                    // It is dealt with once more, and nothing comes of that.
                    tracing::warn!(error = %error, "a message stays in its queue though it is dealt with");
                }
                progress.done.push((message.id, how));
            }
            Ok(Verdict::Stays(reason)) => progress.stays(message, reason),
            Err(problem) => {
                progress.failed = Some(problem);
                progress.aside.push(message);
            }
        }
    }

    async fn deal(&self, place: Shelf, work: Work, message: &Shelved) -> Result<Verdict, Problem> {
        match (place, work) {
            (Shelf::Quarantine, _) => self.replay(message).await,
            (_, Work::Discard) => self.discard_dead(place, message).await,
            (_, Work::Redrive | Work::Replay) => self.redrive(place, message).await,
        }
    }

    /// Whoever erases a vendor must know that something may be out of sight.
    async fn noted_look(&self) -> Result<(), Problem> {
        let noting = self.platform.tables.note_look(self.platform.clock.now());
        noting.await.map_err(|error| unavailable(&error))
    }

    async fn put_back(&self, place: Shelf, messages: &[Shelved]) {
        if let Err(error) = self.platform.queues.put_back(place, messages).await {
            tracing::warn!(error = %error, "messages are hidden for a while longer");
        }
    }
}

fn is_found(chosen: &Chosen, progress: &Progress) -> bool {
    matches!(chosen, Chosen::Ids(ids) if progress.dealt_with() >= ids.len())
}

/// How a request got on, as it is answered.
pub(crate) fn answered(chosen: &Chosen, progress: &Progress) -> Value {
    let done = progress.done.iter();
    let done: Vec<_> = done
        .map(|(id, how)| json!({ "id": id, "outcome": how }))
        .collect();
    let stayed = progress.stayed.iter();
    let stayed: Vec<_> = stayed
        .map(|(id, reason)| json!({ "id": id, "reason": reason }))
        .collect();
    let met: BTreeSet<_> = [&progress.done, &progress.stayed]
        .into_iter()
        .flatten()
        .map(|(id, _)| id)
        .collect();
    let missing: Vec<_> = match chosen {
        Chosen::Ids(ids) => ids.iter().filter(|id| !met.contains(id)).collect(),
        Chosen::All | Chosen::Of(_) => Vec::new(),
    };
    json!({ "done": done, "stayed": stayed, "missing": missing, "more": progress.more })
}

/// What the record tells of it.
pub(crate) fn noted(chosen: &Chosen, progress: &Progress) -> Value {
    json!({ "chosen": chosen.noted(), "done": progress.done.len(), "stayed": progress.stayed.len() })
}

/// How many to show, and whose.
pub(crate) fn wanted(query: &Query) -> Result<(usize, Option<VendorId>), Problem> {
    let limit = match query.first("limit") {
        None => limits::SHELF_PAGE,
        Some(_) => crate::listing::limit(query)?,
    };
    let vendor = query.first("vendorId").map(VendorId::parse).transpose();
    let vendor = vendor.map_err(|error| bad_query("vendorId", error))?;
    Ok((limit, vendor))
}

/// The ids of messages, as a list shows them.
fn ids(fields: &Fields) -> Result<Option<BTreeSet<String>>, Problem> {
    let wrong = || invalid("ids", "is a list of 1 to 100 ids that a list showed");
    let ids = match fields.members().get("ids") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(ids)) => ids,
        Some(_) => return Err(wrong()),
    };
    let is_usable = |id: &&str| (1..=128).contains(&id.len());
    let read = |id: &Value| id.as_str().filter(is_usable).map(str::to_owned);
    let read: Option<BTreeSet<_>> = ids.iter().map(read).collect();
    let read = read.filter(|_| (1..=limits::SHELF_MOST).contains(&ids.len()));
    read.map(Some).ok_or_else(wrong)
}
