use jiff::{SignedDuration, Timestamp};

use super::error::SqsError;
use super::message::{Flight, Message, ReceiptHandle, Standing, seconds};
use super::queue::{Queue, Received};
use super::selection::{Selection, Terms};

/// Only so many messages of a queue may be in flight at once.
const MAX_IN_FLIGHT: usize = 120_000;

/// The receiving side of a queue.
impl Queue {
    /// Hands out messages, and removes those that were received too often.
    pub(crate) fn receive(
        &mut self,
        terms: Terms,
    ) -> Result<(Vec<Received>, Vec<Message>), SqsError> {
        let (now, is_fifo) = (terms.now, self.settings.is_fifo());
        self.expire(now);
        self.backlog.land(now);
        if self.backlog.in_flight().len() >= MAX_IN_FLIGHT {
            return if is_fifo {
                Ok((Vec::new(), Vec::new()))
            } else {
                Err(SqsError::OverLimit)
            };
        }
        let select = if is_fifo {
            Selection::fifo
        } else {
            Selection::standard
        };
        let Selection { deliver, dead } = select(&self.backlog, terms);
        let dead = dead
            .into_iter()
            .filter_map(|sequence| self.backlog.remove(sequence))
            .collect();
        let visibility = terms
            .take
            .visibility_seconds
            .unwrap_or(self.settings.visibility_seconds);
        let delivered = deliver.into_iter().filter_map(|sequence| {
            let message = self.backlog.take_off(now, sequence, visibility)?;
            let receipt_handle = ReceiptHandle::of(&self.name, message).encode();
            Some(Received {
                message: message.clone(),
                receipt_handle,
            })
        });
        Ok((delivered.collect(), dead))
    }

    pub(crate) fn delete(&mut self, now: Timestamp, handle: &str) -> Result<(), SqsError> {
        self.expire(now);
        let receipt = self.receipt_of(handle)?;
        let Some(message) = self.backlog.get(receipt.sequence) else {
            return Ok(());
        };
        let is_latest = message.receives == receipt.receive;
        let is_held = is_latest && message.standing(now) == Standing::InFlight;
        if self.settings.is_fifo() && !is_held {
            let reason = "The receipt handle has expired.";
            return Err(SqsError::bad_value("ReceiptHandle", handle, reason));
        }
        if is_latest {
            self.backlog.remove(receipt.sequence);
        }
        Ok(())
    }

    pub(crate) fn change_visibility(
        &mut self,
        now: Timestamp,
        handle: &str,
        visibility_seconds: u32,
    ) -> Result<(), SqsError> {
        self.expire(now);
        let receipt = self.receipt_of(handle)?;
        let Some(message) = self.backlog.get_mut(receipt.sequence) else {
            let reason =
                "Message does not exist or is not available for visibility timeout change.";
            return Err(SqsError::bad_value("ReceiptHandle", handle, reason));
        };
        let is_held =
            message.receives == receipt.receive && message.standing(now) == Standing::InFlight;
        let Some(flight) = message.flight.filter(|_| is_held) else {
            return Err(SqsError::MessageNotInflight);
        };
        let until = now + seconds(visibility_seconds);
        if until > flight.since + SignedDuration::from_hours(12) {
            let reason =
                "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
            let value = visibility_seconds.to_string();
            return Err(SqsError::bad_value("VisibilityTimeout", &value, reason));
        }
        message.flight = Some(Flight { until, ..flight });
        self.backlog.land(now);
        Ok(())
    }

    /// The receipt handles of the messages in flight.
    pub(crate) fn held(&self, now: Timestamp) -> Vec<String> {
        let flying = self
            .peek(now)
            .filter(|message| message.standing(now) == Standing::InFlight);
        flying
            .map(|message| ReceiptHandle::of(&self.name, message).encode())
            .collect()
    }

    fn receipt_of(&self, handle: &str) -> Result<ReceiptHandle, SqsError> {
        let receipt = ReceiptHandle::parse(handle)?;
        if receipt.queue == self.name {
            Ok(receipt)
        } else {
            Err(SqsError::ReceiptHandleIsInvalid)
        }
    }
}
