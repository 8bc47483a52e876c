use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::contacts::Contact;
use crate::files::File;
use crate::groups::Group;
use crate::passkey::Passkey;
use crate::send_request::SendRequest;
use crate::session::{SessionSpec, SessionStatus};
use crate::settings::Settings;
use crate::signal::Signal;
use crate::webhook::{Planned, Settled};

/// Everything that changes the state, with all that was decided outside it: replayed in order it gives the same state.
/// It holds secrets, so it has no `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Op {
    Register {
        spec: SessionSpec,
    },
    Create {
        settings: Settings,
        api_key: String,
        webhook_secret: String,
    },
    Update {
        session: u32,
        settings: Settings,
        /// Whether the running session has taken the new settings over.
        #[serde(default = "yes")]
        synced: bool,
        /// Another one, if the update made one.
        #[serde(default)]
        webhook_secret: Option<String>,
    },
    Delete {
        session: u32,
    },
    SetStatus {
        session: u32,
        status: SessionStatus,
        qr_code: Option<String>,
        #[serde(default)]
        passkey: Option<Passkey>,
    },
    /// A fresh QR code or passkey request of the linking under way.
    NewCode {
        session: u32,
        qr_code: Option<String>,
        passkey: Option<Passkey>,
    },
    Restart {
        session: u32,
    },
    SetKey {
        session: u32,
        api_key: String,
    },
    Accept {
        session: u32,
        request: SendRequest,
        steps: Vec<Step>,
        failure: Option<String>,
    },
    Resend {
        session: u32,
        msg_id: i64,
        steps: Vec<Step>,
        failure: Option<String>,
    },
    Edit {
        session: u32,
        msg_id: i64,
        text: String,
    },
    Revoke {
        session: u32,
        msg_id: i64,
    },
    Vote {
        session: u32,
        key_id: String,
        voter: String,
        options: Vec<String>,
    },
    Signal {
        session: u32,
        signal: Signal,
    },
    Learn {
        contact: Contact,
    },
    LearnGroup {
        group: Group,
    },
    Keep {
        file: File,
    },
    Queue {
        session: u32,
        webhooks: Vec<Planned>,
    },
    Settle {
        session: u32,
        serial: u64,
        settled: Settled,
    },
    Reset,
}

fn yes() -> bool {
    true
}

/// A status code that a message reaches, `after` its acceptance.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) after: Duration,
    pub(crate) status: u8,
}

/// What an operation made.
#[derive(Default)]
pub(crate) struct Applied {
    pub(crate) session: u32,
    pub(crate) msg_id: i64,
    /// The serials of the webhooks that were queued and not dropped.
    pub(crate) serials: Vec<u64>,
}

/// Why an operation can't be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is no such session")]
    UnknownSession,
    #[error("this session has sent no such message")]
    UnknownMessage,
    #[error("another session has this api key")]
    KeyInUse,
    #[error("a session needs a vendor id, an instance id and a number in E.164")]
    IncompleteSession,
}
