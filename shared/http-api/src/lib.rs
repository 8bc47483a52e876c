//! API Gateway's HTTP API in front of a function: its events (payload 2.0) as requests, and answers as it wants them.

mod answer;
mod body;
mod event;
mod request;

use std::convert::Infallible;

use lambda_runtime::{Error, LambdaEvent, service_fn};

pub use ::http;
pub use answer::Answer;
pub use body::Body;
pub use event::NotAnEvent;
pub use request::{Query, Request};

use event::Payload;

/// What a function answers.
pub type Response = http::Response<Body>;

/// Serves until Lambda ends the environment.
///
/// # Errors
///
/// The runtime API can't be reached, or breaks its contract. What is no event of payload 2.0 is an error of that invocation alone.
pub async fn run<Handling>(handle: impl Fn(Request) -> Handling) -> Result<(), Error>
where
    Handling: Future<Output = Response>,
{
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| {
        let request = event.payload.0.with_context(event.context);
        // Boxed: the runtime moves it about.
        let handling = Box::pin(handle(request));
        async move { Ok::<_, Infallible>(Answer(handling.await)) }
    }))
    .await
}
