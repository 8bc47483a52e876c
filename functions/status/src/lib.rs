//! `POST /api/webhooks/wasender/{vendorId}/status`: the same pipeline as `messages`, apart from it so that receipts scale and fail alone.

pub use flows::webhook::App;
