use std::num::NonZeroUsize;

use clap::Args;
use domain::VendorId;
use wabactl::Ask;

use super::{Context, Failure, Outcome};
use crate::cli::answers::Columns;

const COLUMNS: &Columns = &[
    ("TIME", "/at"),
    ("WHO", "/label"),
    ("METHOD", "/method"),
    ("ROUTE", "/route"),
    ("VENDOR", "/vendorId"),
    ("OUTCOME", "/outcome"),
    ("STATUS", "/status"),
];

/// Lists who changed what, newest first; --json shows what was there before and after
#[derive(Args)]
pub(crate) struct Audit {
    /// Changes of this vendor alone
    #[arg(value_parser = VendorId::parse)]
    vendor: Option<VendorId>,
    /// Changes from this time on, such as 2026-11-18T00:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Changes before this time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// How many records at most
    #[arg(long, value_name = "N", default_value = "50")]
    limit: NonZeroUsize,
}

impl Audit {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let ask = Ask::get(&["audit"])
            .query("vendorId", self.vendor.as_ref().map(VendorId::as_str))
            .query("from", self.from.as_ref())
            .query("to", self.to.as_ref());
        let most = self.limit.get();
        context.lists(&ask, "records", most, COLUMNS).await
    }
}
