use std::collections::BTreeMap;

use super::message::MessageAttribute;

/// The MD5 of a message's attributes, or nothing when there are none.
///
/// In the order of the names, each of name, type and value with its length before it, and a byte for the transport type between:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>.
pub(crate) fn attributes_md5(attributes: &BTreeMap<String, MessageAttribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut text = Vec::new();
    for (name, attribute) in attributes {
        append(&mut text, name.as_bytes());
        append(&mut text, attribute.data_type.as_bytes());
        text.push(if attribute.binary_value.is_some() {
            2
        } else {
            1
        });
        append(&mut text, &attribute.bytes());
    }
    Some(format!("{:x}", md5::compute(text)))
}

/// The MD5 of the only system attribute there is.
pub(crate) fn trace_header_md5(header: Option<&String>) -> Option<String> {
    let attribute = MessageAttribute {
        data_type: "String".to_owned(),
        string_value: Some(header?.clone()),
        binary_value: None,
    };
    attributes_md5(&BTreeMap::from([("AWSTraceHeader".to_owned(), attribute)]))
}

fn append(text: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    text.extend_from_slice(&length.to_be_bytes());
    text.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(value: &str) -> MessageAttribute {
        MessageAttribute {
            data_type: "String".to_owned(),
            string_value: Some(value.to_owned()),
            binary_value: None,
        }
    }

    #[test]
    fn the_digest_is_the_one_of_the_layout_aws_documents() {
        let attributes =
            BTreeMap::from([("b".to_owned(), string("2")), ("a".to_owned(), string("1"))]);
        let plain =
            b"\0\0\0\x01a\0\0\0\x06String\x01\0\0\0\x011\0\0\0\x01b\0\0\0\x06String\x01\0\0\0\x012";
        assert_eq!(
            attributes_md5(&attributes),
            Some(format!("{:x}", md5::compute(plain)))
        );
    }

    #[test]
    fn binary_values_are_digested_as_bytes_and_marked() {
        let binary = MessageAttribute {
            data_type: "Binary".to_owned(),
            string_value: None,
            binary_value: Some("AAE=".to_owned()),
        };
        let attributes = BTreeMap::from([("a".to_owned(), binary)]);
        let plain = b"\0\0\0\x01a\0\0\0\x06Binary\x02\0\0\0\x02\0\x01";
        assert_eq!(
            attributes_md5(&attributes),
            Some(format!("{:x}", md5::compute(plain)))
        );
    }

    #[test]
    fn a_message_without_attributes_has_no_digest_of_them() {
        assert_eq!(attributes_md5(&BTreeMap::new()), None);
    }
}
