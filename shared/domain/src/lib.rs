//! What the gateway decides, and nothing else: no input or output, no clock, no environment.
//!
//! Every function takes the time as an argument and answers with a value; `platform` carries the answers out.

pub mod admission;
pub mod builtin;
pub mod compose;
mod contact;
mod content;
pub mod conversation;
pub mod decision;
mod delivery;
pub mod drift;
pub mod echo;
pub mod engine;
pub mod entry;
mod event;
mod fold;
pub mod identity;
mod ids;
mod lane;
mod ledger;
pub mod limits;
pub mod menu;
mod outbound;
mod outcome;
mod pace;
mod pacing;
mod phone;
pub mod rhythm;
mod signature;
pub mod turn;
mod vendor;
pub mod watch;

pub use contact::{Contact, Identity, Lid};
pub use content::{Card, Choice, Content, Kind, Location, Media, MediaSource, Poll, Reaction};
pub use delivery::Delivery;
pub use event::{
    Echo, Element, Event, Evidence, GroupId, IgnoreReason, InboundMessage, ProviderMessageId,
    ProviderRef, Received, SessionStatus, StatusUpdate,
};
pub use ids::{ConversationId, Fingerprint, InvalidId, MessageId, VendorId, WabaId};
pub use lane::{Lane, LaneState, ParkReason};
pub use ledger::{Dispatch, status};
pub use menu::{Menu, MenuKind, MenuOption};
pub use outbound::{Draft, Origin, Outbound, Quote, order};
pub use outcome::{Failure, Quota, RejectClass, SendOutcome};
pub use pace::{Pace, backoff};
pub use pacing::{PAID_GAP, PROTECTED_GAP, Pacing, Plan, TRIAL_DAY, TRIAL_GAP};
pub use phone::{InvalidPhone, PhoneNumber};
pub use signature::{InvalidSecret, Proof, SecretRing, WebhookSecret};
pub use vendor::{
    ApiKey, InstanceSecrets, InvalidApiKey, Observed, Provider, VendorConfig, VendorSecrets,
    WabaInstance,
};
