//! Asking after sends: WhatsApp's id of an accepted one, and what became of one in doubt. Silence proves nothing.

use std::time::Duration;

use domain::reconcile::{Alike, Logged, Row, row_of};
use domain::{
    Dispatch, MessageId, Outbound, ProviderRef, RejectClass, VendorSecrets, WabaInstance, limits,
};
use platform::{AwsError, Platform};
use providers::wasender::{self, Account, LogRow, Session};
use providers::{ProviderRequest, Recipient};

use crate::{account, call, echoes, side};

/// How long these calls wait after a 429 that names no time.
const ASKED_TOO_MUCH: Duration = Duration::from_mins(1);

/// One look at a message that may need to be asked after. It counts before anything is asked, so that a look that dies is not repeated
/// for ever; one that the session's budget does not allow counts for nothing, and is due again soon.
pub async fn look(platform: &Platform, base_url: &str, message: Outbound) -> Result<(), AwsError> {
    let now = platform.clock.now();
    let (open, by_number) = (is_open(&message), message.reference.msg_id.is_some());
    if open && by_number && !side::may_call(platform, &message.vendor, &message.waba).await {
        return Ok(());
    }
    let looked_at = message.clone().looked_at();
    let counted = platform.tables.decide_outbound(&message, &looked_at, now);
    if !counted.await?.is_done() || !open {
        return Ok(());
    }
    let at_hand = platform.secrets.vendor(&message.vendor).await?;
    let Some(secrets) = at_hand.secrets else {
        return Ok(());
    };
    let asking = Asking {
        platform,
        base_url,
        secrets: &secrets,
    };
    match looked_at.reference.msg_id {
        Some(number) => asking.info(&looked_at, number).await,
        None => asking.log(looked_at).await,
    }
}

fn is_open(message: &Outbound) -> bool {
    let in_doubt = message.dispatch == Dispatch::Unknown;
    message.is_unjoined() || (in_doubt && message.follow_up.discarded_at.is_none())
}

struct Asking<'a> {
    platform: &'a Platform,
    base_url: &'a str,
    secrets: &'a VendorSecrets,
}

impl Asking<'_> {
    fn session<'k>(&'k self, message: &Outbound) -> Option<Session<'k>> {
        let own = self.secrets.of(&message.waba)?;
        Some(Session {
            base_url: self.base_url,
            api_key: own.api_key.as_ref()?,
        })
    }

    /// `GET /messages/{msgId}/info`: WhatsApp's id of the message, and how far it got.
    async fn info(&self, message: &Outbound, number: i64) -> Result<(), AwsError> {
        let (vendor, waba) = (&message.vendor, &message.waba);
        let Some(session) = self.session(message) else {
            return Ok(());
        };
        let asked = call::perform(&self.platform.http, session.message_info(number));
        let Ok(answer) = asked.await else {
            return Ok(());
        };
        let status = answer.status().as_u16();
        if status == 429 {
            side::told_to_wait(self.platform, vendor, waba, ASKED_TOO_MUCH).await;
        }
        let Some((told, evidence)) = wasender::read_info(status, answer.body()) else {
            tracing::info!(message.id = %message.id, status, "the provider does not tell of a message");
            return Ok(());
        };
        if told.msg_id.is_some_and(|told| told != number) {
            return Ok(());
        }
        let reference = ProviderRef {
            msg_id: Some(number),
            ..told
        };
        let (tables, now) = (&self.platform.tables, self.platform.clock.now());
        tables.link(message, &reference, now).await?;
        if reference.key_id.is_some() {
            echoes::close(self.platform, message, None).await?;
        }
        if let Some(evidence) = evidence {
            tables
                .note((vendor, waba), &reference, &evidence, now)
                .await?;
        }
        tracing::info!(message.id = %message.id, "a send is joined by asking");
        Ok(())
    }

    /// The session's message log, where it logs: a row with the same recipient and content that is no other message's is proof.
    async fn log(&self, message: Outbound) -> Result<(), AwsError> {
        let Some(begun_at) = message.follow_up.begun_at else {
            return Ok(());
        };
        let rows = self.rows(&message).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let this = Alike {
            message: message.id.clone(),
            begun_at,
            begun_by: message.follow_up.restored_at,
            in_flight: false,
        };
        let alike = self.alike(&message, this).await?;
        let Some(row) = row_of(&message.id, &alike, &rows) else {
            return Ok(());
        };
        let now = self.platform.clock.now();
        let proved = proved(&message, row);
        if !self
            .platform
            .tables
            .prove(&message, &proved, now)
            .await?
            .is_done()
        {
            return Ok(());
        }
        tracing::info!(message.id = %message.id, dispatch = proved.dispatch.as_str(), "a log settles a send in doubt");
        if proved.dispatch != Dispatch::Accepted {
            return Ok(());
        }
        let tables = &self.platform.tables;
        tables.link(&proved, &proved.reference, now).await?;
        // If the budget does not allow it now, the message is asked after as every accepted one whose ids are not joined.
        if side::may_call(self.platform, &proved.vendor, &proved.waba).await {
            self.info(&proved, row.msg_id).await?;
        }
        Ok(())
    }

    /// Rows that fit a message and lead to no message yet.
    async fn rows(&self, message: &Outbound) -> Result<Vec<Row>, AwsError> {
        let requests = self.requests(message).await?;
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let Some(instance) = self.instance(message).await? else {
            return Ok(Vec::new());
        };
        let mut rows = Vec::new();
        for row in self.logged(&instance, message).await? {
            if !requests.iter().any(|request| row.fits(request)) {
                continue;
            }
            let reference = ProviderRef {
                key_id: None,
                msg_id: Some(row.msg_id),
            };
            let (vendor, waba) = (&message.vendor, &message.waba);
            let known = self.platform.tables.known(vendor, waba, &reference).await?;
            if known.is_none_or(|known| known == message.id) {
                rows.push(Row {
                    msg_id: row.msg_id,
                    at: row.at,
                    state: row.state,
                });
            }
        }
        Ok(rows)
    }

    /// What may have been asked of the provider, to compare the log with: somebody of whom a linked id alone was known when the message
    /// was decided on is written to under the number once that is known.
    async fn requests(&self, message: &Outbound) -> Result<Vec<ProviderRequest>, AwsError> {
        let Some(session) = self.session(message) else {
            return Ok(Vec::new());
        };
        let mut to = Vec::from_iter(Recipient::of(&message.to, message.group.as_ref()));
        if matches!(to.as_slice(), [Recipient::Lid(_)]) {
            let tables = &self.platform.tables;
            let found = tables.conversation(&message.vendor, &message.conversation);
            let phone = found.await?.and_then(|found| found.contact.phone);
            to.extend(phone.map(Recipient::Phone));
        }
        let request = |to: &Recipient| session.send_message(to, &message.content, None).ok();
        Ok(to.iter().filter_map(request).collect())
    }

    async fn instance(&self, message: &Outbound) -> Result<Option<WabaInstance>, AwsError> {
        let instances = self.platform.tables.instances(&message.vendor).await?;
        let own = |instance: &WabaInstance| instance.waba_id == message.waba;
        Ok(instances.into_iter().find(own))
    }

    /// The log's rows since the message was begun, newest first, as far as they are bounded.
    async fn logged(
        &self,
        instance: &WabaInstance,
        message: &Outbound,
    ) -> Result<Vec<LogRow>, AwsError> {
        let session = account::session_id(self.platform, self.base_url, instance).await?;
        let token = self.platform.secrets.account_token().await?;
        let (Some(session), Some(token)) = (session, token) else {
            return Ok(Vec::new());
        };
        let account = Account {
            base_url: self.base_url,
            token: &token,
        };
        let mut rows = Vec::new();
        for page in 1..=limits::LOG_PAGES {
            let request = account.message_logs(session, page, limits::LOG_ROWS);
            let Ok(answer) = call::perform(&self.platform.http, request).await else {
                break;
            };
            let status = answer.status().as_u16();
            let Some(listed) = wasender::read_message_logs(status, answer.body(), session) else {
                tracing::warn!(message.id = %message.id, status, "a message log can't be read");
                break;
            };
            let ended = listed.last().is_none_or(|oldest| {
                let begun_at = message.follow_up.begun_at.unwrap_or(message.created_at);
                oldest.at < begun_at - Duration::from_secs(5)
            });
            rows.extend(listed);
            if ended {
                break;
            }
        }
        Ok(rows)
    }

    /// Sends of the same content in the same conversation that no number is known of.
    async fn alike(&self, message: &Outbound, this: Alike) -> Result<Vec<Alike>, AwsError> {
        let tables = &self.platform.tables;
        let open = tables
            .unlinked(&message.vendor, &message.conversation)
            .await?;
        let ids: Vec<MessageId> = open.iter().map(|send| send.message.clone()).collect();
        let sends = tables.outbounds(&message.vendor, &ids).await?;
        let is_alike = |send: &&Outbound| {
            send.id != message.id
                && send.waba == message.waba
                && send.content == message.content
                && send.reference.msg_id.is_none()
                && matches!(
                    send.dispatch,
                    Dispatch::Sending | Dispatch::Unknown | Dispatch::Accepted
                )
        };
        let mut alike: Vec<_> = sends
            .iter()
            .filter(is_alike)
            .map(|send| Alike {
                message: send.id.clone(),
                begun_at: send.follow_up.begun_at.unwrap_or(send.created_at),
                begun_by: send.follow_up.restored_at,
                in_flight: send.dispatch == Dispatch::Sending,
            })
            .collect();
        alike.push(this);
        Ok(alike)
    }
}

fn proved(message: &Outbound, row: &Row) -> Outbound {
    let mut proved = match &row.state {
        Logged::Taken => message.clone().moved_to(Dispatch::Accepted),
        Logged::Failed(reason) => {
            let mut rejected = message.clone().moved_to(Dispatch::Rejected);
            rejected.failure = Some(format!("{}: {reason}", RejectClass::Other.as_str()));
            rejected
        }
    };
    proved.reference.msg_id = Some(row.msg_id);
    proved
}
