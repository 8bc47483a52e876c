//! Whether the deployment has what it stands on, as this function sees it: for whoever deployed it.

use flows::problem;
use platform::{Found, Kind, Probed};
use serde_json::{Value, json};

use crate::call::{Call, Scope};
use crate::routes::Route;
use crate::{Answer, App};

pub(crate) const ROUTES: &[Route] = &[Route::new("GET", "/health", Scope::Read, |app, call| {
    Box::pin(app.examine(call))
})];

impl App {
    /// Looks at every table, queue and secret of the deployment; nothing of a vendor's.
    async fn examine(&self, _: Call<'_>) -> Answer {
        let probed = Box::pin(self.platform.probe()).await;
        let is_well = |one: &Probed| !matches!(one.found, Found::Failed(_));
        let answer = json!({
            "ok": probed.iter().all(is_well),
            "checks": probed.iter().map(shown).collect::<Vec<_>>(),
        });
        Ok(problem::json(200, &answer))
    }
}

fn shown(probed: &Probed) -> Value {
    let kind = match probed.kind {
        Kind::Table => "table",
        Kind::Queue => "queue",
        Kind::Secret => "secret",
    };
    let (state, code) = match probed.found {
        Found::There | Found::Holding(_) => ("ok", None),
        Found::Absent => ("absent", None),
        Found::Failed(code) => ("failed", Some(code)),
    };
    let mut shown = json!({ "kind": kind, "name": probed.name, "state": state, "code": code });
    if let Found::Holding(backlog) = probed.found {
        shown["waiting"] = backlog.waiting.into();
        shown["inFlight"] = backlog.in_flight.into();
        shown["delayed"] = backlog.delayed.into();
    }
    shown
}
