//! The provider of a number: which number is meant, and what is told of a provider that refuses.

use std::time::Duration;

use domain::{WabaId, WabaInstance};
use flows::owner::{Owner, Refusal};
use flows::problem::Problem;
use platform::tables::VendorRow;
use providers::wasender::Refused;

use crate::{App, no_such_number, unavailable};

/// How long to wait if the provider asks to wait and does not say how long.
const WAIT: Duration = Duration::from_secs(5);

impl App {
    /// The account of the provider that all its sessions belong to.
    pub(crate) async fn owner(&self) -> Result<Owner<'_>, Problem> {
        let opening = Owner::open(&self.platform, &self.wasender_api_url);
        opening.await.map_err(|refusal| refused(&refusal))
    }
}

/// The vendor's number that is named, or its first.
pub(crate) fn number<'r>(
    row: &'r VendorRow,
    named: Option<&str>,
) -> Result<&'r WabaInstance, Problem> {
    let first = WabaId::first_of(&row.config.vendor_id);
    let is = |waba: &str| {
        let mut numbers = row.instances.iter();
        numbers.find(|number| number.waba_id.as_str() == waba)
    };
    let found = match named {
        Some(waba) => is(waba),
        None => is(first.as_str()).or_else(|| row.instances.first()),
    };
    found.ok_or_else(no_such_number)
}

/// Why the provider's account did not do what it was asked to do, and what to do about it.
pub(crate) fn refused(refusal: &Refusal) -> Problem {
    let provider = match refusal {
        Refusal::Store(error) => return unavailable(error),
        Refusal::NoToken => {
            let detail = "the gateway has no token of the Wasender account";
            return conflict("no_account_token", detail).hint(
                "put wasenderPersonalAccessToken into the stack's platform secret; it is read again within minutes",
            );
        }
        Refusal::NoSession => return no_such_session(),
        Refusal::SecretTaken => {
            let detail = "the session's webhook secret belongs to another number";
            return conflict("secret_in_use", detail)
                .hint("make another secret at Wasender, or repeat the request if the number was changed meanwhile");
        }
        Refusal::Provider(provider) => provider,
    };
    match provider {
        Refused::NoSession => no_such_session(),
        Refused::Token => conflict(
            "account_token_refused",
            "Wasender refuses the account's token",
        )
        .hint("make a new personal access token, and put it into the stack's platform secret"),
        Refused::NoSubscription => {
            let detail = "the Wasender account has no subscription that runs";
            conflict("no_subscription", detail).hint("renew it at Wasender")
        }
        Refused::State => {
            let detail = "the session is not in a state in which this can be done";
            conflict("wrong_session_state", detail)
                .hint("see wasender-status; a code is there after connect, a restart needs a connected session")
        }
        Refused::Wait(wait) => {
            let detail = "Wasender asks to wait";
            Problem::new(429, "provider_rate_limited", "Too many requests", detail)
                .retry_after(wait.unwrap_or(WAIT).as_secs())
        }
        Refused::Unavailable => {
            let detail = "Wasender did not answer, or is in trouble; repeat the request";
            Problem::new(503, "provider_unavailable", "Provider unavailable", detail)
        }
        Refused::Other(reason) => {
            let detail = format!("Wasender refused: {reason}");
            Problem::new(502, "provider_refused", "Provider refused", detail)
        }
    }
}

fn no_such_session() -> Problem {
    let detail = "the Wasender account has no session of this number or key";
    conflict("no_such_session", detail)
        .hint("create the session at Wasender with this number, or give the vendor the key of the session that it has")
}

fn conflict(code: &'static str, detail: &str) -> Problem {
    Problem::new(409, code, "Conflict", detail)
}
