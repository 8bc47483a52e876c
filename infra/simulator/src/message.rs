use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::baileys;
use crate::send_request::SendRequest;

/// An accepted send, as tests ask for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Send {
    /// The label of the session that sent it.
    pub session: String,
    /// The recipient as the request gave it.
    pub to: String,
    /// `text`, `image`, `video`, `document`, `audio`, `sticker`, `contact`, `location` or `poll`.
    pub kind: String,
    /// The text, the caption or the poll's question.
    pub text: Option<String>,
    /// Wasender's number of the message.
    pub msg_id: i64,
    /// When it was accepted.
    pub at: Timestamp,
}

/// A message that Wasender took.
pub(crate) struct Message {
    pub(crate) session: u32,
    pub(crate) label: String,
    pub(crate) msg_id: i64,
    /// WhatsApp's own id.
    pub(crate) key_id: String,
    pub(crate) request: SendRequest,
    /// The WhatsApp form of the content.
    pub(crate) content: Value,
    pub(crate) accepted_at: Timestamp,
    /// When it reaches which status code.
    pub(crate) steps: Vec<(Timestamp, u8)>,
    /// Why it will not arrive.
    pub(crate) failure: Option<String>,
    /// When the text was last changed.
    pub(crate) edited: Option<Timestamp>,
    /// Deleted for everyone.
    pub(crate) revoked: bool,
    /// Who voted for what, if it is a poll.
    pub(crate) votes: BTreeMap<String, Vec<String>>,
}

/// Status code 1: queued, waiting to be sent.
const PENDING: u8 = 1;

impl Message {
    /// The status code at `now`: 0 error, 1 pending, 2 sent, 3 delivered, 4 read.
    pub(crate) fn status_at(&self, now: Timestamp) -> u8 {
        self.steps
            .iter()
            .take_while(|(at, _)| *at <= now)
            .last()
            .map_or(PENDING, |(_, status)| *status)
    }

    pub(crate) fn remote_jid(&self) -> String {
        baileys::jid(&self.request.to)
    }

    pub(crate) fn key(&self) -> Value {
        json!({"id": self.key_id, "fromMe": true, "remoteJid": self.remote_jid()})
    }

    pub(crate) fn send(&self) -> Send {
        Send {
            session: self.label.clone(),
            to: self.request.to.clone(),
            kind: self.request.kind.as_str().to_owned(),
            text: self.request.text.clone(),
            msg_id: self.msg_id,
            at: self.accepted_at,
        }
    }

    /// The data of `GET /messages/{msgId}/info`; its time is a text there.
    pub(crate) fn info(&self, now: Timestamp) -> Value {
        json!({
            "remoteJid": self.remote_jid(),
            "id": self.key_id,
            "msgId": self.msg_id,
            "key": self.key(),
            "message": (!self.revoked).then_some(&self.content),
            "messageTimestamp": self.accepted_at.as_second().to_string(),
            "status": self.status_at(now),
        })
    }

    /// The data of an edit's answer: WhatsApp's own message about the message.
    pub(crate) fn edit_answer(&self, now: Timestamp) -> Value {
        let mut info = self.info(now);
        info["message"] = json!({"protocolMessage": {
            "key": self.key(),
            "type": 14,
            "timestampMs": now.as_millisecond(),
            "editedMessage": self.content,
        }});
        info["status"] = json!(PENDING);
        info
    }

    /// The word that message logs use.
    pub(crate) fn log_status(&self, now: Timestamp) -> &'static str {
        match self.status_at(now) {
            0 => "failed",
            PENDING => "in_progress",
            _ => "sent",
        }
    }

    /// A row of the message log. A session that doesn't log keeps neither recipient nor content.
    pub(crate) fn log_row(&self, now: Timestamp, logged: bool) -> Value {
        let updated_at = self
            .steps
            .iter()
            .map(|(at, _)| *at)
            .take_while(|at| *at <= now)
            .last()
            .unwrap_or(self.accepted_at);
        let failed_reason = self.failure.as_ref().filter(|_| self.status_at(now) == 0);
        let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
        json!({
            "id": self.msg_id.to_string(),
            "whatsapp_session_id": self.session.to_string(),
            "to": logged.then_some(&self.request.to),
            "content": logged.then(|| self.request.logged()),
            "status": self.log_status(now),
            "failed_reason": failed_reason,
            "created_at": time(self.accepted_at),
            "updated_at": time(updated_at),
        })
    }

    /// Everything about it, for a test's eyes.
    pub(crate) fn view(&self, now: Timestamp) -> Value {
        let mut view = self.info(now);
        view["session"] = json!(self.label);
        view["request"] = Value::Object(self.request.body.clone());
        view["at"] = json!(self.accepted_at);
        view["failure"] = json!(self.failure);
        view
    }
}
