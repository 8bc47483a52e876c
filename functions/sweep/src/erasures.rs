//! Vendors that were deleted: their data is erased pass by pass, by the queue, and by the timer if an entry got lost.

use aws_lambda_events::event::sqs::SqsMessage;
use domain::entry::{LaterEntry, LaterJob};
use domain::limits;
use flows::batch::Handled;
use flows::erasure;
use jiff::Timestamp;

use crate::{App, PAGE, Pass};

/// Whether a record of the `later` queue asks for a pass of an erasure.
pub(crate) fn is_an_erasure(record: &SqsMessage) -> bool {
    let body = record.body.as_deref().unwrap_or_default();
    LaterEntry::from_body(body).is_ok_and(|entry| matches!(entry.job, LaterJob::Erase {}))
}

impl App {
    /// A pass that would begin late in its invocation is left to the timer.
    pub(crate) async fn erasure_in_time(&self, record: SqsMessage, began: Timestamp) -> Handled {
        let until = began.checked_add(limits::ERASURE_BEGINS);
        if until.is_ok_and(|until| self.platform.clock.now() > until) {
            return Handled::Done;
        }
        self.later(record).await
    }

    /// Erasures that somebody should have gone on with by now.
    pub(crate) async fn due_erasures(&self) -> Pass {
        let (mut pass, clock) = (Pass::default(), &self.platform.clock);
        let began = clock.now();
        let due = self.platform.tables.due_erasures(began, PAGE).await;
        match due {
            Ok(due) => {
                for vendor in due {
                    let until = began.checked_add(limits::ERASURE_BEGINS);
                    if until.is_ok_and(|until| clock.now() > until) {
                        break;
                    }
                    let going_on = Box::pin(erasure::go_on(&self.platform, &vendor));
                    pass.count("erasures", going_on.await);
                }
            }
            Err(error) => pass.count("erasures", Err(error)),
        }
        pass
    }
}
