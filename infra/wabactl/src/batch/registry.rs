use std::collections::BTreeMap;

use domain::VendorId;
use serde_json::Value;

use super::view::{View, first_number};
use crate::client::{AdminClient, Ask};
use crate::client_error::ClientError;

/// Vendors that are asked for at once, the most that the gateway gives.
const PAGE: usize = 100;

/// The vendors that a gateway has, as they were when it was asked.
#[derive(Clone, Debug, Default)]
pub struct Registry(BTreeMap<String, Value>);

impl Registry {
    /// Asks the gateway for all of them.
    pub async fn read(client: &AdminClient) -> Result<Self, ClientError> {
        let all = Ask::get(&["vendors"]).query("limit", Some(PAGE));
        let vendors = client.list(&all, "vendors", usize::MAX).await?;
        Ok(Self::of(vendors))
    }

    pub fn of(vendors: impl IntoIterator<Item = Value>) -> Self {
        let by_id = |vendor: Value| Some((vendor["vendorId"].as_str()?.to_owned(), vendor));
        Self(vendors.into_iter().filter_map(by_id).collect())
    }

    /// A vendor by the fields that a sheet can tell; `None` if there is none.
    pub fn view(&self, id: &VendorId) -> Option<View> {
        self.0.get(id.as_str()).map(View::shown)
    }

    /// Whether the number behind a vendor's key is the registered one, in the gateway's word.
    pub fn identity(&self, id: &VendorId) -> Option<&str> {
        first_number(self.0.get(id.as_str())?)["identity"].as_str()
    }

    /// Who has this value in this field of a number.
    pub(super) fn owners(&self, field: &'static str) -> BTreeMap<String, String> {
        let mut owners = BTreeMap::new();
        for (id, vendor) in &self.0 {
            for number in vendor["wabaInstances"].as_array().into_iter().flatten() {
                if let Some(value) = number[field].as_str() {
                    owners.insert(value.to_owned(), id.clone());
                }
            }
        }
        owners
    }
}
