//! `POST /api/webhooks/wasender/{vendorId}`: every event of every session comes here unless a provider can split them.

pub use flows::webhook::App;
