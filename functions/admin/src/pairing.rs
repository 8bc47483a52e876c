use domain::{VendorId, WabaId};
use flows::problem::{self, Problem};
use lambda_http::aws_lambda_events::query_map::QueryMap;
use serde_json::json;

use crate::{Answer, App, no_such_vendor, unavailable};

impl App {
    /// The last code by which a number's session can be linked, while it is good. Of the vendor's first number unless one is named.
    pub(crate) async fn get_pairing(&self, vendor: &VendorId, query: &QueryMap) -> Answer {
        let tables = &self.platform.tables;
        let row = tables.vendor(vendor).await;
        let row = row.map_err(|error| unavailable(&error))?;
        let row = row.ok_or_else(no_such_vendor)?;
        let asked = match query.first("wabaId") {
            Some(id) => WabaId::parse(id).map_err(|_| no_pairing())?,
            None => WabaId::first_of(vendor),
        };
        let mut numbers = row.instances.iter();
        if !numbers.any(|number| number.waba_id == asked) {
            return Err(no_pairing());
        }
        let now = self.platform.clock.now();
        let found = tables.pairing(vendor, &asked, now).await;
        let found = found.map_err(|error| unavailable(&error))?;
        let pairing = found.ok_or_else(no_pairing)?;
        let (code, expires_at) = (pairing.pairing, pairing.expires_at);
        Ok(problem::json(
            200,
            &json!({
                "wabaId": asked.as_str(),
                "kind": code.kind.as_str(),
                "code": code.code,
                "token": code.token,
                "stage": code.stage,
                "requestId": code.request_id,
                "error": code.error,
                "expiresAt": expires_at.to_string(),
            }),
        ))
    }
}

fn no_pairing() -> Problem {
    Problem::new(
        404,
        "no_pairing",
        "Not found",
        "no code by which this number can be linked is good now; connect its session to get one",
    )
}
