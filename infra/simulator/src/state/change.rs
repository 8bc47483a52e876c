//! What happens to a session after it was made.

use jiff::Timestamp;

use super::State;
use crate::activity::Activity;
use crate::op::{Op, Refusal};

impl State {
    pub(super) fn change(&mut self, op: &Op, now: Timestamp) -> Result<(), Refusal> {
        match op {
            Op::Update {
                session,
                settings,
                synced,
                webhook_secret,
            } => {
                self.edit(*session, now, |session| {
                    session.update(settings, *synced);
                    if let Some(secret) = webhook_secret {
                        session.webhook_secret.clone_from(secret);
                    }
                })?;
            }
            Op::SetStatus {
                session: number,
                status,
                qr_code,
                passkey,
            } => {
                self.edit(*number, now, |session| {
                    session.connect(status);
                    session.qr_code.clone_from(qr_code);
                    session.passkey.clone_from(passkey);
                })?;
                self.activities
                    .push(Activity::changed(*number, status.clone(), now));
            }
            Op::NewCode {
                session,
                qr_code,
                passkey,
            } => {
                self.edit(*session, now, |session| {
                    session.qr_code.clone_from(qr_code);
                    session.passkey.clone_from(passkey);
                })?;
            }
            Op::Restart { session: number } => {
                let status = self.edit(*number, now, |session| {
                    session.sync();
                    session.status.clone()
                })?;
                self.activities
                    .push(Activity::restarted(*number, status, now));
            }
            Op::SetKey { session, api_key } => {
                self.edit(*session, now, |session| {
                    session.api_key.clone_from(api_key);
                })?;
            }
            _ => {}
        }
        Ok(())
    }
}
