use std::collections::HashMap;

use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue};

use crate::telemetry;

/// The trace that a queue entry is of, so that who takes it goes on with it; `None` if there is none.
pub(super) fn attributes()
-> Option<HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>> {
    let header = telemetry::trace_header()?;
    let value = MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value(header)
        .build()
        .expect("the type is set");
    let name = MessageSystemAttributeNameForSends::AwsTraceHeader;
    Some(HashMap::from([(name, value)]))
}
