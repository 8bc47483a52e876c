//! The Lambda function `messages`.

use lambda_runtime::Error;
use messages::App;
use platform::{Clock, Config, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init(&config);
    let app = &App::new("messages", &config, Clock::system());
    app.open_connections().await;
    http_api::run(|request| app.handle(request)).await
}
