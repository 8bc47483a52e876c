//! Slash commands.

use super::spelling::distance;
use crate::builtin::Intent;
use crate::fold::fold;

/// A slash command that the engine knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Help,
    Menu,
    /// All products, or those that its argument names.
    Products,
    /// One product, named by its argument.
    Product,
    Order,
    Pay,
    Appointment,
    Human,
    /// A command that nobody knows: it is answered with help.
    Unknown,
}

/// The names of the commands, folded, the one that is shown first.
const NAMES: [(Command, &[&str]); 8] = [
    (Command::Help, &["aide", "help", "info", "infos", "ndimbal"]),
    (
        Command::Menu,
        &["menu", "start", "accueil", "options", "home"],
    ),
    (
        Command::Products,
        &["produits", "catalogue", "products", "articles", "catalog"],
    ),
    (
        Command::Product,
        &["produit", "product", "prix", "price", "article", "stock"],
    ),
    (
        Command::Order,
        &[
            "commande",
            "commandes",
            "order",
            "orders",
            "suivi",
            "statut",
            "colis",
            "track",
        ],
    ),
    (
        Command::Pay,
        &["payer", "paiement", "pay", "payment", "wave", "facture"],
    ),
    (
        Command::Appointment,
        &[
            "rdv",
            "rendezvous",
            "appointment",
            "reserver",
            "reservation",
            "book",
            "rv",
        ],
    ),
    (
        Command::Human,
        &[
            "humain",
            "human",
            "agent",
            "conseiller",
            "vendeur",
            "contact",
        ],
    ),
];

impl Command {
    pub const fn intent(self) -> Intent {
        match self {
            Self::Help | Self::Unknown => Intent::Help,
            Self::Menu => Intent::Menu,
            Self::Products | Self::Product => Intent::ProductInfo,
            Self::Order => Intent::OrderStatus,
            Self::Pay => Intent::Payment,
            Self::Appointment => Intent::Appointment,
            Self::Human => Intent::Human,
        }
    }
}

/// The command that a text is, with its argument. A name may be cut short or misspelt in one letter, as long as one command alone is meant.
pub(super) fn command(text: &str) -> Option<(Command, &str)> {
    let said = text.trim().strip_prefix('/')?.trim_start();
    if !said.starts_with(char::is_alphabetic) {
        return None;
    }
    let (name, argument) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
    let name = fold(name).replace(' ', "");
    Some((named(&name), argument.trim()))
}

fn named(name: &str) -> Command {
    let is = |known: &&str| *known == name;
    let is_cut = |known: &&str| name.len() >= 3 && known.starts_with(name);
    let is_near = |known: &&str| {
        known.len() >= 4 && name.len() <= known.len() + 1 && distance(name, known) <= 1
    };
    first(is)
        .or_else(|| first(is_near))
        .or_else(|| first(is_cut))
        .unwrap_or(Command::Unknown)
}

fn first(fits: impl Fn(&&str) -> bool) -> Option<Command> {
    let known = NAMES.iter().find(|(_, names)| names.iter().any(&fits));
    known.map(|(command, _)| *command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(Command, &str)>) {
        assert_eq!(command(text), expected, "{text}");
    }

    #[test]
    fn a_command_is_known_by_its_name_and_brings_its_argument() {
        check("/aide", Some((Command::Help, "")));
        check(
            " /Produit  robe rouge ",
            Some((Command::Product, "robe rouge")),
        );
        check("/produits", Some((Command::Products, "")));
        check("/commande 123", Some((Command::Order, "123")));
        check(
            "/rendez-vous demain",
            Some((Command::Appointment, "demain")),
        );
        check("/ humain", Some((Command::Human, "")));
    }

    #[test]
    fn small_mistakes_are_forgiven_and_what_nobody_knows_is_unknown() {
        check("/comande 123", Some((Command::Order, "123")));
        check("/humian", Some((Command::Human, "")));
        check("/mneu", Some((Command::Menu, "")));
        check("/cata", Some((Command::Products, "")));
        check("/xyz", Some((Command::Unknown, "")));
        check("/5", None);
        check("le prix / la taille", None);
        check("/", None);
    }

    #[test]
    fn every_name_is_of_one_command_alone() {
        let mut names: Vec<&str> = NAMES
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        for (command, of_it) in NAMES {
            assert!(of_it.iter().all(|name| named(name) == command));
        }
    }

    proptest! {
        #[test]
        fn whatever_follows_a_slash_is_read(text in "/\\PC{0,300}") {
            command(&text);
        }
    }
}
