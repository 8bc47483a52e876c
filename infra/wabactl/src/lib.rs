//! The operator's side of the admin API: a client, the vendors' sheet, and the migration that carries one into the other.
//!
//! The binary `wabactl` is a thin skin over this; the local stack imports its demo vendors through the same code.

mod registration;
mod sheet;

mod client;
mod client_error;
mod migration;
mod webhooks;

pub mod batch;

pub use client::{AdminClient, Answered, Ask, Direction, Page, Patience, Registered, Unusable};
pub use client_error::ClientError;
pub use migration::{Report, RowOutcome, migrate};
pub use registration::Registration;
pub use sheet::{Column, CsvProblem, CsvProblems, Reason, SheetRow, read_csv, read_sheet};
pub use webhooks::{Proof, Response, Route as WebhookRoute, Webhooks};
