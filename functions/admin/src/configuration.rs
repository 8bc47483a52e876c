//! How a vendor answers: shown and changed as one document, on the condition that nobody else changed it.

use domain::VendorConfig;
use domain::config::{Catalogue, Config, FIELDS, WrongPart};
use flows::problem::Problem;
use jiff::Timestamp;
use platform::{AwsError, Origins};
use serde_json::{Map, Value, json};

use crate::body::{Fields, Wrong, invalid};
use crate::call::{Call, Scope, changed_meanwhile};
use crate::routes::Route;
use crate::vendor_shown::with_etag;
use crate::{Answer, App, unavailable};

const PATH: &str = "/vendors/{vendorId}/config";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", PATH, Scope::Read, |app, call| {
        Box::pin(app.get_config(call))
    }),
    Route::new("PUT", PATH, Scope::Manage, |app, call| {
        Box::pin(app.put_config(call))
    }),
];

/// How often a catalogue is read anew because it was written meanwhile.
const TRIES: usize = 3;

impl App {
    async fn get_config(&self, call: Call<'_>) -> Answer {
        let vendor = &call.vendor()?;
        for _ in 0..TRIES {
            let row = self.row(vendor).await?;
            let reading = self.platform.tables.catalogue(&row.config).await;
            if let Some(catalogue) = reading.map_err(|error| unavailable(&error))? {
                let mut body = Value::Object(document(&row.config));
                body["catalogue"] = json!(catalogue);
                return Ok(with_etag(200, row.config.revision, &body));
            }
        }
        Err(unavailable(&AwsError::contended("reading a catalogue")))
    }

    /// Changes what the request names; what it leaves out stays as it is, and null makes it usual again.
    async fn put_config(&self, call: Call<'_>) -> Answer {
        let (vendor, now) = (&call.vendor()?, self.platform.clock.now());
        let before = self.row(vendor).await?.config;
        let revision = call.if_match()?;
        let asked = Asked::read(call.body, &before, &self.engine_origins)?;
        let mut after = asked.on(&before, now);
        let catalogue = asked.catalogue.as_ref();
        let writing = self
            .platform
            .tables
            .configure(&before, &mut after, catalogue, now);
        if before.revision != revision || !writing.await.map_err(|error| unavailable(&error))? {
            return Err(changed_meanwhile());
        }
        call.change.note(noted(&before), noted(&after));
        tracing::info!(vendor.id = %vendor, "vendor configured");
        self.get_config(call).await
    }
}

/// What a request makes of a configuration.
struct Asked {
    config: Config,
    /// As it is to be, if the request names it.
    catalogue: Option<Catalogue>,
}

impl Asked {
    fn read(body: &[u8], before: &VendorConfig, origins: &Origins) -> Result<Self, Problem> {
        let mut wrong = Wrong::default();
        let known = [&FIELDS[..], &["catalogue"]].concat();
        let fields = Fields::checked(body, &known, &mut wrong)?;
        let mut whole = document(before);
        let mut catalogue = None;
        for (name, value) in fields.members() {
            if name == "catalogue" {
                let only = Map::from_iter([(name.clone(), value.clone())]);
                catalogue = part(Catalogue::read(&only), &mut wrong);
            } else if known.contains(&name.as_str()) {
                whole.insert(name.clone(), value.clone());
            }
        }
        let config = part(Config::read(&whole), &mut wrong);
        let engine = whole
            .get("engine")
            .and_then(|engine| engine["url"].as_str());
        if let Some(url) = engine.map(str::trim).filter(|url| !url.is_empty()) {
            let checked = origins.check(url);
            wrong.checked(checked.map_err(|cause| invalid("engine.url", cause)));
        }
        Ok(Self {
            config: wrong.all(config)?,
            catalogue,
        })
    }

    fn on(&self, before: &VendorConfig, now: Timestamp) -> VendorConfig {
        let config = self.config.clone();
        VendorConfig {
            auto_reply: config.auto_reply,
            language: config.language,
            answer_groups: config.answer_groups,
            typed_pause_minutes: config.typed_pause_minutes,
            settings: config.settings,
            ..before.changed(now)
        }
    }
}

fn part<T>(read: Result<T, Vec<WrongPart>>, wrong: &mut Wrong) -> Option<T> {
    read.map_err(|parts| {
        for part in parts {
            wrong.checked(Err::<(), _>(invalid(&part.field, part.detail)));
        }
    })
    .ok()
}

/// A configuration as it is shown and sent back, without its catalogue.
fn document(config: &VendorConfig) -> Map<String, Value> {
    let settings = json!(config.settings);
    let mut all = match settings {
        Value::Object(all) => all,
        _ => Map::new(),
    };
    all.insert("autoReply".to_owned(), config.auto_reply.into());
    all.insert("language".to_owned(), config.language.as_str().into());
    all.insert("answerGroups".to_owned(), config.answer_groups.into());
    let pause = config.typed_pause_minutes.into();
    all.insert("typedPauseMinutes".to_owned(), pause);
    all
}

/// A configuration as the record of changes has it: of the catalogue only how much there is.
fn noted(config: &VendorConfig) -> Value {
    let mut all = document(config);
    all.insert("products".to_owned(), config.catalogue.products.into());
    Value::Object(all)
}
