//! What the account's token opens: the sessions of all vendors, by the provider's own numbers.

use domain::WabaInstance;
use domain::drift::Settings;
use platform::{AwsError, Platform};
use providers::wasender::{self, Account, AccountSession, Refused, SessionDetail};

use crate::call;

/// The provider's own number of an instance's session: the one that is known, else the one that the account's list tells. `None` if nobody
/// gave the gateway the account's token, or the list does not tell.
pub async fn session_id(
    platform: &Platform,
    base_url: &str,
    instance: &WabaInstance,
) -> Result<Option<i64>, AwsError> {
    if instance.provider_session_id.is_some() {
        return Ok(instance.provider_session_id);
    }
    let Some(sessions) = sessions(platform, base_url).await? else {
        return Ok(None);
    };
    session_among(platform, &sessions, instance).await
}

/// The provider's own number of an instance's session, by this list.
pub async fn session_among(
    platform: &Platform,
    sessions: &[AccountSession],
    instance: &WabaInstance,
) -> Result<Option<i64>, AwsError> {
    let at_hand = platform.secrets.vendor(&instance.vendor_id).await?;
    let secrets = at_hand.secrets.as_deref();
    let own = secrets.and_then(|secrets| secrets.of(&instance.waba_id));
    let api_key = own.and_then(|own| own.api_key.as_ref());
    let found = wasender::session_of(sessions, &instance.phone, api_key);
    Ok(found.map(|session| session.id))
}

/// All sessions of the account. `None` if nobody gave the gateway the account's token, or the list can't be read.
pub async fn sessions(
    platform: &Platform,
    base_url: &str,
) -> Result<Option<Vec<AccountSession>>, AwsError> {
    let Some(token) = platform.secrets.account_token().await? else {
        return Ok(None);
    };
    let account = Account {
        base_url,
        token: &token,
    };
    let Ok(answer) = call::perform(&platform.http, account.sessions()).await else {
        return Ok(None);
    };
    let sessions = wasender::read_sessions(answer.status().as_u16(), answer.body());
    if sessions.is_none() {
        tracing::warn!(
            status = answer.status().as_u16(),
            "the account's sessions can't be read"
        );
    }
    Ok(sessions)
}

/// What the account tells of one session.
#[derive(Clone, Debug)]
pub enum Detail {
    Told(SessionDetail),
    /// The account has no such session.
    Gone,
    /// It can't be asked, or did not tell.
    Unknown,
}

/// A session's settings and secrets at the provider.
pub async fn detail(platform: &Platform, base_url: &str, session: i64) -> Result<Detail, AwsError> {
    let Some(token) = platform.secrets.account_token().await? else {
        return Ok(Detail::Unknown);
    };
    let account = Account {
        base_url,
        token: &token,
    };
    let Ok(answer) = call::perform(&platform.http, account.session(session)).await else {
        return Ok(Detail::Unknown);
    };
    let told = wasender::read_session((answer.status().as_u16(), answer.headers(), answer.body()));
    Ok(match told {
        Ok(detail) => Detail::Told(detail),
        Err(Refused::NoSession) => Detail::Gone,
        Err(_) => Detail::Unknown,
    })
}

/// Changes those of a session's settings that are given. `false` if it was not done, or only stored and not taken over by the running
/// session.
pub async fn update(
    platform: &Platform,
    base_url: &str,
    (session, settings): (i64, &Settings),
) -> Result<bool, AwsError> {
    let Some(token) = platform.secrets.account_token().await? else {
        return Ok(false);
    };
    let account = Account {
        base_url,
        token: &token,
    };
    let Ok(answer) = call::perform(&platform.http, account.update(session, settings)).await else {
        return Ok(false);
    };
    let told = wasender::read_update((answer.status().as_u16(), answer.headers(), answer.body()));
    match told {
        Ok(None) => Ok(true),
        Ok(Some(warning)) => {
            tracing::warn!(warning, "a running session goes on with its old settings");
            Ok(false)
        }
        Err(refused) => {
            tracing::warn!(?refused, "a session's settings can't be changed");
            Ok(false)
        }
    }
}
