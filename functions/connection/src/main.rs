//! The Lambda function `connection`.

use std::convert::Infallible;

use connection::App;
use lambda_http::{Error, run, service_fn};
use platform::{Clock, Config, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init(&config);
    let app = &App::new("connection", &config, Clock::system());
    app.open_connections().await;
    run(service_fn(move |request| async move {
        Ok::<_, Infallible>(app.handle(request).await)
    }))
    .await
}
