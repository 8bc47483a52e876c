use clap::Subcommand;
use serde_json::{Value, json};

use super::{Context, Failure, Outcome};
use crate::cli::profiles::{Profile, Profiles};
use crate::cli::table::Table;
use crate::cli::{input, target};

#[derive(Subcommand)]
pub(crate) enum ProfilesCommand {
    /// Lists the gateways that have names; keys are not shown
    List,
    /// Names the gateway of --url, with the key of --key or --key-file, or one that it asks for
    Add { name: String },
    /// Forgets a gateway and its key
    Remove { name: String },
}

impl ProfilesCommand {
    pub(crate) fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        match self {
            Self::List => list(context),
            Self::Add { name } => add(context, name),
            Self::Remove { name } => remove(context, name),
        }
    }
}

fn list(context: &Context) -> Result<Outcome, Failure> {
    let profiles = Profiles::open()?;
    let line = |(name, profile): (&str, &Profile)| -> Value {
        json!({"name": name, "url": profile.url, "hasKey": profile.key.is_some()})
    };
    let cells = |(name, profile): (&str, &Profile)| {
        let key = if profile.key.is_some() { "yes" } else { "no" };
        vec![name.to_owned(), profile.url.clone(), key.to_owned()]
    };
    let output = context.output;
    Ok(output.done(
        || json!({"profiles": profiles.iter().map(line).collect::<Vec<_>>()}),
        || {
            let table = Table::new(&["PROFILE", "URL", "KEY"], profiles.iter().map(cells));
            output.table(&table)
        },
    ))
}

fn add(context: &Context, name: &str) -> Result<Outcome, Failure> {
    let told = || Failure::Usage("give the gateway's address: --url".to_owned());
    let url = context.global.url.clone().ok_or_else(told)?;
    let key = match target::flagged_key(&context.global)? {
        Some(key) => key,
        None => input::secret("Admin key: ")?,
    };
    let key = key.trim();
    wabactl::AdminClient::new(&url, key).map_err(|error| Failure::Usage(error.to_string()))?;
    let mut profiles = Profiles::open()?;
    let profile = Profile {
        url: url.clone(),
        key: Some(key.to_owned()),
    };
    profiles.add(name, profile);
    let path = profiles.save()?.display().to_string();
    Ok(context.output.done(
        || json!({"name": name, "url": url, "file": path}),
        || format!("{name} is kept in {path}\n"),
    ))
}

fn remove(context: &Context, name: &str) -> Result<Outcome, Failure> {
    let mut profiles = Profiles::open()?;
    profiles.get(name)?;
    profiles.remove(name);
    profiles.save()?;
    Ok(context.output.done(
        || json!({"name": name, "removed": true}),
        || format!("{name} is forgotten\n"),
    ))
}
