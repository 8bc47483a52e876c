//! The Lambda function `messages`.

use std::convert::Infallible;

use lambda_http::{Error, run, service_fn};
use messages::App;
use platform::{Clock, Config, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init(&config);
    let app = &App::new("messages", &config, Clock::system());
    app.open_connections().await;
    run(service_fn(move |request| async move {
        Ok::<_, Infallible>(app.handle(request).await)
    }))
    .await
}
