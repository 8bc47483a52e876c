use domain::VendorConfig;
use domain::builtin::{self, Shop};
use domain::engine::{Asked, Question};

/// Who decides on an answer. A service reached over HTTP is another variant of it.
#[derive(Clone, Debug)]
pub enum Engine {
    /// The one that is always there: pure, at once, without failure.
    BuiltIn,
}

impl Engine {
    /// Asks for an answer to one message.
    #[expect(
        clippy::unused_async,
        reason = "an engine over HTTP answers later; the built-in one at once"
    )]
    pub async fn ask(&self, question: &Question, config: &VendorConfig) -> Asked {
        match self {
            Self::BuiltIn => Asked::Answered(builtin::answer(question, &Shop { config })),
        }
    }
}
