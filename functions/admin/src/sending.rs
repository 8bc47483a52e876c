use std::slice::from_mut;
use std::time::Duration;

use domain::conversation::{Conversation, Resolution, resolve};
use domain::{
    Contact, Draft, Fingerprint, GroupId, Identity, MessageId, Origin, Outbound, VendorId, WabaId,
    WabaInstance,
};
use flows::dispatch;
use flows::problem::{self, Problem};
use jiff::Timestamp;
use platform::tables::{Staff, Staffed};
use serde_json::json;

use crate::body::invalid;
use crate::call::{Call, Scope};
use crate::draft::Wanted;
use crate::routes::Route;
use crate::{Answer, App, no_such_vendor, unavailable};

pub(crate) const ROUTES: &[Route] = &[Route::new(
    "POST",
    "/vendors/{vendorId}/send-message",
    Scope::Send,
    |app, call| Box::pin(app.send_message(call)),
)
.in_ledger()];

/// How often a message is written anew because its conversation moved meanwhile.
const TRIES: usize = 4;

/// A key of the caller's, scoped by vendor and key owner, and what it stands for.
struct Idempotency {
    name: String,
    asked: String,
}

impl App {
    /// Queues a message of the vendor's staff; the same key and body give the same message.
    async fn send_message(&self, call: Call<'_>) -> Answer {
        let vendor = &call.vendor()?;
        let (wanted, numbers) = self.wanted(vendor, call.body).await?;
        let idempotency = idempotency(&call, &wanted)?;
        let known = idempotency
            .as_ref()
            .map(|key| (key.name.as_str(), key.asked.as_str()));
        let repeated = self
            .platform
            .tables
            .repeated(vendor, known, self.platform.clock.now());
        if let Some(answer) = self
            .settled(vendor, repeated.await.map_err(|error| unavailable(&error))?)
            .await?
        {
            return Ok(answer);
        }
        if let Some(question) = &wanted.in_reply_to {
            return self.answer_later(&call, (&wanted, question), known).await;
        }
        let waba = sent_from(vendor, &numbers, wanted.waba.as_ref())?;
        self.staff_writes(&call, (&wanted, &waba), known).await
    }

    async fn staff_writes(
        &self,
        call: &Call<'_>,
        (wanted, waba): (&Wanted, &WabaId),
        known: Option<(&str, &str)>,
    ) -> Answer {
        let vendor = &call.vendor()?;
        let to = wanted.to.as_ref();
        let to = to.ok_or_else(|| invalid("to", "is missing or empty"))?;
        let id = MessageId::from_bits(uuid::Uuid::now_v7().as_u128());
        for _ in 0..TRIES {
            let now = self.platform.clock.now();
            let (mut conversation, new_aliases) = self.conversation(vendor, to).await?;
            let drafted = drafted((&id, waba, to), &conversation, wanted);
            let drafted = self.quoting(vendor, wanted, drafted).await?;
            let mut message = Outbound {
                asked_by: Some(call.caller.name.clone()),
                ..drafted.queued(now)
            };
            conversation.holds(from_mut(&mut message), Duration::ZERO, now);
            conversation.offers(&message);
            let staff = Staff {
                message: &message,
                conversation: &conversation,
                new_aliases: &new_aliases,
                idempotency: known,
                answers: None,
            };
            if let Some(answer) = self.kept(staff, now).await? {
                return Ok(answer);
            }
        }
        Err(crate::attending::busy())
    }

    /// Keeps a message and enqueues it; `None`: its conversation moved meanwhile. Should the queue refuse it, the sweep enqueues it.
    pub(crate) async fn kept(
        &self,
        staff: Staff<'_>,
        now: Timestamp,
    ) -> Result<Option<http_api::Response>, Problem> {
        let message = staff.message;
        let is_opted_out = staff.conversation.is_opted_out();
        let kept = self.platform.tables.keep_staff(staff, now).await;
        let settled = kept.map_err(|error| unavailable(&error))?;
        if settled == Staffed::Lost {
            return Ok(None);
        }
        if let Some(answer) = self.settled(&message.vendor, settled).await? {
            return Ok(Some(answer));
        }
        let dispatched = dispatch::dispatch(&self.platform, std::slice::from_ref(message));
        if let Err(error) = dispatched.await {
            tracing::warn!(message.id = %message.id, error = %error, "a message is enqueued later");
        }
        Ok(Some(queued(&message.id, is_opted_out)))
    }

    /// The answer to a request whose key came before; `None` goes on.
    async fn settled(
        &self,
        vendor: &VendorId,
        staffed: Staffed,
    ) -> Result<Option<http_api::Response>, Problem> {
        match staffed {
            Staffed::Written | Staffed::Lost => Ok(None),
            Staffed::Conflict => {
                let detail = "this Idempotency-Key came before with another request; use a new one";
                Err(Problem::new(
                    409,
                    "idempotency_conflict",
                    "Conflict",
                    detail,
                ))
            }
            Staffed::Repeated(id) => {
                let kept = self
                    .platform
                    .tables
                    .outbound(vendor, &id)
                    .await
                    .map_err(|error| unavailable(&error))?;
                let is_opted_out = match kept {
                    Some(message) => self.again(message).await?,
                    None => false,
                };
                Ok(Some(queued(&id, is_opted_out)))
            }
        }
    }

    /// Enqueues a message that was asked for before, and answers whether its customer asked to be written to no more.
    async fn again(&self, message: Outbound) -> Result<bool, Problem> {
        let (vendor, id) = (message.vendor.clone(), message.id.clone());
        let conversation = message.conversation.clone();
        if let Err(error) = dispatch::again(&self.platform, vec![message]).await {
            tracing::warn!(message.id = %id, error = %error, "a message is enqueued later");
        }
        let read = self
            .platform
            .tables
            .conversation(&vendor, &conversation)
            .await;
        let read = read.map_err(|error| unavailable(&error))?;
        Ok(read.is_some_and(|conversation| conversation.is_opted_out()))
    }

    /// What is asked for, and the vendor's numbers: a national number is of the country that the vendor's own is of.
    async fn wanted(
        &self,
        vendor: &VendorId,
        body: &[u8],
    ) -> Result<(Wanted, Vec<WabaInstance>), Problem> {
        let numbers = self.platform.tables.instances(vendor).await;
        let numbers = numbers.map_err(|error| unavailable(&error))?;
        let country = numbers.first().and_then(|number| number.phone.country());
        let country = country.as_deref().unwrap_or(&self.default_country);
        Ok((Wanted::read(body, country)?, numbers))
    }

    async fn conversation(
        &self,
        vendor: &VendorId,
        to: &Identity,
    ) -> Result<(Conversation, Vec<Identity>), Problem> {
        let tables = &self.platform.tables;
        let aliases = tables
            .aliases(vendor, vec![to.clone()])
            .await
            .map_err(|error| unavailable(&error))?;
        let existing = match resolve(&aliases) {
            Some(Resolution::One(id) | Resolution::Merge { into: id, .. }) => tables
                .conversation(vendor, &id)
                .await
                .map_err(|error| unavailable(&error))?,
            Some(Resolution::Begin(_)) | None => None,
        };
        Ok(match existing {
            Some(found) => (
                Conversation {
                    version: found.version + 1,
                    ..found
                },
                Vec::new(),
            ),
            None => (
                Conversation {
                    version: 1,
                    contact: addressee(to, Contact::default()).0,
                    ..Conversation::begin(vendor, to)
                },
                vec![to.clone()],
            ),
        })
    }
}

/// Who is written to: the number that was asked for, whatever other number is known of the person; or a group.
fn addressee(to: &Identity, known: Contact) -> (Contact, Option<GroupId>) {
    match to {
        Identity::Phone(phone) => (
            Contact {
                phone: Some(phone.clone()),
                ..known
            },
            None,
        ),
        Identity::Lid(lid) => (
            Contact {
                lid: Some(lid.clone()),
                ..known
            },
            None,
        ),
        Identity::Group(group) => (Contact::default(), Some(group.clone())),
    }
}

/// The number that was asked for, or the vendor's first.
fn sent_from(
    vendor: &VendorId,
    numbers: &[WabaInstance],
    asked: Option<&WabaId>,
) -> Result<WabaId, Problem> {
    let first = numbers.first().ok_or_else(no_such_vendor)?;
    let wanted = asked.cloned().unwrap_or_else(|| WabaId::first_of(vendor));
    let found = numbers.iter().find(|number| number.waba_id == wanted);
    match (found, asked) {
        (Some(_), _) => Ok(wanted),
        (None, None) => Ok(first.waba_id.clone()),
        (None, Some(_)) => Err(invalid("wabaId", "the vendor has no such number")),
    }
}

fn drafted(
    (id, waba, to): (&MessageId, &WabaId, &Identity),
    conversation: &Conversation,
    asked: &Wanted,
) -> Draft {
    let (to, group) = addressee(to, conversation.contact.clone());
    Draft {
        id: id.clone(),
        vendor: conversation.vendor.clone(),
        waba: waba.clone(),
        conversation: conversation.id.clone(),
        to,
        group,
        content: asked.content.clone(),
        quote: None,
        origin: Origin::Staff,
        index: 0,
    }
}

fn idempotency(call: &Call<'_>, wanted: &Wanted) -> Result<Option<Idempotency>, Problem> {
    let Some(key) = call.headers.get("idempotency-key") else {
        return Ok(None);
    };
    let usable = |key: &&str| (1..=255).contains(&key.len());
    let key = key
        .to_str()
        .ok()
        .filter(usable)
        .ok_or_else(|| invalid("Idempotency-Key", "has 1 to 255 visible ASCII characters"))?;
    Ok(Some(Idempotency {
        name: Fingerprint::of(&[&call.caller.name, key]).hex(),
        asked: wanted.fingerprint(),
    }))
}

/// A person may still write to somebody who asked for silence, and is told whom they write to.
fn queued(id: &MessageId, is_opted_out: bool) -> http_api::Response {
    let mut answer = json!({ "messageId": id.as_str(), "status": "queued" });
    if is_opted_out {
        answer["optedOut"] = true.into();
    }
    problem::json(202, &answer)
}
