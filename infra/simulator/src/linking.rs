//! Linking a number: QR codes, passkeys, and what a person does with them.

use anyhow::{Result, ensure};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::events::{self, Event};
use crate::inner::Inner;
use crate::op::{Op, Refusal};
use crate::passkey::Passkey;
use crate::random::random_hex;
use crate::session::SessionStatus;
use crate::state::State;

/// How linking goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Progress {
    /// The code was scanned, or the passkey approved: connected.
    Linked,
    /// A new QR code, or a new passkey token, takes the place of the last.
    NewCode,
    /// WhatsApp has answered the passkey and waits for the confirmation.
    Confirmation,
    /// The passkey was not approved in time; a QR code takes its place.
    FallbackQr,
    /// WhatsApp did not go on with the passkey.
    NoContinuation,
}

/// The code that a session in this state shows.
pub(crate) fn codes(status: &SessionStatus, now: Timestamp) -> (Option<String>, Option<Passkey>) {
    match status {
        SessionStatus::NeedScan => (Some(format!("2@{}", random_hex(64))), None),
        SessionStatus::NeedPasskey => (None, Some(Passkey::fresh(now))),
        _ => (None, None),
    }
}

/// The events that tell of a code.
pub(crate) fn events(qr_code: Option<&str>, passkey: Option<&Passkey>) -> Vec<Event> {
    let passkey = passkey.map(|passkey| {
        events::of_passkey(json!({
            "stage": "request",
            "requestId": passkey.request_id,
            "token": passkey.token,
            "expiresAt": passkey.expires_at.as_millisecond(),
        }))
    });
    let qr_code = qr_code.map(events::of_qr_code);
    qr_code.into_iter().chain(passkey).collect()
}

impl State {
    /// That a code which was scanned is the one that the session shows.
    pub(crate) fn check_scanned(&self, session: u32, scanned: &str) -> Result<()> {
        let shown = self.session(session).and_then(|it| it.qr_code.as_deref());
        ensure!(shown == Some(scanned), "the session shows no such code");
        Ok(())
    }
}

impl Inner {
    /// Takes the linking under way a step further, and says the serials of the webhooks that tell of it.
    pub(crate) fn link(
        &mut self,
        session: u32,
        progress: Progress,
        now: Timestamp,
    ) -> Result<Vec<u64>> {
        let known = self.state.session(session);
        let known = known.ok_or(Refusal::UnknownSession)?;
        let request = known
            .passkey
            .as_ref()
            .map(|passkey| passkey.request_id.clone());
        ensure!(
            request.is_some() || known.status == SessionStatus::NeedScan,
            "this session is not being linked"
        );
        match progress {
            Progress::Linked => self.set_status(session, SessionStatus::Connected, false, now),
            Progress::NewCode => self.renew(session, now),
            _ => {
                let request = request.ok_or_else(|| {
                    anyhow::anyhow!("this session is being linked by QR code, not by passkey")
                })?;
                let mut told = self.tell(session, vec![stage(progress, &request)], now)?;
                if progress == Progress::FallbackQr {
                    told.extend(self.set_status(session, SessionStatus::NeedScan, false, now)?);
                }
                Ok(told)
            }
        }
    }

    /// Replaces the code of the linking under way.
    pub(crate) fn renew(&mut self, session: u32, now: Timestamp) -> Result<Vec<u64>> {
        let known = self.state.session(session);
        let (qr_code, passkey) = codes(&known.ok_or(Refusal::UnknownSession)?.status, now);
        let events = events(qr_code.as_deref(), passkey.as_ref());
        let renewed = Op::NewCode {
            session,
            qr_code,
            passkey,
        };
        self.apply(&renewed, now)?;
        self.tell(session, events, now)
    }
}

/// A stage after the first, in the words of the published examples.
fn stage(progress: Progress, request_id: &str) -> Event {
    let mut data = match progress {
        Progress::FallbackQr => json!({
            "stage": "fallback_qr",
            "error": "Passkey linking did not finish in time. Switching back to QR linking.",
        }),
        Progress::NoContinuation => json!({
            "stage": "no_continuation",
            "error": "WhatsApp acknowledged the passkey prologue but did not continue.",
        }),
        _ => json!({"stage": "confirmation", "code": "123456", "skipHandoffUx": false}),
    };
    data["requestId"] = json!(request_id);
    events::of_passkey(data)
}
