//! What stands in for an answer that does not come: a text, and a person.

use crate::content::Content;
use crate::engine::Answer;
use crate::vendor::VendorConfig;

/// What a customer is told whose question no engine answered; a person goes on.
pub fn answer(config: &VendorConfig) -> Answer {
    Answer {
        replies: vec![Content::text(text(config))],
        requires_human: true,
        ..Answer::default()
    }
}

/// The vendor's own words, or French ones.
fn text(config: &VendorConfig) -> String {
    let shop = &config.business_name;
    config.settings.fallback_text.clone().unwrap_or_else(|| {
        format!("Merci pour votre message, {shop} l'a bien reçu. Un conseiller va vous répondre personnellement dès que possible.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::tests::config;

    #[test]
    fn the_vendors_own_words_come_before_ours() {
        let said = |config: &VendorConfig| answer(config).replies[0].text.clone();
        let mut config = config();
        assert!(said(&config).is_some_and(|text| text.contains(&config.business_name)));
        config.settings.fallback_text = Some("Un instant.".to_owned());
        assert_eq!(said(&config).as_deref(), Some("Un instant."));
        assert!(answer(&config).requires_human);
    }
}
