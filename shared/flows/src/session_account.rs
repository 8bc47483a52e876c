//! One session as the account sees it, asked within a time: its key and webhook secret, and the calls that make them anew.

use std::time::Duration;

use domain::{ApiKey, Credentials, WabaInstance, limits};
use http::Response;
use platform::{AwsError, Platform};
use providers::ProviderRequest;
use providers::wasender::{self, Account};
use secrecy::SecretString;
use tokio::time::Instant;

use crate::{account, call};

/// A session, the account's token, and until when its questions may take.
pub(crate) struct SessionAccount<'a> {
    platform: &'a Platform,
    base_url: &'a str,
    token: SecretString,
    session: i64,
    until: Instant,
}

/// Why a session did not do what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotDone {
    /// The provider refused, with this status: nothing changed.
    Refused(u16),
    /// Nobody knows whether it did it.
    Unanswered,
}

/// What was asked of the account before any session.
pub(crate) enum Found<'a> {
    Session(SessionAccount<'a>),
    /// Nobody gave the gateway the account's token.
    NoToken,
    /// The account does not tell which of its sessions it is, or did not answer.
    NoSession,
}

impl<'a> SessionAccount<'a> {
    pub(crate) async fn find(
        platform: &'a Platform,
        base_url: &'a str,
        instance: &WabaInstance,
        until: Instant,
    ) -> Result<Found<'a>, AwsError> {
        let Some(token) = platform.secrets.account_token().await? else {
            return Ok(Found::NoToken);
        };
        let finding = account::session_id(platform, base_url, instance);
        let found = tokio::time::timeout(limits::ADMIN_PROVIDER_CALL, finding).await;
        let session = match found {
            Ok(found) => found?,
            Err(_) => None,
        };
        Ok(session.map_or(Found::NoSession, |session| {
            Found::Session(Self {
                platform,
                base_url,
                token,
                session,
                until,
            })
        }))
    }

    /// The session's secrets; `None` if the provider does not tell.
    pub(crate) async fn credentials(&self) -> Option<Credentials> {
        let answer = self.ask(self.account().session(self.session)).await.ok()?;
        wasender::read_credentials(answer.status().as_u16(), answer.body())
    }

    /// Whether so much of the time for its questions is left.
    pub(crate) fn has_left(&self, time: Duration) -> bool {
        self.until.saturating_duration_since(Instant::now()) >= time
    }

    /// Switches the session's webhooks on or off; off only as long as there is time to switch them on again.
    pub(crate) async fn switch_webhooks(&self, on: bool) -> Result<(), NotDone> {
        let asked = self.account().switch_webhooks(self.session, on);
        let reserved = if on {
            Duration::ZERO
        } else {
            limits::ROTATION_SWITCH
        };
        let answer = self.ask_reserving(asked, reserved).await?;
        done(&answer, wasender::read_credentials).map(|_| ())
    }

    pub(crate) async fn regenerate_key(&self) -> Result<ApiKey, NotDone> {
        let answer = self
            .ask(self.account().regenerate_key(self.session))
            .await?;
        done(&answer, wasender::read_regenerated)
    }

    fn account(&self) -> Account<'_> {
        Account {
            base_url: self.base_url,
            token: &self.token,
        }
    }

    async fn ask(&self, request: ProviderRequest) -> Result<Response<Vec<u8>>, NotDone> {
        self.ask_reserving(request, Duration::ZERO).await
    }

    async fn ask_reserving(
        &self,
        request: ProviderRequest,
        reserved: Duration,
    ) -> Result<Response<Vec<u8>>, NotDone> {
        let left = self.until.saturating_duration_since(Instant::now());
        let left = left.saturating_sub(reserved);
        let timeout = left.min(limits::ADMIN_PROVIDER_CALL);
        if timeout < Duration::from_millis(1) {
            return Err(NotDone::Unanswered);
        }
        let asking = call::perform_within(&self.platform.http, request, timeout);
        asking.await.map_err(|_| NotDone::Unanswered)
    }
}

/// A refusal is known by its status alone: a success that can't be read may have been one.
fn done<T>(answer: &Response<Vec<u8>>, read: fn(u16, &[u8]) -> Option<T>) -> Result<T, NotDone> {
    let status = answer.status();
    if status.is_client_error() && status.as_u16() != 408 {
        return Err(NotDone::Refused(status.as_u16()));
    }
    read(status.as_u16(), answer.body()).ok_or(NotDone::Unanswered)
}
