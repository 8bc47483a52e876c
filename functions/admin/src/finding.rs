use domain::{PhoneNumber, Provider, VendorId};
use flows::problem::Problem;
use http_api::Query;
use platform::tables::VendorRow;

use crate::listing::bad_query;
use crate::{App, no_such_vendor, unavailable};

impl App {
    /// The vendor whose a number or a provider's instance is at this moment, or none; `None` if the query names neither.
    pub(crate) async fn found(&self, query: &Query) -> Result<Option<Vec<VendorRow>>, Problem> {
        let tables = &self.platform.tables;
        let owner = match (
            query.first("phoneNumber"),
            query.first("wasenderInstanceId"),
        ) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                let detail = "is not for use with phoneNumber: give one of them";
                return Err(bad_query("wasenderInstanceId", detail));
            }
            (Some(typed), None) => {
                let phone = PhoneNumber::parse(typed, &self.default_country)
                    .map_err(|error| bad_query("phoneNumber", error))?;
                tables.owner_of_phone(&phone).await
            }
            (None, Some(id)) => tables.owner_of_instance(Provider::Wasender, id).await,
        };
        let Some((vendor, _)) = owner.map_err(|error| unavailable(&error))? else {
            return Ok(Some(Vec::new()));
        };
        let row = tables.vendor(&vendor).await;
        let row = row.map_err(|error| unavailable(&error))?;
        Ok(Some(row.into_iter().collect()))
    }

    /// That a vendor exists, as far as was known minutes ago, and was not deleted since: enough to show what is kept of it.
    pub(crate) async fn known(&self, vendor: &VendorId) -> Result<(), Problem> {
        let row = self.registry.vendor(vendor).await;
        let row = row.map_err(|error| unavailable(&error))?;
        row.ok_or_else(no_such_vendor)?;
        self.not_deleted(vendor).await
    }
}
