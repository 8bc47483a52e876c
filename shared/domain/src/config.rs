//! How a vendor answers, as its operator configures it: read from a document, every wrong part of it named at once.

mod catalogue;
mod hours;
mod reading;
mod template;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use catalogue::{Catalogue, Product};
pub use hours::{BusinessHours, Interval};
pub(crate) use reading::Reading;
pub use reading::{WrongPart, is_language};

use crate::builtin::Segment;
use crate::limits;

/// What a vendor's operator may say of how it answers.
pub const FIELDS: [&str; 14] = [
    "autoReply",
    "language",
    "answerGroups",
    "typedPauseMinutes",
    "welcomeText",
    "businessHours",
    "outsideHoursText",
    "fallbackText",
    "templates",
    "engine",
    "segment",
    "handoverHours",
    "burstSeconds",
    "optOutWords",
];

/// How a vendor answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub auto_reply: bool,
    pub language: String,
    pub answer_groups: bool,
    pub typed_pause_minutes: u32,
    pub settings: Settings,
}

/// What is kept of a configuration in one text, because nothing but an engine looks inside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// What somebody is told who writes for the first time.
    pub welcome_text: Option<String>,
    pub business_hours: Option<BusinessHours>,
    /// What somebody is told who writes outside them.
    pub outside_hours_text: Option<String>,
    /// What somebody is told whom nobody understands.
    pub fallback_text: Option<String>,
    /// What is answered to an intent, with placeholders.
    pub templates: BTreeMap<String, String>,
    /// Who decides on answers in the place of the built-in engine.
    pub engine: Option<EngineSettings>,
    /// The branch of business.
    pub segment: Option<String>,
    /// For how many hours a conversation that asked for a person is left to one.
    pub handover_hours: Option<u32>,
    /// For how many seconds a short message waits for the next, to be answered with it.
    pub burst_seconds: Option<u32>,
    /// Words by which somebody asks to be written to no more.
    pub opt_out_words: Vec<String>,
}

/// An engine that is reached over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineSettings {
    pub url: String,
    /// The name of the secret that it is called with; never the secret.
    #[serde(default)]
    pub secret_ref: Option<String>,
    pub timeout_ms: u32,
}

impl Config {
    /// Reads a document; a part that is absent or null is as it is of a vendor that nothing was said of.
    pub fn read(document: &Map<String, Value>) -> Result<Self, Vec<WrongPart>> {
        let mut all = Reading::of(document, &FIELDS);
        let pause = 0..=limits::TYPED_PAUSE_MINUTES_MOST;
        let pause = all.whole("typedPauseMinutes", pause);
        let config = Self {
            auto_reply: all.flag("autoReply").unwrap_or(true),
            language: all.language("language").unwrap_or_else(|| "fr".to_owned()),
            answer_groups: all.flag("answerGroups").unwrap_or_default(),
            typed_pause_minutes: pause.unwrap_or(limits::TYPED_PAUSE_MINUTES),
            settings: settings(&mut all),
        };
        let bytes = serde_json::to_string(&config.settings).map_or(0, |text| text.len());
        if bytes > limits::SETTINGS_BYTES {
            let most = limits::SETTINGS_BYTES;
            all.wrong(
                "templates",
                format!("the configuration may have {most} bytes in all"),
            );
        }
        all.end(config)
    }
}

fn settings(all: &mut Reading<'_>) -> Settings {
    Settings {
        welcome_text: template::text(all, "welcomeText"),
        business_hours: all.object("businessHours", &hours::FIELDS, |hours| {
            Some(hours::read(hours))
        }),
        outside_hours_text: template::text(all, "outsideHoursText"),
        fallback_text: template::text(all, "fallbackText"),
        templates: template::read(all),
        engine: all.object("engine", &["url", "secretRef", "timeoutMs"], engine),
        segment: segment(all),
        handover_hours: all.whole("handoverHours", limits::HANDOVER_HOURS),
        burst_seconds: all.whole("burstSeconds", limits::BURST_SECONDS),
        opt_out_words: all.words("optOutWords", limits::OPT_OUT_WORDS),
    }
}

/// A branch of business that the built-in engine has texts for.
fn segment(all: &mut Reading<'_>) -> Option<String> {
    let name = all.text("segment", limits::SETTINGS_BYTES)?;
    if Segment::of(&name).is_none() {
        let known = Segment::ALL.map(Segment::as_str).join(", ");
        all.wrong("segment", format!("is one of {known}"));
        return None;
    }
    Some(name)
}

fn engine(object: &mut Reading<'_>) -> Option<EngineSettings> {
    let url = object.text("url", limits::MEDIA_URL_BYTES);
    if url.is_none() && !object.has("url") {
        object.wrong("url", "is missing or empty");
    }
    let most = u32::try_from(limits::ENGINE_TIMEOUT.as_millis()).unwrap_or(u32::MAX);
    let timeout_ms = object.whole("timeoutMs", 100..=most);
    Some(EngineSettings {
        url: url?,
        secret_ref: object.id("secretRef"),
        timeout_ms: timeout_ms.unwrap_or(most),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::Intent;
    use serde_json::json;

    pub(super) fn read(document: &Value) -> Result<Config, Vec<String>> {
        let read = Config::read(document.as_object().expect("an object"));
        read.map_err(|wrong| wrong.into_iter().map(|part| part.field).collect())
    }

    #[test]
    fn of_a_vendor_that_nothing_was_said_of_everything_is_usual() {
        let config = read(&json!({})).unwrap();
        assert!(config.auto_reply && !config.answer_groups);
        assert_eq!(
            (config.language.as_str(), config.typed_pause_minutes),
            ("fr", 60)
        );
        assert_eq!(config.settings, Settings::default());
        assert_eq!(
            read(&json!({ "autoReply": null, "engine": null })).unwrap(),
            config
        );
    }

    #[test]
    fn settings_are_read_back_as_they_were_stored() {
        let document = json!({
            "welcomeText": "Bienvenue chez nous", "fallbackText": "Pardon ?", "outsideHoursText": "Fermé",
            "businessHours": { "timeZone": "Africa/Dakar", "monday": [{ "from": "08:00", "to": "18:30" }] },
            "templates": { "greeting": "Bonjour {customerName}" }, "segment": "shop", "handoverHours": 4, "burstSeconds": 3,
            "engine": { "url": "https://engine.example/answer", "secretRef": "engine_1", "timeoutMs": 2000 },
            "optOutWords": ["stop", "arrêt"],
        });
        let settings = read(&document).unwrap().settings;
        let stored = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&stored).unwrap(), settings);
        let shown: Value = serde_json::from_str(&stored).unwrap();
        for (name, value) in document.as_object().unwrap() {
            if name != "businessHours" {
                assert_eq!(&shown[name], value, "{name}");
            }
        }
        assert_eq!(
            read(&shown).unwrap().settings,
            settings,
            "what is shown can be sent back"
        );
    }

    #[test]
    fn every_wrong_part_is_named_at_once() {
        let wrong = read(&json!({
            "autoReply": "yes", "language": "français", "answerGroups": 1, "typedPauseMinutes": -1,
            "welcomeText": "x".repeat(limits::REPLY_TEXT_BYTES + 1), "fallbackText": 7, "segment": "a b",
            "businessHours": { "timeZone": "Africa/Nowhere", "monday": [{ "from": "8", "to": "18:00" }] },
            "templates": { "greeting": "Bonjour {custmer}" }, "engine": { "timeoutMs": 1 }, "handoverHours": 0, "burstSeconds": 11,
            "optOutWords": ["", 1], "colour": "red",
        }))
        .unwrap_err();
        let expected = [
            "colour",
            "typedPauseMinutes",
            "autoReply",
            "language",
            "answerGroups",
            "welcomeText",
            "businessHours.timeZone",
            "businessHours.monday[0].from",
            "fallbackText",
            "templates.greeting",
            "engine.url",
            "engine.timeoutMs",
            "segment",
            "handoverHours",
            "burstSeconds",
            "optOutWords[0]",
            "optOutWords[1]",
        ];
        assert_eq!(wrong, expected);
    }

    #[test]
    fn a_configuration_has_a_bounded_size() {
        let long = "é".repeat(limits::REPLY_TEXT_BYTES / 2);
        let templates: Map<_, _> = Intent::ALL
            .map(|intent| (intent.as_str().to_owned(), Value::from(long.as_str())))
            .into_iter()
            .collect();
        assert_eq!(
            read(&json!({ "templates": templates })),
            Err(vec!["templates".to_owned()])
        );
    }
}
