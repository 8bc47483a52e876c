//! What people decide about a message that was to be sent: repeat it, stop it, close it. Each may be asked for twice.

use domain::action::{self, Refusal};
use domain::{MessageId, Outbound, VendorId, WabaId};
use flows::problem::{self, Problem};
use flows::{dispatch, session};
use platform::telemetry::{self, Metric};
use serde_json::{Value, json};

use crate::call::{Call, Scope};
use crate::routes::Route;
use crate::{Answer, App, no_such_message, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(
        "GET",
        "/vendors/{vendorId}/messages/{messageId}",
        Scope::Read,
        |app, call| Box::pin(app.get_message(call)),
    ),
    Route::new(
        "POST",
        "/vendors/{vendorId}/messages/{messageId}/retry",
        Scope::Send,
        |app, call| Box::pin(app.retry(call)),
    ),
    Route::new(
        "POST",
        "/vendors/{vendorId}/messages/{messageId}/cancel",
        Scope::Send,
        |app, call| Box::pin(app.cancel(call)),
    ),
    Route::new(
        "POST",
        "/vendors/{vendorId}/messages/{messageId}/discard",
        Scope::Send,
        |app, call| Box::pin(app.discard(call)),
    ),
];

/// How it ended that a message was to be cancelled.
pub(crate) enum Cancelled {
    Now {
        before: Box<Outbound>,
        after: Box<Outbound>,
    },
    /// It was cancelled already.
    Before(Box<Outbound>),
    Not(Box<Outbound>, Refusal),
}

/// How often a decision is made anew because the message moved meanwhile.
const TRIES: usize = 6;

impl App {
    /// Sends a message again, as a new one; asked for twice, there is one.
    async fn retry(&self, call: Call<'_>) -> Answer {
        let (vendor, id) = (&call.vendor()?, &call.message()?);
        let tables = &self.platform.tables;
        for _ in 0..TRIES {
            let message = self.to_be_sent(vendor, id).await?;
            if let Some(repeated) = &message.follow_up.retried_by {
                return self.retried(vendor, repeated, id).await;
            }
            let now = self.platform.clock.now();
            let retry = action::retry(&message, now).map_err(refused)?;
            let kept = tables.keep_retry(&message, &retry, now).await;
            if kept.map_err(|error| unavailable(&error))?.is_done() {
                call.change.note(
                    json!({ "retriedBy": null }),
                    json!({ "retriedBy": retry.new.id.as_str() }),
                );
                return self.retried(vendor, &retry.new.id, id).await;
            }
        }
        Err(busy())
    }

    /// The repetition is kept; should the queue refuse it, the sweep enqueues it.
    async fn retried(&self, vendor: &VendorId, id: &MessageId, of: &MessageId) -> Answer {
        let repeated = self.to_be_sent(vendor, id).await?;
        let status = repeated.status();
        if let Err(error) = dispatch::again(&self.platform, vec![repeated]).await {
            tracing::warn!(message.id = %id, error = %error, "a message is enqueued later");
        }
        let answer = json!({ "messageId": id.as_str(), "status": status, "retryOf": of.as_str() });
        Ok(problem::json(202, &answer))
    }

    /// Stops a message that did not leave yet. Of this and a sender that takes it at the same moment one wins.
    async fn cancel(&self, call: Call<'_>) -> Answer {
        let message = self.to_be_sent(&call.vendor()?, &call.message()?).await?;
        match self.cancelled(message).await? {
            Cancelled::Now { before, after } => {
                if before.listed {
                    self.go_on(&before.vendor, &before.waba).await;
                }
                note(&call, &before, &after);
                Ok(decided(&after))
            }
            Cancelled::Before(message) => Ok(decided(&message)),
            Cancelled::Not(_, refusal) => Err(refused(refusal)),
        }
    }

    /// Cancels a message as it was read, or as it became meanwhile.
    pub(crate) async fn cancelled(&self, mut message: Outbound) -> Result<Cancelled, Problem> {
        for _ in 0..TRIES {
            let after = match action::cancel(&message) {
                Ok(Some(cancelled)) => Outbound {
                    listed: false,
                    ..cancelled
                },
                Ok(None) => return Ok(Cancelled::Before(Box::new(message))),
                Err(refusal) => return Ok(Cancelled::Not(Box::new(message), refusal)),
            };
            let (tables, now) = (&self.platform.tables, self.platform.clock.now());
            let written = tables.decide_outbound(&message, &after, now).await;
            if written.map_err(|error| unavailable(&error))?.is_done() {
                telemetry::count_for(Metric::SendCancelled, "asked", &after.vendor);
                let (before, after) = (Box::new(message), Box::new(after));
                return Ok(Cancelled::Now { before, after });
            }
            message = self.to_be_sent(&message.vendor, &message.id).await?;
        }
        Err(busy())
    }

    /// Has a lane go on whose list became shorter. The sweep looks at it too, should this fail.
    pub(crate) async fn go_on(&self, vendor: &VendorId, waba: &WabaId) {
        if let Err(error) = session::verify_soon(&self.platform, (vendor, waba)).await {
            tracing::warn!(vendor.id = %vendor, error = %error, "a lane goes on later");
        }
    }

    /// Closes a message in doubt for good.
    async fn discard(&self, call: Call<'_>) -> Answer {
        let (vendor, id) = (&call.vendor()?, &call.message()?);
        for _ in 0..TRIES {
            let message = self.to_be_sent(vendor, id).await?;
            let now = self.platform.clock.now();
            let Some(discarded) = action::discard(&message, now).map_err(refused)? else {
                return Ok(decided(&message));
            };
            let written = self
                .platform
                .tables
                .decide_outbound(&message, &discarded, now)
                .await;
            if written.map_err(|error| unavailable(&error))?.is_done() {
                call.change
                    .note(json!({ "discarded": false }), json!({ "discarded": true }));
                return Ok(decided(&discarded));
            }
        }
        Err(busy())
    }

    /// A message as the API shows it alone: with what was tried, and what is known of it and of its repetitions.
    async fn get_message(&self, call: Call<'_>) -> Answer {
        let (vendor, id) = (&call.vendor()?, &call.message()?);
        self.not_deleted(vendor).await?;
        let found = self.platform.tables.message(vendor, id).await;
        let found = found.map_err(|error| unavailable(&error))?;
        let (listed, outbound) = found.ok_or_else(no_such_message)?;
        let mut shown = crate::shown::shown(&listed, self.media(&listed).as_ref());
        shown["receipts"] = Value::Null;
        if let (Some(message), Some(members)) = (outbound, shown.as_object_mut()) {
            let family = self.family(&message).await?;
            members.insert("receipts".to_owned(), self.receipts(&message).await?);
            members.insert("sending".to_owned(), self.sending(&message, &family));
            members.insert(
                "history".to_owned(),
                family.iter().map(short).collect::<Vec<_>>().into(),
            );
        }
        Ok(problem::json(200, &shown))
    }

    /// How many members of its group a message reached, as far as they told; null before WhatsApp's id of it is known.
    async fn receipts(&self, message: &Outbound) -> Result<Value, Problem> {
        let Some(key_id) = &message.reference.key_id else {
            return Ok(Value::Null);
        };
        let tables = &self.platform.tables;
        let told = tables
            .receipts(&message.vendor, &message.waba, key_id)
            .await;
        let told = told.map_err(|error| unavailable(&error))?;
        Ok(json!({ "delivered": told.delivered, "read": told.read, "played": told.played }))
    }

    /// A message with what it repeats and what repeats it, oldest first, so many of each.
    async fn family(&self, message: &Outbound) -> Result<Vec<Outbound>, Problem> {
        const KIN: usize = 10;
        let mut family = vec![message.clone()];
        for _ in 0..KIN {
            let Some(older) = family[0].follow_up.retry_of.clone() else {
                break;
            };
            let Some(older) = self.outbound(&message.vendor, &older).await? else {
                break;
            };
            family.insert(0, older);
        }
        for _ in 0..KIN {
            let last = family.last().unwrap_or(message);
            let Some(newer) = last.follow_up.retried_by.clone() else {
                break;
            };
            let Some(newer) = self.outbound(&message.vendor, &newer).await? else {
                break;
            };
            family.push(newer);
        }
        Ok(family)
    }

    fn sending(&self, message: &Outbound, family: &[Outbound]) -> Value {
        let follow_up = &message.follow_up;
        let pairs = family.windows(2);
        let suspected = pairs
            .filter(|pair| pair.iter().any(|one| one.id == message.id))
            .any(|pair| action::duplicate_suspected(&pair[0], &pair[1]));
        json!({
            "dispatch": message.dispatch.as_str(),
            "attempts": message.attempts,
            "failure": message.failure,
            "whatsappId": message.reference.key_id.as_ref().map(domain::ProviderMessageId::as_str),
            "wasenderId": message.reference.msg_id,
            "wabaId": message.waba.as_str(),
            "conversationId": message.conversation.as_str(),
            "askedBy": message.asked_by,
            "begunAt": follow_up.begun_at.map(|at| at.to_string()),
            "expiresAt": message.expires.map(|at| at.to_string()),
            "settling": message.is_settling(self.platform.clock.now()),
            "discardedAt": follow_up.discarded_at.map(|at| at.to_string()),
            "restoredAt": follow_up.restored_at.map(|at| at.to_string()),
            "retryOf": follow_up.retry_of.as_ref().map(MessageId::as_str),
            "retriedBy": follow_up.retried_by.as_ref().map(MessageId::as_str),
            "duplicateSuspected": suspected,
        })
    }

    async fn outbound(
        &self,
        vendor: &VendorId,
        id: &MessageId,
    ) -> Result<Option<Outbound>, Problem> {
        let found = self.platform.tables.message(vendor, id).await;
        let found = found.map_err(|error| unavailable(&error))?;
        Ok(found.and_then(|(_, outbound)| outbound))
    }

    async fn to_be_sent(&self, vendor: &VendorId, id: &MessageId) -> Result<Outbound, Problem> {
        self.not_deleted(vendor).await?;
        self.outbound(vendor, id).await?.ok_or_else(no_such_message)
    }
}

/// One of a family: enough to tell them apart.
fn short(message: &Outbound) -> Value {
    json!({
        "messageId": message.id.as_str(),
        "status": message.status(),
        "attempts": message.attempts,
        "whatsappId": message.reference.key_id.as_ref().map(domain::ProviderMessageId::as_str),
        "wasenderId": message.reference.msg_id,
        "createdAt": message.created_at.to_string(),
    })
}

/// Notes for the record what a decision changed.
fn note(call: &Call<'_>, before: &Outbound, after: &Outbound) {
    let state = |message: &Outbound| json!({ "status": message.status() });
    call.change.note(state(before), state(after));
}

fn decided(message: &Outbound) -> http_api::Response {
    let discarded = message.follow_up.discarded_at.map(|at| at.to_string());
    let answer = json!({
        "messageId": message.id.as_str(), "status": message.status(), "discardedAt": discarded,
    });
    problem::json(200, &answer)
}

fn refused(refusal: Refusal) -> Problem {
    Problem::new(409, refusal.code(), "Conflict", refusal.advice())
}

pub(crate) fn busy() -> Problem {
    Problem::new(
        503,
        "unavailable",
        "Unavailable",
        "the message is busy; repeat the request",
    )
}
