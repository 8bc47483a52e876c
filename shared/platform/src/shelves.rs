//! Queues that nobody consumes but an operator: the quarantine and the dead-letter queues. SQS can't list a queue, so what is looked at
//! is received, hidden from others for a while, and put back.

use aws::sqs::{Message, ReceiptEntry};
use domain::entry::InboundEntry;
use domain::{Fingerprint, limits};
use jiff::Timestamp;

use crate::error::AwsError;
use crate::queues::Queues;

/// A queue where things lie until somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    Quarantine,
    InboundDead,
    OutboundDead,
    LaterDead,
}

/// A message as it lies there.
#[derive(Clone, Debug)]
pub struct Shelved {
    /// SQS's id of it, which it keeps however often it is received.
    pub id: String,
    receipt: String,
    pub body: String,
    pub group: Option<String>,
    pub receives: u32,
    pub sent_at: Option<Timestamp>,
    pub first_received_at: Option<Timestamp>,
}

impl Queues {
    /// About how many messages lie there for everybody to see.
    pub async fn shelved(&self, place: Shelf) -> Result<usize, AwsError> {
        let attempted = "counting a queue's messages";
        let wanted = "ApproximateNumberOfMessages";
        let request = self
            .client
            .get_queue_attributes()
            .queue_url(self.url(place)?)
            .attribute_names(vec![wanted]);
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of(attempted, &error))?;
        let count = answer.attributes.get(wanted);
        Ok(count
            .and_then(|count| count.parse().ok())
            .unwrap_or_default())
    }

    /// Receives some, which nobody else sees for a while; `patient` waits for what should be there.
    pub async fn take_down(
        &self,
        place: Shelf,
        most: usize,
        patient: bool,
    ) -> Result<Vec<Shelved>, AwsError> {
        let most = i32::try_from(most.clamp(1, limits::QUEUE_BATCH)).unwrap_or(1);
        let hidden = i32::try_from(limits::SHELF_HIDES.as_secs()).unwrap_or(i32::MAX);
        let request = self
            .client
            .receive_message()
            .queue_url(self.url(place)?)
            .max_number_of_messages(most)
            .visibility_timeout(hidden)
            .wait_time_seconds(if patient {
                limits::SHELF_POLL_SECONDS
            } else {
                0
            })
            .message_system_attribute_names(vec![RECEIVES, FIRST_RECEIVED, SENT, GROUP]);
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of("looking into a queue", &error))?;
        let messages = answer.messages;
        Ok(messages.into_iter().filter_map(read).collect())
    }

    /// Lets everybody see messages again. What fails comes back by itself.
    pub async fn put_back(&self, place: Shelf, messages: &[Shelved]) -> Result<(), AwsError> {
        let url = self.url(place)?;
        for batch in messages.chunks(limits::QUEUE_BATCH) {
            let entry = |(at, message): (usize, &Shelved)| ReceiptEntry {
                id: at.to_string(),
                receipt_handle: message.receipt.clone(),
                visibility_timeout: Some(0),
            };
            let entries: Vec<_> = batch.iter().enumerate().map(entry).collect();
            let request = self
                .client
                .change_message_visibility_batch()
                .queue_url(url)
                .entries(entries);
            let answer = request.send().await;
            answer.map_err(|error| AwsError::of("putting messages back", &error))?;
        }
        Ok(())
    }

    /// Removes a message for good.
    pub async fn take_away(&self, place: Shelf, message: &Shelved) -> Result<(), AwsError> {
        let request = self
            .client
            .delete_message()
            .queue_url(self.url(place)?)
            .receipt_handle(&message.receipt);
        let answer = request.send().await;
        answer
            .map(|_| ())
            .map_err(|error| AwsError::of("removing a message from a queue", &error))
    }

    /// Gives an entry to the conversation function once more: under an id of its own, for the queue may remember the old one, and its
    /// claim makes it count once.
    pub async fn redrive_inbound(
        &self,
        entry: &InboundEntry,
        from: &Shelved,
    ) -> Result<(), AwsError> {
        let receives = from.receives.to_string();
        let dedup = Fingerprint::of(&[&entry.dedup_id(), "redriven", &from.id, &receives]);
        self.send_inbound(entry, from.body.clone(), &dedup).await
    }

    fn url(&self, place: Shelf) -> Result<&str, AwsError> {
        let dead = &self.urls.dead;
        let url = match place {
            Shelf::Quarantine => Some(&self.urls.quarantine),
            Shelf::InboundDead => dead.inbound.as_ref(),
            Shelf::OutboundDead => dead.outbound.as_ref(),
            Shelf::LaterDead => dead.later.as_ref(),
        };
        url.map(String::as_str)
            .ok_or_else(|| AwsError::refused("looking into a queue", "not_configured"))
    }
}

/// What SQS tells of a message.
const RECEIVES: &str = "ApproximateReceiveCount";
const FIRST_RECEIVED: &str = "ApproximateFirstReceiveTimestamp";
const SENT: &str = "SentTimestamp";
const GROUP: &str = "MessageGroupId";

fn read(message: Message) -> Option<Shelved> {
    let attributes = message.attributes;
    let text = |name: &str| attributes.get(name).cloned();
    let time = |name: &str| {
        let millis = text(name)?.parse().ok()?;
        Timestamp::from_millisecond(millis).ok()
    };
    Some(Shelved {
        id: message.message_id?,
        receipt: message.receipt_handle?,
        body: message.body.unwrap_or_default(),
        receives: text(RECEIVES)
            .and_then(|count| count.parse().ok())
            .unwrap_or_default(),
        sent_at: time(SENT),
        first_received_at: time(FIRST_RECEIVED),
        group: text(GROUP),
    })
}
