use clap::{Subcommand, ValueEnum};
use domain::VendorId;
use serde_json::{Value, json};
use wabactl::Ask;

use super::{Context, Failure, Outcome};
use crate::cli::answers::{Columns, in_doubt};

const COLUMNS: &Columns = &[
    ("KEY", "/keyId"),
    ("NAME", "/name"),
    ("STATUS", "/status"),
    ("SCOPES", "/scopes"),
    ("VENDORS", "/vendors"),
    ("RATE", "/ratePerMinute"),
    ("LAST USED", "/lastUsedAt"),
    ("EXPIRES", "/expiresAt"),
];

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Lists admin keys, those included that are no longer good; no key is shown
    List,
    /// Makes a key and prints it, alone, on stdout: it is shown this once
    Create {
        /// What it is for
        name: String,
        /// What it may do
        #[arg(long, value_name = "SCOPE", required = true, value_delimiter = ',')]
        scopes: Vec<Scope>,
        /// The only vendors that it may deal with; else all
        #[arg(long, value_name = "VENDOR", value_delimiter = ',', value_parser = VendorId::parse)]
        vendors: Vec<VendorId>,
        /// When it ends, such as 2027-01-31T00:00:00Z; else never
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        /// How many requests it may send in a minute; else 100
        #[arg(long, value_name = "N")]
        rate: Option<u32>,
    },
    /// Revokes a key: from the next request on it opens nothing
    Revoke {
        #[arg(value_name = "KEY_ID")]
        id: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Scope {
    Read,
    Send,
    Manage,
    Admin,
}

impl Scope {
    const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Send => "send",
            Self::Manage => "manage",
            Self::Admin => "admin",
        }
    }
}

impl Keys {
    pub(crate) async fn run(self, context: &Context) -> Result<Outcome, Failure> {
        match self {
            Self::List => {
                let all = Ask::get(&["keys"]);
                context.lists(&all, "keys", usize::MAX, COLUMNS).await
            }
            Self::Revoke { id } => context.shows(&Ask::delete(&["keys", &id])).await,
            Self::Create {
                name,
                scopes,
                vendors,
                expires,
                rate,
            } => {
                let scopes: Vec<_> = scopes.into_iter().map(Scope::name).collect();
                let vendors: Vec<_> = vendors.iter().map(VendorId::as_str).collect();
                let vendors = (!vendors.is_empty()).then_some(vendors);
                let body = json!({"name": name, "scopes": scopes, "vendors": vendors,
                    "expiresAt": expires, "ratePerMinute": rate});
                create(&body, context).await
            }
        }
    }
}

async fn create(body: &Value, context: &Context) -> Result<Outcome, Failure> {
    let ask = Ask::post(&["keys"]).json(body);
    let advice = "a key may have been made that nobody knows: see wabactl keys list, and revoke it";
    let answer = context.client()?.call(&ask).await;
    let made = answer.map_err(|error| in_doubt(error, advice))?.body;
    let word = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
    let (key, id) = (word("key"), word("keyId"));
    let output = context.output;
    output.tell_aside(&format!("{id} is made; its key is not shown again:"));
    Ok(output.done(|| made, || format!("{key}\n")))
}
