use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::SqsError;

/// The largest message, and the largest batch, in bytes (1 MiB since August 2025).
pub(crate) const MAX_BYTES: u32 = 1_048_576;

/// Attributes that are kept and shown, but change nothing in one process.
const KEPT: [&str; 5] = [
    "Policy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
    "RedriveAllowPolicy",
];

/// How a queue behaves: its attributes, parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Only a FIFO queue has these.
    pub fifo: Option<Fifo>,
    pub visibility_seconds: u32,
    pub delay_seconds: u32,
    pub retention_seconds: u32,
    pub wait_seconds: u32,
    pub max_bytes: u32,
    pub redrive: Option<Redrive>,
    kept: BTreeMap<String, String>,
}

/// What a FIFO queue has on top.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fifo {
    /// The deduplication id may be left out: it is the SHA-256 of the body then.
    pub content_dedup: bool,
    /// Deduplication ids count inside their group only.
    pub dedup_per_group: bool,
    pub throughput_per_group: bool,
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redrive {
    pub target_arn: String,
    pub max_receives: u32,
}

impl Redrive {
    /// The name of the dead-letter queue.
    pub fn target(&self) -> &str {
        self.target_arn.rsplit(':').next().unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Self> {
        let policy: serde_json::Value = serde_json::from_str(text).ok()?;
        let max = &policy["maxReceiveCount"];
        let max = max.as_u64().or_else(|| max.as_str()?.parse().ok())?;
        Some(Self {
            target_arn: policy["deadLetterTargetArn"].as_str()?.to_owned(),
            max_receives: u32::try_from(max)
                .ok()
                .filter(|max| (1..=1000).contains(max))?,
        })
    }
}

impl Settings {
    fn defaults(fifo: Option<Fifo>) -> Self {
        Self {
            fifo,
            visibility_seconds: 30,
            delay_seconds: 0,
            retention_seconds: 345_600,
            wait_seconds: 0,
            max_bytes: MAX_BYTES,
            redrive: None,
            kept: BTreeMap::new(),
        }
    }

    /// The settings of a new queue.
    pub fn create(raw: &BTreeMap<String, String>) -> Result<Self, SqsError> {
        let mut raw = raw.clone();
        let fifo = match raw.remove("FifoQueue") {
            Some(value) => parse::<bool>("FifoQueue", &value)?,
            None => false,
        };
        Self::defaults(fifo.then(Fifo::default)).with(&raw)
    }

    pub fn is_fifo(&self) -> bool {
        self.fifo.is_some()
    }

    /// What stands for a message in the memory of deduplication ids. No group and no id has a space in it.
    pub(crate) fn dedup_key(&self, group: &str, dedup: &str) -> String {
        match &self.fifo {
            Some(fifo) if fifo.dedup_per_group => format!("{group} {dedup}"),
            _ => dedup.to_owned(),
        }
    }

    /// These settings with some attributes set anew.
    pub fn with(&self, raw: &BTreeMap<String, String>) -> Result<Self, SqsError> {
        let mut settings = self.clone();
        for (name, value) in raw {
            settings.set(name, value)?;
        }
        let fifo = settings.fifo.as_ref();
        if fifo.is_some_and(|fifo| fifo.throughput_per_group && !fifo.dedup_per_group) {
            return Err(SqsError::InvalidAttributeValue(
                "The value perMessageGroupId of FifoThroughputLimit needs DeduplicationScope messageGroup.".to_owned(),
            ));
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), SqsError> {
        match name {
            "VisibilityTimeout" => self.visibility_seconds = number(name, value, 0..=43_200)?,
            "DelaySeconds" => self.delay_seconds = number(name, value, 0..=900)?,
            "MessageRetentionPeriod" => {
                self.retention_seconds = number(name, value, 60..=1_209_600)?;
            }
            "ReceiveMessageWaitTimeSeconds" => self.wait_seconds = number(name, value, 0..=20)?,
            "MaximumMessageSize" => self.max_bytes = number(name, value, 1024..=MAX_BYTES)?,
            "RedrivePolicy" if value.is_empty() => self.redrive = None,
            "RedrivePolicy" => {
                self.redrive = Some(Redrive::parse(value).ok_or_else(|| invalid(name, value))?);
            }
            _ if KEPT.contains(&name) => {
                self.kept.insert(name.to_owned(), value.to_owned());
            }
            _ => match &mut self.fifo {
                Some(fifo) => fifo.set(name, value)?,
                None => return Err(SqsError::InvalidAttributeName(name.to_owned())),
            },
        }
        Ok(())
    }

    /// The attributes as `GetQueueAttributes` shows them.
    pub fn render(&self) -> BTreeMap<String, String> {
        let mut shown = self.kept.clone();
        let mut show = |name: &str, value: String| shown.insert(name.to_owned(), value);
        show("VisibilityTimeout", self.visibility_seconds.to_string());
        show("DelaySeconds", self.delay_seconds.to_string());
        show("MessageRetentionPeriod", self.retention_seconds.to_string());
        show(
            "ReceiveMessageWaitTimeSeconds",
            self.wait_seconds.to_string(),
        );
        show("MaximumMessageSize", self.max_bytes.to_string());
        if let Some(redrive) = &self.redrive {
            let policy = serde_json::json!({
                "deadLetterTargetArn": redrive.target_arn,
                "maxReceiveCount": redrive.max_receives,
            });
            show("RedrivePolicy", policy.to_string());
        }
        if let Some(fifo) = &self.fifo {
            let scope = if fifo.dedup_per_group {
                "messageGroup"
            } else {
                "queue"
            };
            let limit = if fifo.throughput_per_group {
                "perMessageGroupId"
            } else {
                "perQueue"
            };
            show("FifoQueue", "true".to_owned());
            show("ContentBasedDeduplication", fifo.content_dedup.to_string());
            show("DeduplicationScope", scope.to_owned());
            show("FifoThroughputLimit", limit.to_owned());
        }
        shown
    }
}

impl Fifo {
    fn set(&mut self, name: &str, value: &str) -> Result<(), SqsError> {
        match (name, value) {
            ("FifoQueue", "true") => {}
            ("ContentBasedDeduplication", _) => self.content_dedup = parse(name, value)?,
            ("DeduplicationScope", "messageGroup") => self.dedup_per_group = true,
            ("DeduplicationScope", "queue") => self.dedup_per_group = false,
            ("FifoThroughputLimit", "perMessageGroupId") => self.throughput_per_group = true,
            ("FifoThroughputLimit", "perQueue") => self.throughput_per_group = false,
            ("FifoQueue" | "DeduplicationScope" | "FifoThroughputLimit", _) => {
                return Err(invalid(name, value));
            }
            _ => return Err(SqsError::InvalidAttributeName(name.to_owned())),
        }
        Ok(())
    }
}

fn number(name: &str, value: &str, range: RangeInclusive<u32>) -> Result<u32, SqsError> {
    let number = parse(name, value)?;
    if range.contains(&number) {
        Ok(number)
    } else {
        Err(invalid(name, value))
    }
}

fn parse<T: FromStr>(name: &str, value: &str) -> Result<T, SqsError> {
    value.parse().map_err(|_| invalid(name, value))
}

fn invalid(name: &str, value: &str) -> SqsError {
    SqsError::InvalidAttributeValue(format!("Invalid value {value} for the attribute {name}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn what_is_shown_can_be_set_again_and_gives_the_same_settings() {
        let settings = Settings::create(&raw(&[
            ("FifoQueue", "true"),
            ("VisibilityTimeout", "72"),
            ("DeduplicationScope", "messageGroup"),
            ("FifoThroughputLimit", "perMessageGroupId"),
            ("RedrivePolicy", r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:dead.fifo","maxReceiveCount":"7"}"#),
            ("KmsMasterKeyId", "alias/aws/sqs"),
        ]))
        .unwrap();
        assert_eq!(Settings::create(&settings.render()).unwrap(), settings);
        assert_eq!(
            settings.redrive.as_ref().map(Redrive::target),
            Some("dead.fifo")
        );
    }

    #[test]
    fn values_outside_the_limits_of_aws_are_refused() {
        for (name, value) in [
            ("VisibilityTimeout", "43201"),
            ("DelaySeconds", "901"),
            ("MessageRetentionPeriod", "59"),
            ("ReceiveMessageWaitTimeSeconds", "21"),
            ("MaximumMessageSize", "1048577"),
            (
                "RedrivePolicy",
                r#"{"deadLetterTargetArn":"arn","maxReceiveCount":1001}"#,
            ),
            ("VisibilityTimeout", "soon"),
        ] {
            let refused = Settings::create(&raw(&[(name, value)]));
            assert!(
                matches!(refused, Err(SqsError::InvalidAttributeValue(_))),
                "{name}={value}"
            );
        }
    }

    #[test]
    fn attributes_of_fifo_queues_are_unknown_to_standard_queues() {
        let refused = Settings::create(&raw(&[("DeduplicationScope", "queue")]));
        assert_eq!(
            refused,
            Err(SqsError::InvalidAttributeName(
                "DeduplicationScope".to_owned()
            ))
        );
    }

    #[test]
    fn high_throughput_needs_deduplication_inside_the_group() {
        let refused = Settings::create(&raw(&[
            ("FifoQueue", "true"),
            ("FifoThroughputLimit", "perMessageGroupId"),
        ]));
        assert!(matches!(refused, Err(SqsError::InvalidAttributeValue(_))));
    }
}
