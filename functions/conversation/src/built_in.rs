use domain::VendorConfig;
use domain::builtin::{self, Shop};
use domain::engine::{Asked, Question, Trouble};
use platform::{AwsError, Catalogues, Platform};

/// The engine that is always there, and what it has at hand.
#[derive(Clone, Debug)]
pub(crate) struct BuiltIn {
    catalogues: Catalogues,
}

impl BuiltIn {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self {
            catalogues: Catalogues::new(platform.tables.clone()),
        }
    }

    /// Answers one message. What the answer does not need is not read.
    pub(crate) async fn ask(&self, question: &Question, config: &VendorConfig) -> Asked {
        self.answered(question, config).await.unwrap_or_else(|error| {
            tracing::warn!(vendor.id = %config.vendor_id, error = %error, "what an answer needs could not be read");
            Asked::Failed(Trouble::Unavailable { retry_after: None })
        })
    }

    async fn answered(
        &self,
        question: &Question,
        config: &VendorConfig,
    ) -> Result<Asked, AwsError> {
        let mut shop = Shop::of(config);
        let needs = builtin::needs(question, config);
        let catalogue = if needs.catalogue {
            let Some(catalogue) = self.catalogues.of(config).await? else {
                // The vendor was written since it was read: the next time it is read as it is.
                return Err(AwsError::contended("reading a catalogue"));
            };
            Some(catalogue)
        } else {
            None
        };
        shop.catalogue = catalogue.as_deref();
        Ok(Asked::Answered(builtin::answer(question, &shop)))
    }
}
