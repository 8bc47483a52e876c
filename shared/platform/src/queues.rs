mod scrub;
mod traced;

use std::time::Duration;

use aws::sqs::SendMessageBatchRequestEntry;
use domain::entry::{Aside, InboundEntry, LaterEntry, OutboundEntry, QuarantineEntry};
use domain::{Fingerprint, limits};
use jiff::Timestamp;

use crate::config::QueueUrls;
use crate::error::AwsError;

pub use scrub::{Kept, Seen};

/// The gateway's queues.
#[derive(Clone, Debug)]
pub struct Queues {
    pub(crate) client: aws::sqs::Client,
    pub(crate) urls: QueueUrls,
}

/// A queue that keeps the order within a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fifo {
    Inbound,
    Outbound,
}

/// One message of a FIFO batch, ready to be sent.
struct Message {
    body: String,
    group: String,
    dedup: String,
}

impl Queues {
    pub(crate) fn new(client: aws::sqs::Client, urls: QueueUrls) -> Self {
        Self { client, urls }
    }

    /// Enqueues events in their order and answers which of them are not in the queue: all that were refused, and whatever follows a
    /// refused one in its group.
    pub async fn enqueue_inbound(&self, entries: &[InboundEntry]) -> Vec<usize> {
        let fifo = entries
            .iter()
            .map(|e| Message {
                body: e.to_body(),
                group: e.group_id(),
                dedup: e.dedup_id(),
            })
            .collect::<Vec<_>>();
        self.send_all(&self.urls.inbound, &fifo).await
    }

    /// Gives an entry to the conversation function once more, at its time: the queue remembers the id that it came under, and its claim
    /// makes it count once.
    pub async fn return_inbound(
        &self,
        entry: &InboundEntry,
        at: Timestamp,
    ) -> Result<(), AwsError> {
        let at = at.as_second().to_string();
        let dedup = Fingerprint::of(&[&entry.dedup_id(), "returned", &at]);
        self.send_inbound(entry, entry.to_body(), &dedup).await
    }

    /// Gives an entry to the conversation function once more, in its customer's own group. The message of the queue that it was names
    /// it: the same is set aside once.
    pub async fn enqueue_aside(
        &self,
        entry: &InboundEntry,
        message: &str,
        aside: Aside,
    ) -> Result<(), AwsError> {
        let dedup = Fingerprint::of(&[&entry.dedup_id(), "aside", message]);
        let body = entry.to_body_aside(aside);
        self.send_inbound_to(entry.own_group_id(), body, &dedup)
            .await
    }

    pub(crate) async fn send_inbound(
        &self,
        entry: &InboundEntry,
        body: String,
        dedup: &Fingerprint,
    ) -> Result<(), AwsError> {
        self.send_inbound_to(entry.group_id(), body, dedup).await
    }

    async fn send_inbound_to(
        &self,
        group: String,
        body: String,
        dedup: &Fingerprint,
    ) -> Result<(), AwsError> {
        let dedup = dedup.hex();
        let message = Message { body, group, dedup };
        self.send_one(&self.urls.inbound, &message)
            .await
            .map_err(|error| AwsError::of("sending to the inbound queue", &error))
    }

    /// Enqueues messages to send in their order; answers as [`Queues::enqueue_inbound`].
    pub async fn enqueue_outbound(&self, entries: &[OutboundEntry]) -> Vec<usize> {
        let fifo = entries
            .iter()
            .map(|e| Message {
                body: e.to_body(),
                group: e.group_id(),
                dedup: e.dedup_id(),
            })
            .collect::<Vec<_>>();
        self.send_all(&self.urls.outbound, &fifo).await
    }

    /// Has something looked at again after `delay` (at most 15 minutes, SQS's bound).
    pub async fn later(&self, entry: &LaterEntry, delay: Duration) -> Result<(), AwsError> {
        let delay = i32::try_from(delay.as_secs().min(900)).unwrap_or(900);
        let request = self
            .client
            .send_message()
            .queue_url(&self.urls.later)
            .message_body(entry.to_body())
            .delay_seconds(delay)
            .message_system_attributes(traced::attributes());
        request
            .send()
            .await
            .map_err(|error| AwsError::of("sending to the later queue", &error))?;
        Ok(())
    }

    /// Keeps what was genuine and not understood.
    pub async fn quarantine(&self, entry: &QuarantineEntry) -> Result<(), AwsError> {
        let request = self
            .client
            .send_message()
            .queue_url(&self.urls.quarantine)
            .message_body(entry.to_body());
        request
            .send()
            .await
            .map_err(|error| AwsError::of("sending to the quarantine queue", &error))?;
        Ok(())
    }

    /// Hides a message of a FIFO queue from its group for `wait` (SQS counts whole seconds).
    pub async fn hide(&self, queue: Fifo, receipt: &str, wait: Duration) -> Result<(), AwsError> {
        let queue = match queue {
            Fifo::Inbound => &self.urls.inbound,
            Fifo::Outbound => &self.urls.outbound,
        };
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let seconds = i32::try_from(seconds.min(43_200)).unwrap_or(43_200);
        let request = self
            .client
            .change_message_visibility()
            .queue_url(queue)
            .receipt_handle(receipt)
            .visibility_timeout(seconds);
        request
            .send()
            .await
            .map_err(|error| AwsError::of("changing a message's visibility", &error))?;
        Ok(())
    }

    async fn send_all(&self, queue: &str, messages: &[Message]) -> Vec<usize> {
        let mut refused: Vec<usize> = Vec::new();
        let mut start = 0;
        while start < messages.len() {
            let end = batch_end(messages, start);
            // What follows a refused message of its group would overtake it.
            let held = |at: &usize| {
                refused
                    .iter()
                    .any(|no| messages[*no].group == messages[*at].group)
            };
            let (held, sent): (Vec<usize>, Vec<usize>) = (start..end).partition(held);
            refused.extend(held);
            refused.extend(self.send_batch(queue, messages, &sent).await);
            start = end;
        }
        refused.sort_unstable();
        refused
    }

    async fn send_one(&self, queue: &str, message: &Message) -> Result<(), aws::Error> {
        let request = self
            .client
            .send_message()
            .queue_url(queue)
            .message_body(&message.body)
            .message_group_id(&message.group)
            .message_deduplication_id(&message.dedup)
            .message_system_attributes(traced::attributes());
        request.send().await.map(|_| ())
    }

    /// Sends one batch and answers which of it was refused. A refused entry takes those of its group that stand behind it in the batch
    /// along only in the answer: SQS may have taken them, and sending them again changes nothing, for their dedup ids are remembered.
    async fn send_batch(&self, queue: &str, messages: &[Message], indexes: &[usize]) -> Vec<usize> {
        if let [only] = indexes {
            return match self.send_one(queue, &messages[*only]).await {
                Ok(()) => Vec::new(),
                Err(error) => {
                    warn(&AwsError::of("sending to a queue", &error));
                    vec![*only]
                }
            };
        }
        let entry = |at: &usize| {
            let message = &messages[*at];
            SendMessageBatchRequestEntry {
                id: at.to_string(),
                message_body: message.body.clone(),
                message_group_id: message.group.clone(),
                message_deduplication_id: message.dedup.clone(),
                message_system_attributes: traced::attributes(),
            }
        };
        if indexes.is_empty() {
            return Vec::new();
        }
        let request = self
            .client
            .send_message_batch()
            .queue_url(queue)
            .entries(indexes.iter().map(entry).collect::<Vec<_>>());
        match request.send().await {
            Ok(answer) => {
                let failed: Vec<usize> = answer
                    .failed
                    .iter()
                    .filter_map(|failed| failed.id.parse().ok())
                    .collect();
                let follows = |at: &usize| {
                    failed
                        .iter()
                        .any(|no| no <= at && messages[*no].group == messages[*at].group)
                };
                indexes.iter().copied().filter(follows).collect()
            }
            Err(error) => {
                warn(&AwsError::of("sending a batch to a queue", &error));
                indexes.to_vec()
            }
        }
    }
}

fn warn(error: &AwsError) {
    tracing::warn!(error = %error, "a queue refused messages");
}

/// Where the batch that begins at `start` ends, by count and by bytes.
fn batch_end(messages: &[Message], start: usize) -> usize {
    let mut bytes = 0;
    let fits = |message: &&Message| {
        bytes += message.body.len();
        bytes <= limits::QUEUE_BATCH_BYTES
    };
    let count = messages[start..]
        .iter()
        .take(limits::QUEUE_BATCH)
        .take_while(fits)
        .count();
    start + count.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(sizes: &[usize]) -> Vec<Message> {
        sizes
            .iter()
            .map(|size| Message {
                body: "x".repeat(*size),
                group: String::new(),
                dedup: String::new(),
            })
            .collect()
    }

    #[test]
    fn batches_are_bounded_by_count_and_by_bytes_and_never_empty() {
        assert_eq!(batch_end(&messages(&[1; 25]), 0), 10);
        assert_eq!(batch_end(&messages(&[1; 25]), 20), 25);
        assert_eq!(batch_end(&messages(&[100 * 1024; 5]), 0), 2);
        assert_eq!(batch_end(&messages(&[300 * 1024, 1]), 0), 1);
    }
}
