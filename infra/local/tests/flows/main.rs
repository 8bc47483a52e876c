//! Whole flows through the front door: a webhook in, a message out, with faults between.

#![recursion_limit = "256"]
#![expect(
    clippy::print_stderr,
    reason = "what a failed test saw is worth printing"
)]

mod actions;
mod admin_access;
mod admin_audit;
mod admin_keys;
mod admin_keys_made;
mod admin_messages;
mod admin_rates;
mod admin_tokens;
mod admin_vendors;
mod alarms;
mod analytics;
mod answers;
mod backup;
mod bursts;
mod catalogue;
mod changes;
mod configuration;
mod conservation;
mod contract;
mod conversations;
mod costs;
mod crashes;
mod dead_letters;
mod deferred;
mod delays;
mod deleting;
mod disturbed;
mod durability;
mod echoes;
mod engine_contract;
mod engine_double;
mod foreign_sessions;
mod front_door;
mod groups;
mod growth;
mod health;
mod hearing;
mod identity;
mod joins;
mod kinds;
mod lanes;
mod ledger;
mod linked_echoes;
mod logging;
mod main_job;
mod media;
mod media_trouble;
mod menus;
mod numbers;
mod orders;
mod outage;
mod outage_shares;
mod pacing;
mod pausing;
mod people;
mod privileges;
mod proof;
mod quarantine;
mod quotes;
mod receiving;
mod reconciliation;
mod registry;
mod restore;
mod rotation;
mod rules;
mod sessions;
mod setting_up;
mod setup;
mod shared_cache;
mod shares;
mod staff_actions;
mod takeovers;
mod telemetry;
mod wording;
mod world;
