//! The demo vendors, registered through the admin API by the migration's own code.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use wabactl::{AdminClient, Patience, Registration};

/// How often it is looked whether a demo vendor may send, and how many times.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const LOOKS: usize = 4_000;

/// A process that was killed while it registered a vendor leaves the lease of its secrets, which is waited for.
const PATIENCE: Patience = Patience::new(12, Duration::from_millis(500));

/// `events/local/vendors.csv`.
const VENDORS: &[u8] = include_bytes!("../../../events/local/vendors.csv");

/// Registers the demo vendors, waits until they may send, and answers with all of them. In a data directory this is repeated until it was done to the end once, so
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
    let client = AdminClient::new(gateway_url, admin_key)?.patient(PATIENCE);
    let report = wabactl::migrate(&client, &vendors).await;
    if report.failed() > 0 {
        bail!("the demo vendors were not registered: {report:?}");
    }
    for vendor in &vendors {
        may_send(&client, vendor).await?;
    }
    if let Some(file) = imported {
        fs::write(&file, "imported\n")
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(vendors)
}

/// Waits until the number behind a vendor's session is verified, so that whoever writes first is answered at once.
async fn may_send(client: &AdminClient, vendor: &Registration) -> Result<()> {
    for _ in 0..LOOKS {
        let row = client.vendor(&vendor.vendor_id).await?;
        if row["wabaInstances"][0]["lane"]["state"] == "open" {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("the number of {} was not verified", vendor.vendor_id);
}
