use super::error::SqsError;
use super::message::{Entry, MessageAttribute};
use super::settings::{Fifo, Settings};

const MAX_ATTRIBUTES: usize = 10;
const MAX_ID: usize = 128;

/// Whether a queue with these settings takes this message.
pub(crate) fn check_entry(entry: &Entry, settings: &Settings) -> Result<(), SqsError> {
    if entry.body.is_empty() {
        return Err(SqsError::MissingParameter("MessageBody"));
    }
    if !entry.body.chars().all(is_allowed) {
        return Err(SqsError::InvalidMessageContents);
    }
    if size(entry) > settings.max_bytes as usize {
        return Err(SqsError::InvalidParameterValue(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {} bytes.",
            settings.max_bytes
        )));
    }
    check_attributes(entry)?;
    check_id("MessageGroupId", entry.group.as_deref())?;
    check_id("MessageDeduplicationId", entry.dedup.as_deref())?;
    match &settings.fifo {
        Some(fifo) => check_fifo(entry, fifo),
        None => check_standard(entry),
    }
}

/// The bytes that count against the limits.
pub(crate) fn size(entry: &Entry) -> usize {
    let attributes = entry.attributes.iter();
    let attributes =
        attributes.map(|(name, value)| name.len() + value.data_type.len() + value.bytes().len());
    entry.body.len() + attributes.sum::<usize>()
}

/// The ids of a batch: one to ten, well formed, distinct.
pub(crate) fn check_batch_ids(ids: &[&str]) -> Result<(), SqsError> {
    if ids.is_empty() {
        return Err(SqsError::EmptyBatchRequest);
    }
    if ids.len() > 10 {
        return Err(SqsError::TooManyEntriesInBatchRequest(ids.len()));
    }
    let well_formed = |id: &&str| {
        (1..=80).contains(&id.len())
            && id
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    if !ids.iter().all(well_formed) {
        return Err(SqsError::InvalidBatchEntryId);
    }
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    if distinct.len() < ids.len() {
        Err(SqsError::BatchEntryIdsNotDistinct)
    } else {
        Ok(())
    }
}

/// A queue's name: at most 80 letters, digits, hyphens and underscores, and `.fifo` behind exactly when it is one.
pub(crate) fn check_queue_name(name: &str, fifo: bool) -> Result<(), SqsError> {
    let stem = name.strip_suffix(".fifo").filter(|_| fifo);
    let plain = stem.unwrap_or(name);
    let well_formed = (1..=80).contains(&name.len())
        && !plain.is_empty()
        && plain
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if well_formed && stem.is_some() == fifo {
        return Ok(());
    }
    let reason = if fifo {
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
    } else {
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    };
    Err(SqsError::InvalidParameterValue(reason.to_owned()))
}

fn check_fifo(entry: &Entry, fifo: &Fifo) -> Result<(), SqsError> {
    if entry.group.is_none() {
        return Err(SqsError::MissingParameter("MessageGroupId"));
    }
    if entry.dedup.is_none() && !fifo.content_dedup {
        return Err(SqsError::InvalidParameterValue(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly".to_owned(),
        ));
    }
    match entry.delay_seconds {
        Some(delay) if delay > 0 => Err(wrong_queue_type("DelaySeconds", &delay.to_string())),
        _ => Ok(()),
    }
}

fn check_standard(entry: &Entry) -> Result<(), SqsError> {
    if let Some(dedup) = &entry.dedup {
        return Err(wrong_queue_type("MessageDeduplicationId", dedup));
    }
    match entry.delay_seconds {
        Some(delay) if delay > 900 => Err(SqsError::bad_value(
            "DelaySeconds",
            &delay.to_string(),
            "DelaySeconds must be >= 0 and <= 900.",
        )),
        _ => Ok(()),
    }
}

fn wrong_queue_type(parameter: &str, value: &str) -> SqsError {
    let reason = "The request include parameter that is not valid for this queue type.";
    SqsError::bad_value(parameter, value, reason)
}

fn check_id(parameter: &str, id: Option<&str>) -> Result<(), SqsError> {
    let Some(id) = id else { return Ok(()) };
    if (1..=MAX_ID).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = format!(
        "{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length."
    );
    Err(SqsError::bad_value(parameter, id, &reason))
}

fn check_attributes(entry: &Entry) -> Result<(), SqsError> {
    if entry.attributes.len() > MAX_ATTRIBUTES {
        return Err(SqsError::InvalidParameterValue(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{MAX_ATTRIBUTES}].",
            entry.attributes.len()
        )));
    }
    match entry
        .attributes
        .iter()
        .find(|(_, attribute)| !is_well_formed(attribute))
    {
        Some((name, attribute)) => Err(SqsError::InvalidParameterValue(format!(
            "The message attribute '{name}' with type '{}' is not well formed.",
            attribute.data_type
        ))),
        None => Ok(()),
    }
}

fn is_well_formed(attribute: &MessageAttribute) -> bool {
    let has_value = !attribute.bytes().is_empty();
    match attribute.data_type.split('.').next() {
        Some("String" | "Number") => has_value && attribute.binary_value.is_none(),
        Some("Binary") => has_value && attribute.string_value.is_none(),
        _ => false,
    }
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(entry: &Entry, raw: &[(&str, &str)]) -> SqsError {
        let raw = raw
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        check_entry(entry, &Settings::create(&raw.collect()).unwrap()).unwrap_err()
    }

    const FIFO: &[(&str, &str)] = &[("FifoQueue", "true")];

    #[test]
    fn a_fifo_message_needs_a_group_and_a_deduplication_id_and_has_no_delay() {
        let no_group = Entry {
            dedup: Some("d".to_owned()),
            ..Entry::new("x")
        };
        assert_eq!(
            refused(&no_group, FIFO),
            SqsError::MissingParameter("MessageGroupId")
        );
        let no_dedup = Entry {
            group: Some("g".to_owned()),
            ..Entry::new("x")
        };
        assert!(matches!(
            refused(&no_dedup, FIFO),
            SqsError::InvalidParameterValue(_)
        ));
        let delayed = Entry {
            delay_seconds: Some(5),
            ..Entry::fifo("x", "g", "d")
        };
        assert!(
            refused(&delayed, FIFO)
                .to_string()
                .contains("not valid for this queue type")
        );
    }

    #[test]
    fn a_standard_message_has_no_deduplication_id_and_at_most_fifteen_minutes_of_delay() {
        assert!(matches!(
            refused(&Entry::fifo("x", "g", "d"), &[]),
            SqsError::InvalidParameterValue(_)
        ));
        let late = Entry {
            delay_seconds: Some(901),
            ..Entry::new("x")
        };
        assert!(matches!(
            refused(&late, &[]),
            SqsError::InvalidParameterValue(_)
        ));
    }

    #[test]
    fn bodies_are_neither_empty_nor_too_long_nor_outside_xml() {
        assert_eq!(
            refused(&Entry::new(""), &[]),
            SqsError::MissingParameter("MessageBody")
        );
        assert_eq!(
            refused(&Entry::new("\u{0}"), &[]),
            SqsError::InvalidMessageContents
        );
        let long = Entry::new("x".repeat(1025));
        assert!(matches!(
            refused(&long, &[("MaximumMessageSize", "1024")]),
            SqsError::InvalidParameterValue(_)
        ));
    }

    #[test]
    fn group_ids_have_no_spaces_and_at_most_128_characters() {
        for group in ["", "a b", &"g".repeat(129)] {
            assert!(matches!(
                refused(&Entry::fifo("x", group, "d"), FIFO),
                SqsError::InvalidParameterValue(_)
            ));
        }
    }

    #[test]
    fn batches_have_one_to_ten_distinct_ids() {
        assert_eq!(check_batch_ids(&[]), Err(SqsError::EmptyBatchRequest));
        assert_eq!(
            check_batch_ids(&["a", "a"]),
            Err(SqsError::BatchEntryIdsNotDistinct)
        );
        assert_eq!(
            check_batch_ids(&["a b"]),
            Err(SqsError::InvalidBatchEntryId)
        );
        assert_eq!(
            check_batch_ids(&["a"; 11]),
            Err(SqsError::TooManyEntriesInBatchRequest(11))
        );
    }

    #[test]
    fn the_suffix_and_the_kind_of_a_queue_go_together() {
        assert!(check_queue_name("a.fifo", true).is_ok());
        assert!(check_queue_name("a_b-1", false).is_ok());
        for (name, fifo) in [
            ("a", true),
            ("a.fifo", false),
            (".fifo", true),
            ("", false),
            ("a b", false),
        ] {
            assert!(check_queue_name(name, fifo).is_err(), "{name}");
        }
    }
}
