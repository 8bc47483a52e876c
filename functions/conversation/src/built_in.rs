use domain::VendorConfig;
use domain::builtin::{self, Shop};
use domain::engine::{Asked, Question, Trouble};
use domain::limits;
use platform::{AwsError, Catalogues, Platform, Tables};

/// The engine that is always there, and what it has at hand.
#[derive(Clone, Debug)]
pub(crate) struct BuiltIn {
    catalogues: Catalogues,
    tables: Tables,
}

impl BuiltIn {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self {
            catalogues: Catalogues::new(platform.tables.clone()),
            tables: platform.tables.clone(),
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
        let needs = builtin::needs(question, config);
        let (mut catalogue, mut orders) = (None, None);
        if needs.catalogue {
            let read = self.catalogues.of(config).await?;
            // Written since the vendor was read: the next time it is read as it is.
            catalogue = Some(read.ok_or_else(|| AwsError::contended("reading a catalogue"))?);
        }
        if let Some(phone) = question.from.phone.as_ref().filter(|_| needs.orders) {
            let most = limits::CUSTOMER_ORDERS;
            let read = self.tables.orders_of(&config.vendor_id, phone, most);
            orders = Some(read.await?);
        }
        let shop = Shop {
            config,
            catalogue: catalogue.as_deref(),
            orders: orders.as_deref(),
        };
        Ok(Asked::Answered(builtin::answer(question, &shop)))
    }
}
