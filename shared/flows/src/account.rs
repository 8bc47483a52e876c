//! What the account's token opens: the sessions of all vendors, by the provider's own numbers.

use domain::WabaInstance;
use platform::{AwsError, Platform};
use providers::wasender::{self, Account};

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
    let Some(sessions) = wasender::read_sessions(answer.status().as_u16(), answer.body()) else {
        tracing::warn!(
            status = answer.status().as_u16(),
            "the account's sessions can't be read"
        );
        return Ok(None);
    };
    let at_hand = platform.secrets.vendor(&instance.vendor_id).await?;
    let secrets = at_hand.secrets.as_deref();
    let own = secrets.and_then(|secrets| secrets.of(&instance.waba_id));
    let api_key = own.and_then(|own| own.api_key.as_ref());
    let found = wasender::session_of(&sessions, &instance.phone, api_key);
    Ok(found.map(|session| session.id))
}
