//! A restore from backup: what must outlive it is recorded outside the tables, and nothing is changed before it is worked through.

use domain::restore::held::Held;
use domain::restore::record::{Record, What};
use domain::restore::{Progress, Worked};
use flows::problem::{self, Problem};
use flows::restore;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::{Call, Scope};
use crate::routes::Route;
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[Route::new("GET", "/restore", Scope::Admin, |app, call| {
    Box::pin(app.get_restore(call))
})];

/// Seconds after which it is worth asking again.
const AGAIN_IN: u64 = 60;

impl App {
    /// Records what a restore of the tables must not undo.
    pub(crate) async fn recorded_outside(&self, what: What) -> Result<(), Problem> {
        let at = self.platform.clock.now();
        let keeping = self.platform.records.keep(&Record { at, what }, at).await;
        keeping.map_err(|error| unavailable(&error))
    }

    /// Nothing is changed in tables of which it is not known yet what must go from them.
    pub(crate) async fn not_restoring(&self) -> Result<(), Problem> {
        let pending = restore::is_pending(&self.platform, self.platform.restore).await;
        if !pending.map_err(|error| unavailable(&error))? {
            return Ok(());
        }
        let detail = "the tables were restored from a backup, and that is not worked through yet; repeat the request";
        let problem = Problem::new(503, "restoring", "Restoring", detail);
        Err(problem.retry_after(AGAIN_IN))
    }

    /// How far the restore got that the stack was deployed with.
    async fn get_restore(&self, _call: Call<'_>) -> Answer {
        let Some(restore) = self.platform.restore else {
            return Ok(problem::json(200, &json!({ "state": "none" })));
        };
        let progress = self.platform.tables.restore(restore).await;
        let progress = progress.map_err(|error| unavailable(&error))?;
        let state = match &progress {
            None => "waiting",
            Some(progress) if progress.is_done() => "done",
            Some(_) => "working",
        };
        let worked = progress
            .as_ref()
            .map_or_else(Worked::default, |it| it.worked);
        let time = |of: fn(&Progress) -> Option<Timestamp>| {
            progress.as_ref().and_then(of).map(|at| at.to_string())
        };
        let answer = json!({
            "state": state,
            "moment": restore.to_string(),
            "phase": progress.as_ref().map(|it| it.phase.as_str()),
            "begunAt": time(|it| Some(it.begun_at)),
            "finishedAt": time(|it| it.finished_at),
            "worked": worked,
            "held": progress.as_ref().and_then(|it| it.held.as_ref()).map(held),
        });
        Ok(problem::json(200, &answer))
    }
}

/// The sends that people decide on, as they were counted last.
fn held((held, counted_at): &(Held, Timestamp)) -> Value {
    json!({
        "sends": held.sends,
        "decided": held.decided,
        "left": held.left(),
        "vendors": held.vendors,
        "countedAt": counted_at.to_string(),
    })
}
