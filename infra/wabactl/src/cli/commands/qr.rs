mod drawing;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use wabactl::{AdminClient, Ask, ClientError};

use self::drawing::draw;
use super::sessions::Number;
use super::{Context, Exit, Failure, Outcome};
use crate::cli::output;

/// Clears the screen and what was on it before, so that no code stays in sight.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

/// Draws the QR code that links a number's session; connect it first
#[derive(Args)]
pub(crate) struct Qr {
    #[command(flatten)]
    number: Number,
    /// Draws it again as it changes, until the session is connected
    #[arg(long, conflicts_with = "png")]
    watch: bool,
    /// How long to pause before looking again
    #[arg(long, value_name = "SECONDS", default_value = "3", requires = "watch")]
    interval: u64,
    /// Writes a picture into a new file instead
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    /// The terminal's background is light
    #[arg(long)]
    light: bool,
}

impl Qr {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let client = context.client()?;
        if let Some(file) = &self.png {
            let picture = client
                .bytes(&self.ask().query("format", Some("png")))
                .await?;
            write(file, &picture)?;
            let shown = file.display().to_string();
            let done = |file: &str| json!({ "file": file });
            return Ok(context
                .output
                .done(|| done(&shown), || format!("{shown} is written\n")));
        }
        if self.watch {
            return self.watch(&client, context).await;
        }
        let answer = client
            .call(&self.ask().query("format", Some("json")))
            .await?
            .body;
        let text = answer["qr"].as_str().unwrap_or_default();
        let drawn = draw(text, self.light);
        if context.output.is_json {
            return Ok(context.document(answer));
        }
        let drawn = drawn.map_err(|why| Failure::Usage(why.to_owned()))?;
        Ok(context.output.done(|| Value::Null, || drawn))
    }

    fn ask(&self) -> Ask {
        let ask = Ask::get(&["vendors", self.number.vendor.as_str(), "qr"]);
        ask.query("wabaId", self.number.waba.as_ref())
    }

    async fn watch(&self, client: &AdminClient, context: &Context) -> Result<Outcome, Failure> {
        tokio::select! {
            ended = self.look_until_connected(client, context) => ended,
            _ = tokio::signal::ctrl_c() => {
                Ok(context.output.done(|| json!({"status": "interrupted"}), String::new).ending(Exit::Interrupted))
            }
        }
    }

    async fn look_until_connected(
        &self,
        client: &AdminClient,
        context: &Context,
    ) -> Result<Outcome, Failure> {
        let ask = self.ask().query("format", Some("json"));
        let mut last = String::new();
        loop {
            let status = self.status(client).await?;
            if status == "connected" {
                let told = "connected\n".to_owned();
                return Ok(context.output.done(|| json!({ "status": status }), || told));
            }
            match client.call(&ask).await {
                Ok(answer) => {
                    let text = answer.body["qr"].as_str().unwrap_or_default();
                    if text != last {
                        text.clone_into(&mut last);
                        self.show(&answer.body, context)?;
                    }
                }
                Err(error) if passes(&error) => {}
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(Duration::from_secs(self.interval)).await;
        }
    }

    /// The stored status of the number.
    async fn status(&self, client: &AdminClient) -> Result<String, Failure> {
        let vendor = client.vendor(&self.number.vendor).await?;
        let mut numbers = vendor["wabaInstances"].as_array().into_iter().flatten();
        let number = match &self.number.waba {
            None => numbers.next(),
            Some(waba) => numbers.find(|number| number["wabaId"] == **waba),
        };
        let status = number.and_then(|number| number["status"].as_str());
        Ok(status.unwrap_or_default().to_owned())
    }

    fn show(&self, answer: &Value, context: &Context) -> Result<(), Failure> {
        if context.output.is_json {
            return output::line(&answer.to_string());
        }
        let text = answer["qr"].as_str().unwrap_or_default();
        let drawn = draw(text, self.light).map_err(|why| Failure::Usage(why.to_owned()))?;
        let clear = if io::stdout().is_terminal() {
            CLEAR
        } else {
            ""
        };
        output::line(&format!("{clear}{drawn}"))
    }
}

/// Whether there may be a code the next time: there is none yet, or one is just being scanned.
fn passes(error: &ClientError) -> bool {
    error.code() == "wrong_session_state" || Exit::of(error) == Exit::NotReached
}

/// Writes a new file for its owner alone: the code in it links a number.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| Failure::Usage(format!("cannot write {}: {error}", path.display())))
}
