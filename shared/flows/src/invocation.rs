//! Each invocation in its own scope, so that every line of a function says which invocation, trace and message it is of.

use http_api::Request;
use lambda_runtime::Context;
use platform::Platform;
use platform::telemetry::{self, Invocation};

/// Does a function's work on a request.
pub async fn of_request<T>(
    platform: &Platform,
    function: &'static str,
    request: &Request,
    work: impl Future<Output = T>,
) -> T {
    let context = request.context.as_ref();
    let header = request.headers.get("x-amzn-trace-id");
    let invocation = Invocation {
        function,
        request_id: context.map_or("", |context| &context.request_id),
        trace: context
            .and_then(|context| context.xray_trace_id.as_deref())
            .or_else(|| header.and_then(|header| header.to_str().ok())),
        sample: platform.log_sample,
    };
    // Boxed: it is long, and what is around it would have its size.
    telemetry::invoked(invocation, Box::pin(work)).await
}

/// Does a function's work on an event that is no request.
pub async fn of_event<T>(
    platform: &Platform,
    function: &'static str,
    context: &Context,
    work: impl Future<Output = T>,
) -> T {
    let invocation = Invocation {
        function,
        request_id: &context.request_id,
        trace: context.xray_trace_id.as_deref(),
        sample: platform.log_sample,
    };
    // Boxed: it is long, and what is around it would have its size.
    telemetry::invoked(invocation, Box::pin(work)).await
}
