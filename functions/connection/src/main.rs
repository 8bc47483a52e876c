//! The Lambda function `connection`.

use connection::App;
use lambda_runtime::Error;
use platform::{Clock, Config, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init(&config);
    let app = &App::new("connection", &config, Clock::system());
    app.open_connections().await;
    http_api::run(|request| app.handle(request)).await
}
