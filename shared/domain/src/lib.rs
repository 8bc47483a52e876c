//! What the gateway decides, and nothing else: no input or output, no clock, no environment.
//!
//! Every function takes the time as an argument and answers with a value; `platform` carries the answers out.

pub mod access;
pub mod action;
pub mod actions;
pub mod admission;
pub mod audit;
pub mod builtin;
pub mod burst;
mod change;
pub mod compose;
pub mod config;
mod contact;
mod content;
pub mod contract;
pub mod control;
pub mod conversation;
pub mod counting;
pub mod decision;
pub mod deferred;
mod delivery;
pub mod drift;
pub mod echo;
pub mod engine;
pub mod entry;
pub mod erasure;
mod event;
pub mod fallback;
pub mod file_type;
mod fold;
mod forgetting;
mod holding;
pub mod identity;
mod ids;
mod lane;
mod ledger;
pub mod limits;
mod mark;
pub mod media;
pub mod menu;
pub mod order;
pub mod outage;
mod outbound;
mod outcome;
mod pace;
mod pacing;
mod pairing;
mod people;
mod phone;
mod priority;
pub mod rate;
pub mod reconcile;
mod renewal;
pub mod repair;
pub mod restore;
pub mod rhythm;
pub mod rounds;
pub mod rules;
mod session_key;
pub mod side;
mod signature;
pub mod template;
pub mod turn;
mod vendor;
pub mod watch;

pub use change::{Alteration, Changeable, Effect, MessageChange, WaitingChange};
pub use contact::{Contact, Identity, Lid};
pub use content::{Call, Card, Choice, Content, Kind, Location, Media, MediaSource};
pub use content::{Poll, Reaction};
pub use delivery::Delivery;
pub use event::{
    Echo, Element, Event, Evidence, GroupId, IgnoreReason, InboundMessage, Participant,
    ProviderMessageId, ProviderRef, Received, SessionStatus, StatusUpdate,
};
pub use holding::Held;
pub use ids::{ConversationId, Fingerprint, InvalidId, MessageId, OrderId, VendorId, WabaId};
pub use lane::{Lane, LaneState, ParkReason};
pub use ledger::{Dispatch, status};
pub use mark::{InvalidMark, Mark, MarkKey, Marks};
pub use menu::{Menu, MenuKind, MenuOption};
pub use outbound::{Draft, Origin, Outbound, Quote, order};
pub use outcome::{Failure, Quota, RejectClass, SendOutcome};
pub use pace::{Pace, backoff};
pub use pacing::{PAID_GAP, PROTECTED_GAP, Pacing, Plan, TRIAL_DAY, TRIAL_GAP};
pub use pairing::{Pairing, PairingKind};
pub use people::{look_up_again_in, should_look_up};
pub use phone::{InvalidPhone, PhoneNumber};
pub use priority::Priority;
pub use renewal::{Credentials, Renewal, Renewed, Settlement};
pub use session_key::{KeyOwner, SessionNamed};
pub use signature::{InvalidSecret, Proof, SecretRing, Slot, WebhookSecret};
pub use vendor::{
    ApiKey, CatalogueSize, InstanceSecrets, InvalidApiKey, Observed, Proved, Provider,
    VendorConfig, VendorSecrets, WabaInstance, first_revision,
};
