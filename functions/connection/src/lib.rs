//! `POST /api/webhooks/wasender/{vendorId}/connection`: the same pipeline as `messages`, apart from it so that a session coming back is
//! heard in a flood.

pub use flows::webhook::App;
