//! The demo vendors, registered through the admin API by the migration's own code.

use anyhow::{Result, bail};
use wabactl::{AdminClient, Registration};

/// `events/local/vendors.csv`.
const VENDORS: &[u8] = include_bytes!("../../../events/local/vendors.csv");

/// Registers the demo vendors that are not there yet and answers with all of them.
pub(crate) async fn import(gateway_url: &str, admin_key: &str) -> Result<Vec<Registration>> {
    let vendors = wabactl::read_csv(VENDORS)?;
    let client = AdminClient::new(gateway_url, admin_key)?;
    let mut missing = Vec::new();
    for vendor in &vendors {
        if client.vendor(&vendor.vendor_id).await.is_err() {
            missing.push(vendor.clone());
        }
    }
    let report = wabactl::migrate(&client, &missing).await;
    if report.failed() > 0 {
        bail!("the demo vendors were not registered: {report:?}");
    }
    Ok(vendors)
}
