//! The contract with engines against its published description: `docs/ENGINE_CONTRACT.md` and the schemas beside it.

mod answers;
mod described;
mod questions;
