use domain::conversation::{Conversation, Resolution, resolve};
use domain::{
    Contact, Content, Draft, Fingerprint, Identity, MessageId, Origin, Outbound, PhoneNumber,
    VendorId, WabaId, limits,
};
use flows::dispatch;
use flows::problem::{self, Problem};
use jiff::Timestamp;
use lambda_http::http::HeaderValue;
use platform::tables::{Staff, Staffed};
use serde_json::json;

use crate::auth::Owner;
use crate::body::{Fields, invalid};
use crate::{Answer, App, no_such_vendor, unavailable};

/// How often a message is written anew because its conversation moved meanwhile.
const TRIES: usize = 4;

/// What the vendor's staff asks to send.
pub(crate) struct Asked<'a> {
    pub(crate) owner: &'a Owner,
    pub(crate) key: Option<&'a HeaderValue>,
    pub(crate) body: &'a [u8],
}

/// A key of the caller's, scoped by vendor and key owner, and what it stands for.
struct Idempotency {
    name: String,
    asked: String,
}

impl App {
    /// Queues a message of the vendor's staff; the same key and body give the same message.
    pub(crate) async fn send_message(&self, vendor: &VendorId, asked: Asked<'_>) -> Answer {
        let (to, text) = self.read(asked.body)?;
        let idempotency = idempotency(&asked, &to, &text)?;
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
        let waba = self.waba(vendor).await?;
        let id = MessageId::from_bits(uuid::Uuid::now_v7().as_u128());
        for _ in 0..TRIES {
            let now = self.platform.clock.now();
            let (conversation, new_aliases) = self.conversation(vendor, &to).await?;
            let message = message((&id, &waba), &conversation, (&to, &text), now);
            let staff = Staff {
                message: &message,
                conversation: &conversation,
                new_aliases: &new_aliases,
                idempotency: known,
            };
            match self
                .platform
                .tables
                .keep_staff(staff, now)
                .await
                .map_err(|error| unavailable(&error))?
            {
                Staffed::Lost => {}
                settled => {
                    if let Some(answer) = self.settled(vendor, settled).await? {
                        return Ok(answer);
                    }
                    // It is kept now; should the queue refuse it, the sweep enqueues it.
                    if let Err(error) =
                        dispatch::dispatch(&self.platform, std::slice::from_ref(&message)).await
                    {
                        tracing::warn!(message.id = %message.id, error = %error, "a message is enqueued later");
                    }
                    return Ok(queued(&id));
                }
            }
        }
        Err(Problem::new(
            503,
            "unavailable",
            "Unavailable",
            "the conversation is busy; repeat the request",
        ))
    }

    fn read(&self, body: &[u8]) -> Result<(PhoneNumber, String), Problem> {
        let fields = Fields::read(body, &["to", "message"])?;
        let to = fields.required("to")?;
        let to =
            PhoneNumber::parse(to, &self.default_country).map_err(|error| invalid("to", error))?;
        let text = fields.required("message")?;
        if text.len() > limits::REPLY_TEXT_BYTES {
            return Err(invalid(
                "message",
                format_args!("may have {} bytes", limits::REPLY_TEXT_BYTES),
            ));
        }
        Ok((to, text.to_owned()))
    }

    /// The answer to a request whose key came before; `None` goes on.
    async fn settled(
        &self,
        vendor: &VendorId,
        staffed: Staffed,
    ) -> Result<Option<lambda_http::Response<lambda_http::Body>>, Problem> {
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
                if let Some(message) = kept
                    && let Err(error) = dispatch::again(&self.platform, vec![message]).await
                {
                    tracing::warn!(message.id = %id, error = %error, "a message is enqueued later");
                }
                Ok(Some(queued(&id)))
            }
        }
    }

    /// The vendor's first number.
    async fn waba(&self, vendor: &VendorId) -> Result<WabaId, Problem> {
        let instances = self
            .platform
            .tables
            .instances(vendor)
            .await
            .map_err(|error| unavailable(&error))?;
        let first = WabaId::first_of(vendor);
        let found = instances
            .iter()
            .find(|instance| instance.waba_id == first)
            .or_else(|| instances.first());
        found
            .map(|instance| instance.waba_id.clone())
            .ok_or_else(no_such_vendor)
    }

    async fn conversation(
        &self,
        vendor: &VendorId,
        to: &PhoneNumber,
    ) -> Result<(Conversation, Vec<Identity>), Problem> {
        let contact = Contact::by_phone(to.clone());
        let aliases = self
            .platform
            .tables
            .aliases(vendor, &contact)
            .await
            .map_err(|error| unavailable(&error))?;
        let existing = match resolve(&aliases) {
            Some(Resolution::One(id) | Resolution::Merge { into: id, .. }) => self
                .platform
                .tables
                .conversation(vendor, &id)
                .await
                .map_err(|error| unavailable(&error))?,
            Some(Resolution::Begin(_)) | None => None,
        };
        let identity = Identity::Phone(to.clone());
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
                    contact,
                    ..Conversation::begin(vendor, &identity)
                },
                vec![identity],
            ),
        })
    }
}

fn message(
    (id, waba): (&MessageId, &WabaId),
    conversation: &Conversation,
    (to, text): (&PhoneNumber, &str),
    now: Timestamp,
) -> Outbound {
    let draft = Draft {
        id: id.clone(),
        vendor: conversation.vendor.clone(),
        waba: waba.clone(),
        conversation: conversation.id.clone(),
        // The number that was asked for, whatever other number the conversation knows.
        to: Contact {
            phone: Some(to.clone()),
            ..conversation.contact.clone()
        },
        group: None,
        content: Content::text(text),
        quote: None,
        origin: Origin::Staff,
        index: 0,
    };
    draft.queued(now)
}

fn idempotency(
    asked: &Asked<'_>,
    to: &PhoneNumber,
    text: &str,
) -> Result<Option<Idempotency>, Problem> {
    let Some(key) = asked.key else {
        return Ok(None);
    };
    let usable = |key: &&str| (1..=255).contains(&key.len());
    let key = key
        .to_str()
        .ok()
        .filter(usable)
        .ok_or_else(|| invalid("Idempotency-Key", "has 1 to 255 visible ASCII characters"))?;
    Ok(Some(Idempotency {
        name: Fingerprint::of(&[&asked.owner.0, key]).hex(),
        asked: Fingerprint::of(&[to.expose(), text]).hex(),
    }))
}

fn queued(id: &MessageId) -> lambda_http::Response<lambda_http::Body> {
    problem::json(
        202,
        &json!({ "messageId": id.as_str(), "status": "queued" }),
    )
}
