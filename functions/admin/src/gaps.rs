use domain::watch::Gap;
use domain::{VendorId, limits};
use flows::problem;
use jiff::Timestamp;
use platform::tables::Listed;
use serde_json::{Value, json};

use crate::call::{Call, Scope};
use crate::routes::Route;
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[Route::new(
    "GET",
    "/vendors/{vendorId}/gaps",
    Scope::Read,
    |app, call| Box::pin(app.list_gaps(call)),
)];

impl App {
    /// The times in which messages to a vendor may have been missed, newest first.
    async fn list_gaps(&self, call: Call<'_>) -> Answer {
        let (tables, now) = (&self.platform.tables, self.platform.clock.now());
        let vendor = call.vendor()?;
        self.known(&vendor).await?;
        let gaps = tables.gaps(&vendor, now, now).await;
        let gaps = gaps.map_err(|error| unavailable(&error))?;
        Ok(problem::json(200, &json!({ "gaps": shown(&gaps) })))
    }

    /// The gaps that a page of messages touches: from its oldest message, or from the beginning on its last page, to its newest, or to now on
    /// its first.
    pub(crate) async fn gaps_around(
        &self,
        vendor: &VendorId,
        messages: &[Listed],
        (is_first, is_last): (bool, bool),
    ) -> Result<Value, problem::Problem> {
        let now = self.platform.clock.now();
        let newest = messages.first().filter(|_| !is_first);
        let oldest = messages.last().filter(|_| !is_last);
        let until = newest.map_or(now, |message| message.received_at);
        let since = oldest.map_or(Timestamp::MIN, |message| message.received_at);
        let gaps = self.platform.tables.gaps(vendor, until, now).await;
        let mut gaps = gaps.map_err(|error| unavailable(&error))?;
        gaps.retain(|gap| gap.overlaps(since, until));
        Ok(shown(&gaps))
    }
}

fn shown(gaps: &[Gap]) -> Value {
    let gap = |gap: &Gap| {
        json!({
            "wabaId": gap.waba.as_str(),
            "cause": gap.cause.as_str(),
            "from": gap.from.to_string(),
            "to": gap.to.map(|to| to.to_string()),
        })
    };
    gaps.iter().take(limits::GAPS_SHOWN).map(gap).collect()
}
