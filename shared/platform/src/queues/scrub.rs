//! Looking through the queues that nobody consumes: what is looked at is out of sight for a while, so that the next look sees the rest.

use aws::sqs::ReceiptEntry;
use domain::limits;

use super::Queues;
use crate::error::AwsError;

/// A queue that entries stay in until a person decides about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Quarantine,
    InboundDead,
    OutboundDead,
    LaterDead,
}

impl Kept {
    pub const ALL: [Self; 4] = [
        Self::Quarantine,
        Self::InboundDead,
        Self::OutboundDead,
        Self::LaterDead,
    ];
}

/// An entry that was looked at.
#[derive(Clone, Debug)]
pub struct Seen {
    pub body: String,
    receipt: String,
}

impl Queues {
    /// Some entries of a queue that nobody looked at for a while; none if every one was.
    pub async fn look_through(&self, queue: Kept) -> Result<Vec<Seen>, AwsError> {
        let hides = i32::try_from(limits::SCRUB_HIDES.as_secs()).unwrap_or(i32::MAX);
        let request = self
            .client
            .receive_message()
            .queue_url(self.kept_url(queue)?)
            .max_number_of_messages(10)
            .visibility_timeout(hides)
            // A wait asks every server of the queue; without one an empty answer proves nothing.
            .wait_time_seconds(1);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("looking through a queue", &error))?;
        let seen = |message: aws::sqs::Message| {
            Some(Seen {
                body: message.body?,
                receipt: message.receipt_handle?,
            })
        };
        let messages = answer.messages;
        Ok(messages.into_iter().filter_map(seen).collect())
    }

    /// Deletes entries that were looked at just now.
    pub async fn scrub(&self, queue: Kept, entries: &[Seen]) -> Result<(), AwsError> {
        const ATTEMPTED: &str = "deleting entries of a queue";
        if entries.is_empty() {
            return Ok(());
        }
        let entry = |(place, seen): (usize, &Seen)| ReceiptEntry {
            id: place.to_string(),
            receipt_handle: seen.receipt.clone(),
            visibility_timeout: None,
        };
        let request = self
            .client
            .delete_message_batch()
            .queue_url(self.kept_url(queue)?)
            .entries(entries.iter().enumerate().map(entry).collect::<Vec<_>>());
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of(ATTEMPTED, &error))?;
        if answer.failed.is_empty() {
            Ok(())
        } else {
            Err(AwsError::contended(ATTEMPTED))
        }
    }

    fn kept_url(&self, queue: Kept) -> Result<&str, AwsError> {
        let dead = &self.urls.dead;
        let url = match queue {
            Kept::Quarantine => Some(&self.urls.quarantine),
            Kept::InboundDead => dead.inbound.as_ref(),
            Kept::OutboundDead => dead.outbound.as_ref(),
            Kept::LaterDead => dead.later.as_ref(),
        };
        url.map(String::as_str)
            .ok_or_else(|| AwsError::refused("looking through a queue", "not_configured"))
    }
}
