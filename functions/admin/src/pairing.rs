use domain::WabaId;
use flows::problem::{self, Problem};
use serde_json::json;

use crate::call::{Call, Scope};
use crate::routes::Route;
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[Route::new(
    "GET",
    "/vendors/{vendorId}/pairing",
    Scope::Manage,
    |app, call| Box::pin(app.get_pairing(call)),
)];

impl App {
    /// The last code by which a number's session can be linked, while it is good. Of the vendor's first number unless one is named.
    async fn get_pairing(&self, call: Call<'_>) -> Answer {
        let tables = &self.platform.tables;
        let vendor = &call.vendor()?;
        let row = self.row(vendor).await?;
        let asked = match call.query.first("wabaId") {
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
