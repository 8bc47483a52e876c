use domain::{VendorConfig, limits};
use flows::problem::Problem;

use crate::body::Fields;

/// How a vendor wants its conversations to be answered, as far as a request says; the rest stays as it is.
pub(crate) struct Behaviour {
    answer_groups: Option<bool>,
    typed_pause_minutes: Option<u32>,
}

impl Behaviour {
    pub(crate) fn read(fields: &Fields) -> Result<Self, Problem> {
        Ok(Self {
            answer_groups: fields.flag("answerGroups")?,
            typed_pause_minutes: fields
                .whole("typedPauseMinutes", 0..=limits::TYPED_PAUSE_MINUTES_MOST)?,
        })
    }

    pub(crate) fn applied(&self, config: VendorConfig) -> VendorConfig {
        VendorConfig {
            answer_groups: self.answer_groups.unwrap_or(config.answer_groups),
            typed_pause_minutes: self
                .typed_pause_minutes
                .unwrap_or(config.typed_pause_minutes),
            ..config
        }
    }
}
