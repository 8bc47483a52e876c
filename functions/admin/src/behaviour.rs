use domain::{VendorConfig, limits};

use crate::body::{Fields, Wrong};

/// How a vendor wants its conversations to be answered, as far as a request says; the rest stays as it is.
pub(crate) struct Behaviour {
    answer_groups: Option<bool>,
    typed_pause_minutes: Option<u32>,
}

impl Behaviour {
    /// Reads what is said; `None` if something of it is wrong.
    pub(crate) fn read(fields: &Fields, wrong: &mut Wrong) -> Option<Self> {
        let most = limits::TYPED_PAUSE_MINUTES_MOST;
        let answer_groups = wrong.checked(fields.flag("answerGroups"));
        let typed_pause_minutes = wrong.checked(fields.whole("typedPauseMinutes", 0..=most));
        Some(Self {
            answer_groups: answer_groups?,
            typed_pause_minutes: typed_pause_minutes?,
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
