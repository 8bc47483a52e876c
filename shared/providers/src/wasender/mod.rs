//! Wasender: one WhatsApp session per vendor, linked like WhatsApp Web.
//!
//! Its webhooks are Baileys' objects in a thin envelope that changes its shape: every reader here takes each shape that was
//! documented or observed, and `events/providers/wasender` holds one payload for each. The owner's older dialect
//! (`events/providers/owner`) is read by the same [`parse`].

mod account;
mod call;
mod card;
mod change;
mod choice;
mod content;
mod credentials;
mod decrypt;
mod dialect;
mod envelope;
mod jid;
mod key;
mod linking;
mod logs;
mod lookup;
mod malformed;
mod media;
pub mod media_file;
mod message;
mod pairing;
mod poll;
mod proof;
mod reaction;
mod refused;
mod request;
mod response;
mod sent;
mod settings;
mod status;
mod wait;
mod webhook;
mod whose;

pub use account::{Account, AccountSession, read_sessions, session_of};
pub use credentials::{read_credentials, read_regenerated};
pub use decrypt::{Decrypted, read_decrypted};
pub use linking::{Connecting, read_connect, read_done, read_passkey_token, read_qr_code};
pub use logs::{LogRow, read_message_logs};
pub use lookup::{Person, read_pn_from_lid};
pub use malformed::Malformed;
pub use proof::{NoProof, proof};
pub use refused::Refused;
pub use request::{BASE_URL, Session};
pub use response::{read_info, read_send, read_status};
pub use settings::{SessionDetail, read_session, read_update};
pub use webhook::{parse, parse_named};
pub use whose::{read_connection, read_user};
