//! Menus: what a customer may choose from, as numbered lines where the provider has no buttons, and what is remembered of them.

mod choosing;
mod open;

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

pub use choosing::chosen;
pub use open::OpenMenu;

/// How a provider that can shows a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MenuKind {
    Buttons,
    List,
}

impl MenuKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buttons => "buttons",
            Self::List => "list",
        }
    }
}

/// One thing to choose. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuOption {
    /// The engine's name of it.
    pub id: String,
    /// What the customer reads, one line.
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl MenuOption {
    pub fn new(id: &str, title: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            description: None,
        }
    }
}

impl fmt::Debug for MenuOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MenuOption")
    }
}

/// A text with options below it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    pub kind: MenuKind,
    pub body: String,
    pub options: Vec<MenuOption>,
}

impl Menu {
    /// The menu in plain text: the body, an empty line, and `1. Title — description` for each option.
    pub fn text(&self) -> String {
        let mut text = self.body.clone();
        text.push('\n');
        for (index, option) in self.options.iter().enumerate() {
            // Writing to a text does not fail.
            let _ = write!(text, "\n{}", line(index, option));
        }
        text
    }
}

/// An option as its line in the text has it.
fn line(index: usize, option: &MenuOption) -> String {
    let number = index + 1;
    match &option.description {
        Some(description) => format!("{number}. {} — {description}", option.title),
        None => format!("{number}. {}", option.title),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_in_plain_text_is_its_body_and_numbered_lines() {
        let described = MenuOption {
            description: Some("suivi et retours".to_owned()),
            ..MenuOption::new("order", "Une commande")
        };
        let menu = Menu {
            kind: MenuKind::List,
            body: "Que souhaitez-vous ?".to_owned(),
            options: vec![MenuOption::new("products", "Nos produits"), described],
        };
        assert_eq!(
            menu.text(),
            "Que souhaitez-vous ?\n\n1. Nos produits\n2. Une commande — suivi et retours"
        );
        assert_eq!(format!("{:?}", menu.options[0]), "MenuOption");
    }
}
