use domain::config::is_language;
use domain::{VendorConfig, limits};
use flows::problem::Problem;

use crate::body::{Fields, Wrong, invalid};

/// How a vendor wants its conversations to be answered, as far as a request says; the rest stays as it is.
pub(crate) struct Behaviour {
    auto_reply: Option<bool>,
    language: Option<String>,
    answer_groups: Option<bool>,
    typed_pause_minutes: Option<u32>,
}

impl Behaviour {
    pub(crate) const FIELDS: [&str; 4] =
        ["autoReply", "language", "answerGroups", "typedPauseMinutes"];

    /// Reads what is said; `None` if something of it is wrong.
    pub(crate) fn read(fields: &Fields, wrong: &mut Wrong) -> Option<Self> {
        let most = limits::TYPED_PAUSE_MINUTES_MOST;
        let auto_reply = wrong.checked(fields.flag("autoReply"));
        let language = wrong.checked(language(fields));
        let answer_groups = wrong.checked(fields.flag("answerGroups"));
        let typed_pause_minutes = wrong.checked(fields.whole("typedPauseMinutes", 0..=most));
        Some(Self {
            auto_reply: auto_reply?,
            language: language?,
            answer_groups: answer_groups?,
            typed_pause_minutes: typed_pause_minutes?,
        })
    }

    pub(crate) fn applied(&self, config: VendorConfig) -> VendorConfig {
        VendorConfig {
            auto_reply: self.auto_reply.unwrap_or(config.auto_reply),
            language: self.language.clone().unwrap_or(config.language),
            answer_groups: self.answer_groups.unwrap_or(config.answer_groups),
            typed_pause_minutes: self
                .typed_pause_minutes
                .unwrap_or(config.typed_pause_minutes),
            ..config
        }
    }
}

fn language(fields: &Fields) -> Result<Option<String>, Problem> {
    let language = fields.text("language")?.filter(|text| !text.is_empty());
    match language {
        Some(language) if !is_language(language) => {
            let detail = "is a language of ISO 639 in two or three small letters";
            Err(invalid("language", detail))
        }
        language => Ok(language.map(str::to_owned)),
    }
}
