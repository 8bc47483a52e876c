//! The Lambda function `conversation`.

#![recursion_limit = "256"]

use aws_lambda_events::event::sqs::SqsEvent;
use conversation::App;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use platform::{Clock, Config, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init(&config);
    let app = &App::new(&config, Clock::system());
    app.open_connections().await;
    run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(Box::pin(app.handle(event.payload, &event.context)).await)
    }))
    .await
}
