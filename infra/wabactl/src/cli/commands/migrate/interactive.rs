use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

use domain::{ApiKey, PhoneNumber, VendorId, WebhookSecret};
use serde_json::{Map, Value, json};
use wabactl::batch::Registry;
use wabactl::{AdminClient, ClientError, Registered, Registration};

use super::texts::Texts;
use super::{Context, Failure, Outcome, exit};
use crate::cli::input;

/// What a session must be subscribed to.
const EVENTS: [&str; 6] = [
    "messages.upsert",
    "message.sent",
    "messages.update",
    "message-receipt.update",
    "messages.reaction",
    "session.status",
];
/// The pause between two looks whether a number is verified.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Asks for one vendor after the other.
pub(crate) struct Interactive<'a> {
    pub(crate) client: AdminClient,
    pub(crate) texts: &'static Texts,
    /// That national numbers are of.
    pub(crate) country: &'a str,
    /// How long the gateway has to verify a number.
    pub(crate) wait: Duration,
}

/// How a vendor ended.
struct Ended {
    vendor: VendorId,
    registered: Option<Registered>,
    identity: Option<String>,
    error: Option<ClientError>,
}

impl Ended {
    fn is_good(&self) -> bool {
        self.registered.is_some() && self.identity.as_deref() != Some("mismatch")
    }
}

/// What the operator wants after something went wrong.
enum Choice {
    Retry,
    Skip,
    Quit,
}

impl Interactive<'_> {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let mut all = Vec::new();
        while let Some(vendor) = self.vendor()? {
            let (ended, goes_on) = self.one(vendor).await?;
            all.push(ended);
            if !goes_on {
                break;
            }
        }
        let good = all.iter().filter(|ended| ended.is_good()).count();
        let bad = all.len() - good;
        let errors = all.iter().filter_map(|ended| ended.error.as_ref());
        let exit = exit(good, bad, 0, errors);
        let shown = context.output.done(
            || json!({"vendors": all.iter().map(row).collect::<Vec<_>>()}),
            || format!("{} {good}, {bad}\n", self.texts.ended),
        );
        Ok(shown.ending(exit))
    }

    /// A vendor from its name to its test; `false` if the operator wants no more.
    async fn one(&self, vendor: VendorId) -> Result<(Ended, bool), Failure> {
        let mut ended = Ended {
            vendor,
            registered: None,
            identity: None,
            error: None,
        };
        if self.client.vendor(&ended.vendor).await.is_ok() {
            say(self.texts.known);
        }
        loop {
            let registration = self.registration(ended.vendor.clone())?;
            match self.client.register(&registration).await {
                Ok(registered) => {
                    ended.registered = Some(registered);
                    ended.error = None;
                    self.webhook(&ended)?;
                    let has_key = registration.wasender_api_key.is_some();
                    match self.tested(&mut ended, has_key).await? {
                        None | Some(Choice::Skip) => return Ok((ended, true)),
                        Some(Choice::Quit) => return Ok((ended, false)),
                        Some(Choice::Retry) => {}
                    }
                }
                Err(error) => {
                    say(&error);
                    ended.error = Some(error);
                    match self.choice()? {
                        Choice::Retry => {}
                        Choice::Skip => return Ok((ended, true)),
                        Choice::Quit => return Ok((ended, false)),
                    }
                }
            }
        }
    }

    /// The next vendor; `None` at the end.
    fn vendor(&self) -> Result<Option<VendorId>, Failure> {
        loop {
            let Some(text) = input::line_or_end(self.texts.vendor_id)? else {
                return Ok(None);
            };
            match VendorId::parse(&text) {
                Ok(vendor) => return Ok(Some(vendor)),
                Err(error) => say(error),
            }
        }
    }

    fn registration(&self, vendor_id: VendorId) -> Result<Registration, Failure> {
        let texts = self.texts;
        let needed = |text: &str| -> Result<String, &'static str> {
            let is_there = !text.is_empty();
            is_there.then(|| text.to_owned()).ok_or(texts.is_empty)
        };
        let country = self.country;
        let number = |text: &str| PhoneNumber::parse(text, country);
        let business_name = asked(texts.business_name, input::line, needed)?;
        let phone_number = asked(texts.phone_number, input::line, number)?;
        say(phone_number.expose());
        let instance = asked(texts.instance_id, input::line, needed)?;
        let secret = asked(texts.webhook_secret, input::secret, WebhookSecret::parse)?;
        let key = asked(texts.api_key, input::secret, |text| {
            let text = Some(text).filter(|text| !text.is_empty());
            text.map(ApiKey::parse).transpose()
        })?;
        Ok(Registration {
            vendor_id,
            business_name,
            phone_number,
            wasender_instance_id: instance,
            wasender_webhook_secret: secret,
            wasender_api_key: key,
            more: Map::new(),
        })
    }

    /// What is to be set at Wasender.
    fn webhook(&self, ended: &Ended) -> Result<(), Failure> {
        let texts = self.texts;
        say(match ended.registered {
            Some(Registered::Updated) => texts.updated,
            _ => texts.created,
        });
        say(texts.paste);
        let address = self.client.address();
        let vendor = ended.vendor.as_str();
        say(format_args!("  {address}/api/webhooks/wasender/{vendor}"));
        say(texts.subscribe);
        for event in EVENTS {
            say(format_args!("  {event}"));
        }
        input::line(texts.when_done).map(|_| ())
    }

    /// Looks whether the key is the registered number's; what the operator wants if it is not.
    async fn tested(&self, ended: &mut Ended, has_key: bool) -> Result<Option<Choice>, Failure> {
        if !has_key {
            say(self.texts.no_key);
            return Ok(None);
        }
        loop {
            match self.identity(&ended.vendor).await {
                Ok(identity) => {
                    let (told, is_good) = match identity.as_str() {
                        "verified" => (self.texts.verified, true),
                        "unverified" => (self.texts.unverified, true),
                        "mismatch" => (self.texts.mismatch, false),
                        _ => (self.texts.pending, false),
                    };
                    say(told);
                    let is_other = identity == "mismatch";
                    ended.identity = Some(identity);
                    if is_good {
                        return Ok(None);
                    }
                    match self.choice()? {
                        // Another number or key is to be given.
                        Choice::Retry if is_other => return Ok(Some(Choice::Retry)),
                        Choice::Retry => {}
                        other => return Ok(Some(other)),
                    }
                }
                Err(error) => {
                    say(&error);
                    match self.choice()? {
                        Choice::Retry => {}
                        other => return Ok(Some(other)),
                    }
                }
            }
        }
    }

    async fn identity(&self, vendor: &VendorId) -> Result<String, ClientError> {
        let mut waited = Duration::ZERO;
        loop {
            let registry = Registry::of([self.client.vendor(vendor).await?]);
            let identity = registry.identity(vendor).unwrap_or("pending");
            if identity != "pending" || waited >= self.wait {
                return Ok(identity.to_owned());
            }
            tokio::time::sleep(LOOK_EVERY).await;
            waited += LOOK_EVERY;
        }
    }

    fn choice(&self) -> Result<Choice, Failure> {
        loop {
            let text = input::line(self.texts.choices)?;
            match text.to_lowercase().as_str() {
                "r" => return Ok(Choice::Retry),
                "s" => return Ok(Choice::Skip),
                "q" => return Ok(Choice::Quit),
                _ => {}
            }
        }
    }
}

/// Asks until the answer can be used.
fn asked<T, E: Display>(
    question: &str,
    answer: fn(&str) -> Result<String, Failure>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, Failure> {
    loop {
        match parse(&answer(question)?) {
            Ok(value) => return Ok(value),
            Err(error) => say(error),
        }
    }
}

/// Tells the operator something, beside what goes to stdout at the end.
fn say(text: impl Display) {
    // Who can't be told is asked all the same.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn row(ended: &Ended) -> Value {
    let outcome = match ended.registered {
        Some(Registered::Created) => "created",
        Some(Registered::Updated) => "updated",
        None => "skipped",
    };
    let code = ended.error.as_ref().map(ClientError::code);
    json!({"vendorId": ended.vendor.as_str(), "outcome": outcome, "identity": ended.identity, "code": code})
}
