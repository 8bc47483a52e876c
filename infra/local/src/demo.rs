//! The demo vendors, registered through the admin API by the migration's own code.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use wabactl::{AdminClient, Registration};

/// `events/local/vendors.csv`.
const VENDORS: &[u8] = include_bytes!("../../../events/local/vendors.csv");

/// Registers the demo vendors and answers with all of them. In a data directory this is repeated until it was done to the end once, so
/// that a process killed meanwhile leaves no vendor half made; from then on they stay as their user changes them.
pub(crate) async fn import(
    gateway_url: &str,
    admin_key: &str,
    data_dir: Option<&Path>,
) -> Result<Vec<Registration>> {
    let vendors = wabactl::read_csv(VENDORS)?;
    let imported = data_dir.map(|dir| dir.join("demo-vendors"));
    if imported.as_ref().is_some_and(|file| file.exists()) {
        return Ok(vendors);
    }
    let client = AdminClient::new(gateway_url, admin_key)?;
    let report = wabactl::migrate(&client, &vendors).await;
    if report.failed() > 0 {
        bail!("the demo vendors were not registered: {report:?}");
    }
    if let Some(file) = imported {
        fs::write(&file, "imported\n")
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(vendors)
}
