use clap::Args;
use domain::VendorId;

use super::super::replay::Secret;
use super::super::{Context, Failure, Outcome};
use super::examined;

/// Proves a deployment: what `doctor` looks at, and a signed message from a customer to its accepted reply
///
/// VENDOR is a vendor of your own whose number is linked; the reply really leaves, to PHONE.
#[derive(Args)]
pub(crate) struct Smoke {
    #[arg(value_parser = VendorId::parse)]
    vendor: VendorId,
    /// From whom the message is, so where the reply goes: a number of your own
    #[arg(long, value_name = "PHONE")]
    from: String,
    #[command(flatten)]
    secret: Secret,
}

impl Smoke {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let secret = self.secret.of(&self.vendor)?;
        examined(context, Some((&self.vendor, &self.from, secret))).await
    }
}
