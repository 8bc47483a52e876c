use std::fmt;
use std::time::Duration;

use aws::{Credentials, Roots};
use domain::limits;
use domain::restore::Restore;
use thiserror::Error;

use crate::fetch::Origins;

/// What a function must know of its surroundings, read once when it starts.
#[derive(Clone)]
pub struct Config {
    /// The stack's name, which every table, queue and secret begins with.
    pub stack: String,
    pub region: String,
    pub credentials: Credentials,
    /// Another AWS endpoint than the region's: the local stack's.
    pub endpoint_url: Option<String>,
    /// Whom AWS's endpoints are trusted by.
    pub roots: Roots,
    pub queues: QueueUrls,
    /// Wasender's API, without a trailing slash.
    pub wasender_api_url: String,
    /// The bucket of customers' files; without it no file is kept.
    pub media_bucket: Option<String>,
    /// The bucket of records that outlive a restore of the tables.
    pub records_bucket: Option<String>,
    /// The restore from backup that must be worked through before anything leaves.
    pub restore: Option<Restore>,
    /// The hosts that customers' files are fetched from, as [`crate::Hosts::parse`] reads them.
    pub media_hosts: String,
    /// Where providers reach the gateway, without a trailing slash.
    pub public_url: Option<String>,
    /// Whether settings of sessions that drifted are put back.
    pub repair_drift: bool,
    pub log_level: String,
    /// One line of so many that tell of a success is written.
    pub log_sample: u64,
    /// The vendors that have metrics by themselves, with commas.
    pub vendor_metrics: String,
    /// The country (ISO 3166) whose national phone numbers are understood without a country code.
    pub default_country: String,
    /// How long what was read of a vendor is good.
    pub vendor_cache: Duration,
    /// Questions of one vendor that may be under way at its engine.
    pub engine_in_flight: usize,
    /// A Redis that environments share records in.
    pub redis_url: Option<String>,
    /// The engine of every vendor that names none; without it they have the built-in one.
    pub engine_url: Option<String>,
    /// The origins that engines may have though they are not public, as [`crate::Origins::parse`] reads them.
    pub engine_origins: String,
    /// Where the actions of engines' answers are told; without it they are recorded alone.
    pub actions_url: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct QueueUrls {
    pub inbound: String,
    pub outbound: String,
    pub later: String,
    pub quarantine: String,
    pub dead: DeadQueueUrls,
}

/// The dead-letter queues, of which the admin function and the sweep know.
#[derive(Clone, Debug, Default)]
pub struct DeadQueueUrls {
    pub inbound: Option<String>,
    pub outbound: Option<String>,
    pub later: Option<String>,
}

/// Which variable is missing, or can't be used. The cold start stops with it.
#[derive(Clone, PartialEq, Eq, Error)]
#[error("the environment variable {0} is missing, empty, or not what it must be")]
pub struct MissingVariable(pub &'static str);

/// As its `Display`, for that is how a function's `main` prints it.
impl fmt::Debug for MissingVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Config {
    /// Reads the variables that `template.yaml` sets.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one reader of the environment"
    )]
    pub fn from_env() -> Result<Self, MissingVariable> {
        let config = Self::read(|name| std::env::var(name).ok())?;
        let Some(path) = std::env::var(CA_BUNDLE)
            .ok()
            .filter(|path| !path.is_empty())
        else {
            return Ok(config);
        };
        let roots = Roots::of_file(&path).ok_or(MissingVariable(CA_BUNDLE))?;
        Ok(Self { roots, ..config })
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, MissingVariable> {
        let optional = |name: &str| variable(name).filter(|value| !value.is_empty());
        let required = |name: &'static str| optional(name).ok_or(MissingVariable(name));
        Ok(Self {
            stack: required("STACK")?,
            region: required("AWS_REGION")?,
            credentials: Credentials {
                access_key_id: required("AWS_ACCESS_KEY_ID")?,
                secret_access_key: required("AWS_SECRET_ACCESS_KEY")?,
                session_token: optional("AWS_SESSION_TOKEN"),
            },
            endpoint_url: optional("AWS_ENDPOINT_URL"),
            roots: Roots::Amazon,
            queues: QueueUrls {
                inbound: required("INBOUND_QUEUE_URL")?,
                outbound: required("OUTBOUND_QUEUE_URL")?,
                later: required("LATER_QUEUE_URL")?,
                quarantine: required("QUARANTINE_QUEUE_URL")?,
                dead: DeadQueueUrls {
                    inbound: optional("INBOUND_DEAD_QUEUE_URL"),
                    outbound: optional("OUTBOUND_DEAD_QUEUE_URL"),
                    later: optional("LATER_DEAD_QUEUE_URL"),
                },
            },
            wasender_api_url: required("WASENDER_API_URL")?
                .trim_end_matches('/')
                .to_owned(),
            media_bucket: optional("MEDIA_BUCKET"),
            records_bucket: optional("RECORDS_BUCKET"),
            restore: restore(optional(RESTORE).as_deref())?,
            media_hosts: optional("MEDIA_HOSTS").unwrap_or_else(|| "*.whatsapp.net".to_owned()),
            public_url: optional("PUBLIC_URL").map(|url| url.trim_end_matches('/').to_owned()),
            repair_drift: optional("REPAIR_DRIFT").is_none_or(|word| word != "false"),
            log_level: optional("LOG_LEVEL").unwrap_or_else(|| "info".to_owned()),
            log_sample: optional("LOG_SAMPLE")
                .and_then(|text| text.parse().ok())
                .unwrap_or(1)
                .max(1),
            vendor_metrics: optional("VENDOR_METRICS").unwrap_or_default(),
            default_country: optional("DEFAULT_COUNTRY").unwrap_or_else(|| "SN".to_owned()),
            vendor_cache: vendor_cache(optional(VENDOR_CACHE).as_deref())?,
            engine_in_flight: engine_in_flight(optional(ENGINE_IN_FLIGHT).as_deref())?,
            redis_url: optional("REDIS_URL"),
            engine_url: optional("ENGINE_URL"),
            engine_origins: optional("ENGINE_ORIGINS").unwrap_or_default(),
            actions_url: optional("ACTIONS_URL"),
        })
    }
}

impl Config {
    /// The origins that engines may have whatever they are.
    pub fn engine_origins(&self) -> Origins {
        Origins::parse(&self.engine_origins).and_of(self.engine_url.as_deref())
    }
}

/// As AWS's other tools call it: the file of the certificates that its endpoints are trusted by.
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";

const VENDOR_CACHE: &str = "VENDOR_CACHE_TTL_SECONDS";

/// Whole seconds, at most as long as a rotation of secrets waits.
fn vendor_cache(text: Option<&str>) -> Result<Duration, MissingVariable> {
    let Some(text) = text else {
        return Ok(limits::SECRET_CACHE);
    };
    let asked = text.trim().parse().ok().map(Duration::from_secs);
    let usable = asked.filter(|lives| *lives <= limits::SECRET_CACHE);
    usable.ok_or(MissingVariable(VENDOR_CACHE))
}

const RESTORE: &str = "RESTORE";

/// A moment, or nothing. What can't be read stops the function: what it guards against would happen.
fn restore(text: Option<&str>) -> Result<Option<Restore>, MissingVariable> {
    let parse = |text| Restore::parse(text).ok_or(MissingVariable(RESTORE));
    text.map(parse).transpose()
}

const ENGINE_IN_FLIGHT: &str = "ENGINE_IN_FLIGHT";

/// One at least.
fn engine_in_flight(text: Option<&str>) -> Result<usize, MissingVariable> {
    let asked = text.map_or(Ok(limits::ENGINE_IN_FLIGHT), |text| text.trim().parse());
    let usable = asked.ok().filter(|most| *most > 0);
    usable.ok_or(MissingVariable(ENGINE_IN_FLIGHT))
}

#[cfg(test)]
impl Config {
    /// What no test cares about.
    pub(crate) fn example() -> Self {
        let is_number = |name: &str| [VENDOR_CACHE, ENGINE_IN_FLIGHT, RESTORE].contains(&name);
        let mut config = Self::read(|name| (!is_number(name)).then(|| format!("{name}-")))
            .expect("all is there");
        config.region = "eu-west-1".to_owned();
        config.endpoint_url = None;
        config.media_bucket = None;
        config.records_bucket = None;
        config.redis_url = None;
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        let is_optional = [
            "AWS_ENDPOINT_URL",
            "LOG_LEVEL",
            "MEDIA_BUCKET",
            "MEDIA_HOSTS",
            VENDOR_CACHE,
            ENGINE_IN_FLIGHT,
            RESTORE,
        ]
        .contains(&name);
        (!is_optional).then(|| format!("{name}/"))
    }

    #[test]
    fn a_missing_variable_is_named() {
        let missing = Config::read(|name| variable(name).filter(|_| name != "LATER_QUEUE_URL"));
        assert_eq!(missing.err(), Some(MissingVariable("LATER_QUEUE_URL")));
        let empty = Config::read(|name| {
            if name == "STACK" {
                Some(String::new())
            } else {
                variable(name)
            }
        });
        assert_eq!(empty.err(), Some(MissingVariable("STACK")));
    }

    #[test]
    fn drift_is_repaired_unless_that_is_refused() {
        let repairs = |word: Option<&str>| {
            let said = |name: &str| match name {
                "REPAIR_DRIFT" => word.map(str::to_owned),
                _ => variable(name),
            };
            Config::read(said).unwrap().repair_drift
        };
        assert!(repairs(None) && repairs(Some("true")) && !repairs(Some("false")));
    }

    #[test]
    fn what_is_optional_has_a_default() {
        let config = Config::read(variable).unwrap();
        assert_eq!(
            (config.endpoint_url, config.log_level.as_str()),
            (None, "info")
        );
        assert_eq!(config.wasender_api_url, "WASENDER_API_URL");
        assert_eq!(
            (config.media_bucket, config.media_hosts.as_str()),
            (None, "*.whatsapp.net")
        );
    }

    #[test]
    fn a_restore_that_cant_be_read_starts_no_function() {
        let moment = "2026-11-23T10:15:00Z";
        let read = |text| restore(text).map(|it| it.map(|it| it.to_string()));
        assert_eq!(read(None), Ok(None));
        assert_eq!(read(Some(moment)), Ok(Some(moment.to_owned())));
        assert_eq!(read(Some("today")), Err(MissingVariable(RESTORE)));
    }

    #[test]
    fn so_many_questions_may_be_under_way_and_one_at_least() {
        assert_eq!(engine_in_flight(None), Ok(limits::ENGINE_IN_FLIGHT));
        assert_eq!(engine_in_flight(Some("8")), Ok(8));
        for wrong in ["0", "-1", "many"] {
            let refused = Err(MissingVariable(ENGINE_IN_FLIGHT));
            assert_eq!(engine_in_flight(Some(wrong)), refused, "{wrong}");
        }
    }

    #[test]
    fn a_vendor_is_remembered_as_long_as_is_asked_and_never_longer_than_a_rotation_waits() {
        assert_eq!(vendor_cache(None), Ok(limits::SECRET_CACHE));
        assert_eq!(vendor_cache(Some("60")), Ok(Duration::from_mins(1)));
        assert_eq!(vendor_cache(Some("0")), Ok(Duration::ZERO));
        for wrong in ["301", "-1", "5m", "1.5"] {
            assert_eq!(
                vendor_cache(Some(wrong)),
                Err(MissingVariable(VENDOR_CACHE)),
                "{wrong}"
            );
        }
    }
}
