use std::collections::HashMap;

use aws::sqs::{SystemAttributes, TRACE_HEADER};

use crate::telemetry;

/// The trace that a queue entry is of, so that who takes it goes on with it; `None` if there is none.
pub(super) fn attributes() -> Option<SystemAttributes> {
    let header = telemetry::trace_header()?;
    Some(HashMap::from([(TRACE_HEADER, header.into())]))
}
