//! What the account's token does with a session while somebody waits for it: all calls of one request end in time, together.

use std::time::Duration;

use domain::drift::Settings;
use domain::{Pairing, PairingKind, WabaInstance, limits};
use http::HeaderMap;
use platform::{AwsError, Platform};
use providers::ProviderRequest;
use providers::wasender::{self, Account, Connecting, Refused, SessionDetail};
use secrecy::SecretString;
use tokio::time::Instant;

use crate::{account, call};

/// Why the account did not do what it was asked to do.
#[derive(Debug)]
pub enum Refusal {
    /// Nobody gave the gateway the account's token.
    NoToken,
    /// The account's list has no session of this number or key.
    NoSession,
    /// The session's webhook secret is another number's, or the number was changed meanwhile.
    SecretTaken,
    /// The provider refused, or did not answer.
    Provider(Refused),
    /// A store of ours failed.
    Store(AwsError),
}

impl From<AwsError> for Refusal {
    fn from(error: AwsError) -> Self {
        Self::Store(error)
    }
}

/// The account's owner, with the token in hand.
#[derive(Debug)]
pub struct Owner<'a> {
    platform: &'a Platform,
    base_url: &'a str,
    token: SecretString,
    /// When whoever waits gives up.
    until: Instant,
}

/// The number of a session at the provider, and what was asked of it.
pub type Done<T> = Result<(i64, T), Refusal>;

impl<'a> Owner<'a> {
    pub async fn open(platform: &'a Platform, base_url: &'a str) -> Result<Self, Refusal> {
        let token = platform.secrets.account_token().await?;
        Ok(Self {
            platform,
            base_url,
            token: token.ok_or(Refusal::NoToken)?,
            until: Instant::now() + limits::OWNER_WAITS,
        })
    }

    /// The provider's API.
    pub const fn base_url(&self) -> &'a str {
        self.base_url
    }

    /// Whether so much of the time that somebody waits is left.
    pub(crate) fn has_left(&self, time: Duration) -> bool {
        self.until.saturating_duration_since(Instant::now()) >= time
    }

    /// Begins to link the instance's session, or brings it back.
    pub async fn connect(
        &self,
        instance: &WabaInstance,
        by: Option<PairingKind>,
    ) -> Done<Connecting> {
        let now = self.platform.clock.now();
        let ask = |account: Account<'_>, session| account.connect(session, by);
        // It may have to reach WhatsApp first, and has all the time that there is.
        let patience = limits::OWNER_WAITS;
        self.asked((instance, patience), ask, |answer| {
            wasender::read_connect(answer, now)
        })
        .await
    }

    pub async fn disconnect(&self, instance: &WabaInstance) -> Done<()> {
        let ask = |account: Account<'_>, session| account.disconnect(session);
        self.soon(instance, ask, wasender::read_done).await
    }

    pub async fn restart(&self, instance: &WabaInstance) -> Done<()> {
        let ask = |account: Account<'_>, session| account.restart(session);
        self.soon(instance, ask, wasender::read_done).await
    }

    /// The code by which the instance's session can be linked now.
    pub async fn qr_code(&self, instance: &WabaInstance) -> Done<Pairing> {
        let ask = |account: Account<'_>, session| account.qr_code(session);
        self.soon(instance, ask, wasender::read_qr_code).await
    }

    pub async fn passkey_token(&self, instance: &WabaInstance) -> Done<Pairing> {
        let now = self.platform.clock.now();
        let ask = |account: Account<'_>, session| account.passkey_token(session);
        let read = |answer: Answer<'_>| wasender::read_passkey_token(answer, now);
        self.soon(instance, ask, read).await
    }

    /// The session's settings and secrets, as they are at the provider.
    pub async fn detail(&self, instance: &WabaInstance) -> Done<SessionDetail> {
        let ask = |account: Account<'_>, session| account.session(session);
        self.soon(instance, ask, wasender::read_session).await
    }

    /// Changes the settings that are given; the provider's warning if the running session does not go by them yet.
    pub async fn update(
        &self,
        instance: &WabaInstance,
        settings: &Settings,
    ) -> Done<Option<String>> {
        let ask = |account: Account<'_>, session| account.update(session, settings);
        self.soon(instance, ask, wasender::read_update).await
    }

    async fn soon<T>(
        &self,
        instance: &WabaInstance,
        ask: impl Fn(Account<'_>, i64) -> ProviderRequest,
        read: impl Fn(Answer<'_>) -> Result<T, Refused>,
    ) -> Done<T> {
        self.asked((instance, limits::OWNER_CALL), ask, read).await
    }

    /// Asks for the session that is known to be the instance's. If it is not known, or is no more, the account's list is looked into first.
    async fn asked<T>(
        &self,
        (instance, patience): (&WabaInstance, Duration),
        ask: impl Fn(Account<'_>, i64) -> ProviderRequest,
        read: impl Fn(Answer<'_>) -> Result<T, Refused>,
    ) -> Done<T> {
        let asked = async |session| {
            self.perform(ask(self.account(), session), patience, &read)
                .await
        };
        if let Some(known) = instance.provider_session_id {
            match asked(known).await {
                Err(Refusal::Provider(Refused::NoSession)) => {}
                done => return done.map(|told| (known, told)),
            }
        }
        let found = self.find(instance).await?;
        let told = asked(found).await?;
        Ok((found, told))
    }

    async fn find(&self, instance: &WabaInstance) -> Result<i64, Refusal> {
        let read = |(status, headers, body): Answer<'_>| {
            let listed = wasender::read_sessions(status, body);
            let why = || wasender::read_done((status, headers, body)).err();
            listed.ok_or_else(|| why().unwrap_or(Refused::Unavailable))
        };
        let listing = self.perform(self.account().sessions(), limits::OWNER_CALL, read);
        let sessions = listing.await?;
        let found = account::session_among(self.platform, &sessions, instance).await?;
        let found = found.ok_or(Refusal::NoSession)?;
        let known = WabaInstance {
            provider_session_id: Some(found),
            ..instance.clone()
        };
        self.platform.tables.note_settings(&known).await?;
        Ok(found)
    }

    async fn perform<T>(
        &self,
        request: ProviderRequest,
        patience: Duration,
        read: impl Fn(Answer<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refusal> {
        let left = self.until.saturating_duration_since(Instant::now());
        let patience = patience.min(left);
        let answer = call::perform_within(&self.platform.http, request, patience).await;
        let Ok(answer) = answer else {
            return Err(Refusal::Provider(Refused::Unavailable));
        };
        let status = answer.status().as_u16();
        read((status, answer.headers(), answer.body())).map_err(Refusal::Provider)
    }

    fn account(&self) -> Account<'_> {
        Account {
            base_url: self.base_url,
            token: &self.token,
        }
    }
}

/// An answer of the provider: status, headers, body.
type Answer<'r> = (u16, &'r HeaderMap, &'r [u8]);
