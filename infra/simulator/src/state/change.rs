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
                let session = self.edit(*session, now)?;
                session.update(settings, *synced);
                if let Some(secret) = webhook_secret {
                    session.webhook_secret.clone_from(secret);
                }
            }
            Op::SetStatus {
                session: number,
                status,
                qr_code,
                passkey,
            } => {
                let session = self.edit(*number, now)?;
                session.connect(status);
                session.qr_code.clone_from(qr_code);
                session.passkey.clone_from(passkey);
                self.activities
                    .push(Activity::changed(*number, status.clone(), now));
            }
            Op::NewCode {
                session,
                qr_code,
                passkey,
            } => {
                let session = self.edit(*session, now)?;
                session.qr_code.clone_from(qr_code);
                session.passkey.clone_from(passkey);
            }
            Op::Restart { session: number } => {
                let session = self.edit(*number, now)?;
                session.sync();
                let status = session.status.clone();
                self.activities
                    .push(Activity::restarted(*number, status, now));
            }
            Op::SetKey { session, api_key } => {
                self.edit(*session, now)?.api_key.clone_from(api_key);
            }
            _ => {}
        }
        Ok(())
    }
}
