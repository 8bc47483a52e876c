//! Who attends to a conversation: it is taken over, given back, and what is to be sent in it is stopped. Each may be asked for twice.

use std::collections::BTreeSet;

use domain::control::Takeover;
use domain::conversation::{Attendant, Conversation};
use domain::{MessageId, Outbound, limits};
use flows::problem::{self, Problem};
use jiff::{Timestamp, ToSpan as _};
use platform::tables::KeptConversation;
use serde_json::{Value, json};

use crate::actions::Cancelled;
use crate::body::{Fields, Wrong, invalid};
use crate::call::{Call, Scope};
use crate::routes::Route;
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(
        "POST",
        "/vendors/{vendorId}/conversations/{conversationId}/takeover",
        Scope::Send,
        |app, call| Box::pin(app.take_over(call)),
    ),
    Route::new(
        "POST",
        "/vendors/{vendorId}/conversations/{conversationId}/release",
        Scope::Send,
        |app, call| Box::pin(app.release(call)),
    ),
    Route::new(
        "POST",
        "/vendors/{vendorId}/conversations/{conversationId}/cancel",
        Scope::Send,
        |app, call| Box::pin(app.cancel_open(call)),
    ),
];

/// How often a decision is made anew because the conversation moved meanwhile.
const TRIES: usize = 6;

impl App {
    /// Leaves a conversation to a person: automatic replies that were not begun are never sent.
    async fn take_over(&self, call: Call<'_>) -> Answer {
        let takeover = self.takeover(&call)?;
        self.attend(call, |conversation, _| conversation.taken_over(&takeover))
            .await
    }

    /// Has the engine answer a conversation again.
    async fn release(&self, call: Call<'_>) -> Answer {
        self.attend(call, Conversation::released).await
    }

    /// Writes who attends, unless it is so already.
    async fn attend(
        &self,
        call: Call<'_>,
        decide: impl Fn(&Conversation, Timestamp) -> Option<Conversation>,
    ) -> Answer {
        let (vendor, id) = (&call.vendor()?, &call.conversation()?);
        for _ in 0..TRIES {
            let before = self.kept_conversation(vendor, id).await?;
            let now = self.platform.clock.now();
            let Some(conversation) = decide(&before.conversation, now) else {
                return Ok(problem::json(
                    200,
                    &crate::conversations::shown(&before, now),
                ));
            };
            let written = self.platform.tables.attend(&conversation, now).await;
            if written.map_err(|error| unavailable(&error))?.is_done() {
                let after = KeptConversation {
                    conversation,
                    updated_at: now,
                };
                call.change
                    .note(attendance(&before, now), attendance(&after, now));
                tracing::info!(vendor.id = %vendor, conversation.id = %after.conversation.id, "who attends to a conversation changed");
                return Ok(problem::json(
                    200,
                    &crate::conversations::shown(&after, now),
                ));
            }
        }
        Err(busy())
    }

    /// Stops everything in a conversation that did not leave yet, so many at once.
    async fn cancel_open(&self, call: Call<'_>) -> Answer {
        let (vendor, id) = (&call.vendor()?, &call.conversation()?);
        let kept = self.kept_conversation(vendor, id).await?;
        let open = self.open_sends(&kept.conversation).await?;
        let (mut cancelled, mut refused, mut lanes) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut more = false;
        for send in open {
            more = cancelled.len() == limits::CANCELLED_AT_ONCE;
            if more {
                break;
            }
            match self.cancelled(send).await? {
                Cancelled::Now { before, .. } => {
                    if before.listed {
                        lanes.insert(before.waba.clone());
                    }
                    cancelled.push(before.id.clone());
                }
                Cancelled::Before(send) => cancelled.push(send.id),
                Cancelled::Not(send, refusal) => {
                    refused.push(not_cancellable(&send, refusal.code()));
                }
            }
        }
        for waba in &lanes {
            self.go_on(vendor, waba).await;
        }
        let cancelled: Vec<_> = cancelled.iter().map(MessageId::as_str).collect();
        if !cancelled.is_empty() {
            call.change
                .note(Value::Null, json!({ "cancelled": cancelled }));
        }
        let answer = json!({
            "conversationId": kept.conversation.id.as_str(),
            "cancelled": cancelled,
            "notCancellable": refused,
            "more": more,
        });
        Ok(problem::json(200, &answer))
    }

    fn takeover(&self, call: &Call<'_>) -> Result<Takeover, Problem> {
        let body = if call.body.is_empty() {
            b"{}"
        } else {
            call.body
        };
        let fields = Fields::read(body, &["by", "minutes"])?;
        let mut wrong = Wrong::default();
        let by = wrong.checked(fields.text("by").and_then(name)).flatten();
        let minutes = fields.whole("minutes", 1..=limits::TAKEOVER_MINUTES_MOST);
        let minutes = wrong.checked(minutes).flatten();
        wrong.none()?;
        let now = self.platform.clock.now();
        let until = |minutes: u32| now + i64::from(minutes).minutes();
        Ok(Takeover {
            until: minutes.map_or(Attendant::UNTIL_RELEASED, until),
            by: by.unwrap_or(&call.caller.label).to_owned(),
        })
    }
}

/// The name of whoever takes over.
fn name(by: Option<&str>) -> Result<Option<&str>, Problem> {
    let is_usable = |by: &str| {
        let chars = by.chars().count();
        (1..=limits::TAKEN_BY_CHARS).contains(&chars) && !by.chars().any(char::is_control)
    };
    match by {
        Some(by) if !is_usable(by) => Err(invalid("by", "has 1 to 80 characters in one line")),
        by => Ok(by),
    }
}

/// What the record tells of a conversation: nothing of the customer.
fn attendance(kept: &KeptConversation, now: Timestamp) -> Value {
    let mut shown = crate::conversations::shown(kept, now);
    let members = [
        "conversationId",
        "status",
        "attendedBy",
        "attendedUntil",
        "priority",
    ];
    members
        .into_iter()
        .map(|name| (name.to_owned(), shown[name].take()))
        .collect()
}

fn not_cancellable(send: &Outbound, code: &'static str) -> Value {
    json!({ "messageId": send.id.as_str(), "status": send.status(), "code": code })
}

pub(crate) fn busy() -> Problem {
    let detail = "the conversation is busy; repeat the request";
    Problem::new(503, "unavailable", "Unavailable", detail)
}
