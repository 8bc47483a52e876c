use domain::{PhoneNumber, Provider, VendorId, WabaId};

use super::Tables;
use super::item::{Item, Reader};
use super::registration::{phone_key, provider_instance_key};
use crate::error::AwsError;

/// Whose something is: a vendor, and which of its numbers.
pub type Owner = (VendorId, WabaId);

impl Tables {
    /// Whose a phone number is at this moment.
    pub async fn owner_of_phone(&self, phone: &PhoneNumber) -> Result<Option<Owner>, AwsError> {
        self.owner(phone_key(phone)).await
    }

    /// Whose a provider's instance is at this moment.
    pub async fn owner_of_instance(
        &self,
        provider: Provider,
        id: &str,
    ) -> Result<Option<Owner>, AwsError> {
        self.owner(provider_instance_key(provider, id)).await
    }

    async fn owner(&self, key: Item) -> Result<Option<Owner>, AwsError> {
        let attempted = "finding whose a number is";
        let item = self.get(attempted, &self.names.waba_instances, key).await?;
        let Some(item) = item else { return Ok(None) };
        owner_in(&Reader::new(&item, attempted)).map(Some)
    }
}

/// Whose an item that is unique over all vendors is.
pub(super) fn owner_in(from: &Reader<'_>) -> Result<Owner, AwsError> {
    let owner = from
        .text("owner")?
        .split_once('#')
        .and_then(|(vendor, waba)| {
            Some((VendorId::parse(vendor).ok()?, WabaId::parse(waba).ok()?))
        });
    owner.ok_or_else(|| from.unreadable())
}
