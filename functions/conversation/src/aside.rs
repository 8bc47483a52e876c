//! A vendor's customers share few groups of the queue, so nobody may hold one up: an entry is tried once there, and what can't be done with
//! then goes on in its customer's own group, with whatever its customer writes meanwhile behind it.

use std::time::Duration;

use aws_lambda_events::event::sqs::SqsMessage;
use domain::entry::{Aside, InboundEntry};
use domain::limits;
use flows::batch::{self, Handled};
use jiff::Timestamp;
use platform::tables::{OwnGroup, place_aside};
use platform::{AwsError, Fifo};

use crate::App;

/// How long an entry waits aside that failed for a passing reason.
const FAILED_WAITS: Duration = Duration::from_secs(2);

/// An entry's turn in an invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit<'a> {
    pub(crate) invocation: &'a str,
    /// Its customer's own group, while it is in one with others.
    pub(crate) others: Option<OwnGroup<'a>>,
}

impl App {
    pub(crate) async fn visited(
        &self,
        record: &SqsMessage,
        entry: &InboundEntry,
        invocation: &str,
    ) -> Handled {
        let own = entry.own_group_id();
        let group = OwnGroup {
            vendor: &entry.vendor_id,
            id: &own,
        };
        if record.attributes.get("MessageGroupId") == Some(&own) {
            self.alone(record, entry, (group, invocation)).await
        } else {
            self.among_others(record, entry, (group, invocation)).await
        }
    }

    async fn among_others(
        &self,
        record: &SqsMessage,
        entry: &InboundEntry,
        (group, invocation): (OwnGroup<'_>, &str),
    ) -> Handled {
        // What comes back has failed in a way that nobody saw, or could not be set aside.
        let wait = if batch::receives(record) == 1 {
            let visit = Visit {
                invocation,
                others: Some(group),
            };
            match self.entry(entry, visit).await {
                Ok(Handled::Done) => return Handled::Done,
                Ok(Handled::Again(wait)) => wait.unwrap_or(limits::INBOUND_VISIBILITY),
                Err(_) => FAILED_WAITS,
            }
        } else {
            Duration::ZERO
        };
        match self.set_aside(record, entry, (group, wait)).await {
            Ok(()) => Handled::Done,
            Err(error) => {
                tracing::warn!(vendor.id = %entry.vendor_id, error = %error, "an entry that has to wait holds up its group");
                batch::give_back(&self.platform.queues, Fifo::Inbound, record, Err(error)).await
            }
        }
    }

    /// Noted first: what its customer writes next must not find it gone from here, and not there.
    async fn set_aside(
        &self,
        record: &SqsMessage,
        entry: &InboundEntry,
        (group, wait): (OwnGroup<'_>, Duration),
    ) -> Result<(), AwsError> {
        let now = self.platform.clock.now();
        let aside = Aside {
            since: received_first(record, now),
            until: now.checked_add(wait).unwrap_or(now),
        };
        let place = place_aside(aside.since, &entry.message_id());
        let message = record.message_id.as_deref().unwrap_or_default();
        let platform = &self.platform;
        platform.tables.set_aside(group, &place, now).await?;
        let enqueued = platform.queues.enqueue_aside(entry, message, aside);
        enqueued.await?;
        tracing::info!(
            vendor.id = %entry.vendor_id,
            message.id = %entry.message_id(),
            seconds = wait.as_secs(),
            "an entry is set aside"
        );
        Ok(())
    }

    async fn alone(
        &self,
        record: &SqsMessage,
        entry: &InboundEntry,
        (group, invocation): (OwnGroup<'_>, &str),
    ) -> Handled {
        let now = self.platform.clock.now();
        let aside = Aside::of(record.body.as_deref().unwrap_or_default());
        let handled = if let Some(wait) = aside.and_then(|aside| left(aside.until, now)) {
            Ok(Handled::Again(Some(wait)))
        } else {
            let visit = Visit {
                invocation,
                others: None,
            };
            self.entry(entry, visit).await
        };
        // The release before put every entry into such a group, and noted none of them.
        let since = aside.map_or_else(|| received_first(record, now), |aside| aside.since);
        let place = place_aside(since, &entry.message_id());
        let tables = &self.platform.tables;
        let noted = match (&handled, aside) {
            (Ok(Handled::Done), _) => tables.aside_no_more(group, &place).await,
            (Ok(Handled::Again(_)) | Err(_), None) => tables.set_aside(group, &place, now).await,
            (Ok(Handled::Again(_)) | Err(_), Some(_)) => Ok(()),
        };
        if let Err(error) = noted {
            tracing::warn!(vendor.id = %entry.vendor_id, error = %error, "what stands aside is not noted");
        }
        batch::give_back(&self.platform.queues, Fifo::Inbound, record, handled).await
    }
}

/// When a record was received first, unless that was long ago.
fn received_first(record: &SqsMessage, now: Timestamp) -> Timestamp {
    let first = record.attributes.get("ApproximateFirstReceiveTimestamp");
    let first = first.and_then(|first| Timestamp::from_millisecond(first.parse().ok()?).ok());
    let lately = now.checked_sub(limits::ASIDE_LIVES / 2).unwrap_or(now);
    first.filter(|first| *first > lately).unwrap_or(now)
}

/// How long it is until then, if it is not over.
fn left(until: Timestamp, now: Timestamp) -> Option<Duration> {
    let left = Duration::try_from(until.duration_since(now)).ok()?;
    (!left.is_zero()).then_some(left)
}
