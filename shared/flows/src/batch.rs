//! SQS batches: each record is handled by itself, in its order, and only what failed comes back.

use std::time::Duration;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use domain::entry::EntryError;
use platform::{AwsError, Fifo, Queues, telemetry};

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// It is done with, well or not: the queue forgets it.
    Done,
    /// It comes back: after this time, or when its visibility ends.
    Again(Option<Duration>),
}

/// Hands every record to `one`, in order. After a record that comes back, the later ones of its group come back too, untouched, so that
/// they do not overtake it.
pub async fn each<F>(event: SqsEvent, mut one: impl FnMut(SqsMessage) -> F) -> SqsBatchResponse
where
    F: Future<Output = Handled>,
{
    let mut failed = Vec::new();
    let mut stopped: Vec<Option<String>> = Vec::new();
    for record in event.records {
        let id = record.message_id.clone().unwrap_or_default();
        let group = record.attributes.get("MessageGroupId").cloned();
        let behind = group.is_some() && stopped.contains(&group);
        if behind || traced(record, &mut one).await != Handled::Done {
            stopped.push(group);
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failed.push(failure);
        }
    }
    let mut answer = SqsBatchResponse::default();
    answer.batch_item_failures = failed;
    answer
}

/// Goes on with the record's trace.
async fn traced<F>(record: SqsMessage, one: &mut impl FnMut(SqsMessage) -> F) -> Handled
where
    F: Future<Output = Handled>,
{
    let header = record.attributes.get("AWSTraceHeader").cloned();
    telemetry::continued(header.as_deref(), one(record)).await
}

/// Gives a record of a FIFO queue back if its work says so: after the work's own wait, or after a growing one if it failed, which the
/// work has logged.
pub async fn give_back(
    queues: &Queues,
    queue: Fifo,
    record: &SqsMessage,
    handled: Result<Handled, AwsError>,
) -> Handled {
    let wait = match handled {
        Ok(Handled::Done) => return Handled::Done,
        Ok(Handled::Again(wait)) => wait,
        Err(_) => Some(backoff(record)),
    };
    if let (Some(wait), Some(receipt)) = (wait, &record.receipt_handle)
        && let Err(error) = queues.hide(queue, receipt, wait).await
    {
        tracing::warn!(?queue, error = %error, "a queue entry comes back late");
    }
    Handled::Again(wait)
}

/// What becomes of an entry that this build can't read. It comes back until the dead-letter queue takes it: another build may read
/// another version, and none reads a malformed one.
pub fn unreadable(error: &EntryError) -> Handled {
    tracing::error!(error = %error, "a queue entry can't be read");
    Handled::Again((*error == EntryError::Malformed).then_some(Duration::from_secs(1)))
}

/// How long a record waits that can't be looked at before a restore is worked through: 4 s after the first receive, doubling to 17 minutes, so
/// that the receives which its queue allows last for hours.
pub fn after_a_restore(record: &SqsMessage) -> Handled {
    Handled::Again(Some(Duration::from_secs(2 << receives(record).clamp(1, 9))))
}

/// How long a record that failed for a passing reason waits: 2 s after the first receive, doubling to 90 s.
fn backoff(record: &SqsMessage) -> Duration {
    Duration::from_secs(1 << receives(record).clamp(1, 7)).min(Duration::from_secs(90))
}

/// How often the record was received, this time included.
pub fn receives(record: &SqsMessage) -> u32 {
    let receives = record.attributes.get("ApproximateReceiveCount");
    receives.and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(groups: &[Option<&str>]) -> SqsEvent {
        let record = |(at, group): (usize, Option<&str>)| {
            let mut record = SqsMessage::default();
            record.message_id = Some(format!("m{at}"));
            if let Some(group) = group {
                record
                    .attributes
                    .insert("MessageGroupId".to_owned(), group.to_owned());
            }
            record
        };
        let mut event = SqsEvent::default();
        event.records = groups.iter().copied().enumerate().map(record).collect();
        event
    }

    async fn failures(groups: &[Option<&str>], fails: &str) -> Vec<String> {
        let one = |record: SqsMessage| async move {
            if record.message_id.as_deref() == Some(fails) {
                Handled::Again(None)
            } else {
                Handled::Done
            }
        };
        each(event(groups), one)
            .await
            .batch_item_failures
            .into_iter()
            .map(|failure| failure.item_identifier)
            .collect()
    }

    #[tokio::test]
    async fn what_stands_behind_a_failure_of_its_group_comes_back_with_it() {
        assert_eq!(
            failures(&[Some("a"), Some("b"), Some("a")], "m0").await,
            ["m0", "m2"]
        );
    }

    #[tokio::test]
    async fn another_group_and_a_standard_queue_are_not_held_up() {
        assert_eq!(failures(&[Some("a"), Some("b")], "m0").await, ["m0"]);
        assert_eq!(failures(&[None, None], "m0").await, ["m0"]);
    }

    #[test]
    fn the_receives_of_a_queue_last_for_hours_of_a_restore() {
        let waits = (1..=20).map(|receives: u32| {
            let mut record = SqsMessage::default();
            let count = ("ApproximateReceiveCount".to_owned(), receives.to_string());
            record.attributes.extend([count]);
            match after_a_restore(&record) {
                Handled::Again(Some(wait)) => wait,
                Handled::Again(None) | Handled::Done => Duration::ZERO,
            }
        });
        let waits: Vec<_> = waits.collect();
        assert_eq!(waits[0], Duration::from_secs(4));
        assert!(waits.iter().sum::<Duration>() > Duration::from_hours(3));
    }

    #[test]
    fn a_record_that_failed_waits_longer_each_time() {
        let wait = |receives: &str| {
            let mut record = SqsMessage::default();
            let count = ("ApproximateReceiveCount".to_owned(), receives.to_owned());
            record.attributes.extend([count]);
            backoff(&record).as_secs()
        };
        assert_eq!(
            ["1", "2", "6", "7", "900", "?"].map(wait),
            [2, 4, 64, 90, 90, 2]
        );
    }
}
