use std::fs;

use wabactl::AdminClient;

use super::{Arguments, Failure};

/// Where the local stack writes its key.
const LOCAL_KEY_FILE: &str = ".local/admin-key";
/// Where the local stack listens, unless it is told otherwise.
const LOCAL_URL: &str = "http://127.0.0.1:9002";

/// A client for the gateway and with the key that the arguments name.
pub(crate) fn client(arguments: &Arguments) -> Result<AdminClient, Failure> {
    AdminClient::new(&arguments.url, key(arguments)?.trim())
        .map_err(|error| Failure::Usage(error.to_string()))
}

fn key(arguments: &Arguments) -> Result<String, Failure> {
    if let Some(file) = &arguments.key_file {
        return fs::read_to_string(file)
            .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())));
    }
    if let Some(key) = key_of_environment() {
        return Ok(key);
    }
    // The key of the local stack is no other gateway's.
    let local = (arguments.url == LOCAL_URL).then(|| fs::read_to_string(LOCAL_KEY_FILE).ok());
    local.flatten().ok_or_else(|| {
        Failure::Usage("no admin key: give --key-file FILE or set WABA_ADMIN_KEY".to_owned())
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "platform::Config is the functions' configuration; this is the tool's one setting"
)]
fn key_of_environment() -> Option<String> {
    std::env::var("WABA_ADMIN_KEY")
        .ok()
        .filter(|key| !key.is_empty())
}
