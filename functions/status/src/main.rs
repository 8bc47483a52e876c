//! The Lambda function `status`.

use std::convert::Infallible;

use lambda_http::{Error, run, service_fn};
use platform::{Clock, Config, telemetry};
use status::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init(&config);
    let app = &App::new("status", &config, Clock::system());
    app.open_connections().await;
    run(service_fn(move |request| async move {
        Ok::<_, Infallible>(app.handle(request).await)
    }))
    .await
}
