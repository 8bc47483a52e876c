//! What the interactive migration says, in the operator's language.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    Fr,
    En,
}

impl Lang {
    /// The language of the operator's session.
    pub(crate) fn of_session(variable: impl Fn(&str) -> Option<String>) -> Self {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let locale = names.into_iter().find_map(variable).unwrap_or_default();
        if locale.starts_with("fr") {
            Self::Fr
        } else {
            Self::En
        }
    }

    pub(crate) const fn texts(self) -> &'static Texts {
        match self {
            Self::Fr => &FR,
            Self::En => &EN,
        }
    }
}

pub(crate) struct Texts {
    pub(crate) vendor_id: &'static str,
    pub(crate) known: &'static str,
    pub(crate) business_name: &'static str,
    pub(crate) phone_number: &'static str,
    pub(crate) instance_id: &'static str,
    pub(crate) webhook_secret: &'static str,
    pub(crate) api_key: &'static str,
    pub(crate) is_empty: &'static str,
    pub(crate) created: &'static str,
    pub(crate) updated: &'static str,
    pub(crate) paste: &'static str,
    pub(crate) subscribe: &'static str,
    pub(crate) when_done: &'static str,
    pub(crate) verified: &'static str,
    pub(crate) unverified: &'static str,
    pub(crate) pending: &'static str,
    pub(crate) no_key: &'static str,
    pub(crate) mismatch: &'static str,
    pub(crate) choices: &'static str,
    pub(crate) ended: &'static str,
}

const EN: Texts = Texts {
    vendor_id: "Vendor id (nothing to end): ",
    known: "This vendor is known; it will be changed.",
    business_name: "Business name: ",
    phone_number: "Phone number: ",
    instance_id: "Wasender instance id: ",
    webhook_secret: "Webhook secret (not shown): ",
    api_key: "API key (not shown; nothing if there is none yet): ",
    is_empty: "an answer is needed",
    created: "The vendor is registered.",
    updated: "The vendor is changed.",
    paste: "In Wasender's dashboard, set the session's webhook URL to:",
    subscribe: "Enable webhooks, and subscribe to:",
    when_done: "Press Enter when that is done. ",
    verified: "The connection is good: the key is the registered number's.",
    unverified: "Wasender does not tell whose number the key is; messages leave all the same.",
    pending: "The number could not be verified yet: is the phone linked, and is the key right?",
    no_key: "Without a key the vendor receives, but can't send.",
    mismatch: "The key is another number's; nothing leaves until the number or the key is changed.",
    choices: "[r]etry, [s]kip or [q]uit? ",
    ended: "vendors done, skipped:",
};

const FR: Texts = Texts {
    vendor_id: "Identifiant du vendeur (rien pour terminer) : ",
    known: "Ce vendeur est connu ; il sera modifié.",
    business_name: "Nom du commerce : ",
    phone_number: "Numéro de téléphone : ",
    instance_id: "Identifiant de l'instance Wasender : ",
    webhook_secret: "Secret du webhook (non affiché) : ",
    api_key: "Clé API (non affichée ; rien s'il n'y en a pas encore) : ",
    is_empty: "il faut une réponse",
    created: "Le vendeur est enregistré.",
    updated: "Le vendeur est modifié.",
    paste: "Dans le tableau de bord de Wasender, mettez comme URL de webhook de la session :",
    subscribe: "Activez les webhooks et abonnez-vous à :",
    when_done: "Appuyez sur Entrée quand c'est fait. ",
    verified: "La connexion est bonne : la clé est celle du numéro enregistré.",
    unverified: "Wasender ne dit pas à quel numéro est la clé ; les messages partent quand même.",
    pending: "Le numéro n'a pas encore pu être vérifié : le téléphone est-il lié, la clé est-elle juste ?",
    no_key: "Sans clé, le vendeur reçoit mais ne peut pas envoyer.",
    mismatch: "La clé est celle d'un autre numéro ; rien ne part tant que le numéro ou la clé n'est pas changé.",
    choices: "[r]éessayer, [s]auter ou [q]uitter ? ",
    ended: "vendeurs terminés, sautés :",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_that_of_the_session() {
        let of = |pairs: &'static [(&str, &str)]| {
            Lang::of_session(|name| {
                let found = pairs.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("LANG", "fr_SN.UTF-8")]), Lang::Fr);
        assert_eq!(of(&[("LANG", "fr_SN.UTF-8"), ("LC_ALL", "C")]), Lang::En);
        assert_eq!(of(&[]), Lang::En);
    }
}
