//! How fast a number may send, as a registration asks for it and as the API shows it.

use std::num::NonZeroU32;

use domain::{Pacing, Plan, limits};
use flows::problem::Problem;
use serde_json::{Value, json};

use crate::body::{Fields, Wrong, invalid};

/// What a registration says of the pace; what it leaves out stays as it is.
pub(crate) struct PacingChange {
    plan: Option<Plan>,
    account_protection: Option<bool>,
    daily_cap: CapChange,
    jitter: Option<bool>,
}

enum CapChange {
    Kept,
    /// Null takes the cap away.
    To(Option<NonZeroU32>),
}

impl PacingChange {
    /// Reads what is said; `None` if something of it is wrong.
    pub(crate) fn read(fields: &Fields, wrong: &mut Wrong) -> Option<Self> {
        let plan = wrong.checked(plan(fields));
        let account_protection = wrong.checked(fields.flag("accountProtection"));
        let cap = wrong.checked(fields.count("dailyCap", limits::DAILY_CAP_MOST));
        let jitter = wrong.checked(fields.flag("jitter"));
        let daily_cap = if fields.has("dailyCap") {
            CapChange::To(cap?)
        } else {
            CapChange::Kept
        };
        Some(Self {
            plan: plan?,
            account_protection: account_protection?,
            daily_cap,
            jitter: jitter?,
        })
    }

    pub(crate) fn on(&self, before: Pacing) -> Pacing {
        Pacing {
            plan: self.plan.unwrap_or(before.plan),
            account_protection: self.account_protection.unwrap_or(before.account_protection),
            daily_cap: match self.daily_cap {
                CapChange::Kept => before.daily_cap,
                CapChange::To(cap) => cap,
            },
            jitter: self.jitter.unwrap_or(before.jitter),
        }
    }
}

fn plan(fields: &Fields) -> Result<Option<Plan>, Problem> {
    let plan = |word: &str| Plan::parse(word).ok_or_else(|| invalid("plan", "is trial or paid"));
    fields.text("plan")?.map(plan).transpose()
}

pub(crate) fn shown(pacing: Pacing) -> Value {
    json!({
        "plan": pacing.plan.as_str(),
        "accountProtection": pacing.account_protection,
        "dailyCap": pacing.daily_cap,
        "jitter": pacing.jitter,
    })
}
