//! What a vendor sells: products by their names and codes, one by one or as numbered pages.

mod index;
mod page;
mod price;
mod search;
mod shown;
mod word;

pub use index::Index;
pub(super) use page::one_line;
pub(super) use price::priced;

use super::{Intent, Shop, Understood, speaks_english, wording};
use crate::content::{Content, Kind};
use crate::engine::{Answer, Question};
use crate::menu::{Menu, MenuKind, MenuOption};
use page::Page;
use search::{Asked, search};

/// What an option's id begins with that is one product, and its code after it.
const PRODUCT: &str = "product:";
/// The step after a question that named no product of the vendor's: who names none again gets a person.
const MISSED: &str = "product_missed";
/// The step after products were shown.
const SHOWN: &str = "product_shown";

/// What a vendor's template of this intent holds that is for one product; another one is for the list.
const NAMED: &str = "{productName}";

/// What a message wants of a catalogue.
enum Wanted<'a> {
    Code(&'a str),
    Page(Page),
    Named(&'a str, Asked),
}

impl<'a> Wanted<'a> {
    fn of(question: &'a Question, understood: &'a Understood) -> Option<Self> {
        let choice = question.content.choice.as_ref();
        if let Some(id) = choice.and_then(|choice| choice.id.as_deref()) {
            if let Some(code) = id.strip_prefix(PRODUCT) {
                return Some(Self::Code(code));
            }
            if let Some(page) = Page::of(id) {
                return Some(Self::Page(page));
            }
        }
        let text = question.content.text.as_deref().unwrap_or_default();
        let is_choice = question.content.kind == Kind::Choice;
        match understood.intent {
            Intent::ProductInfo if is_choice => Some(Self::Page(Page::first())),
            Intent::ProductInfo => {
                let subject = understood.subject.as_str();
                let said = if search::names_something(subject) {
                    subject
                } else {
                    text
                };
                if search::names_something(said) {
                    Some(Self::Named(said, Asked::Surely))
                } else {
                    Some(Self::Page(Page::first()))
                }
            }
            Intent::Unknown if search::names_something(text) => {
                Some(Self::Named(text, Asked::Perhaps))
            }
            _ => None,
        }
    }
}

/// Whether the catalogue is needed to answer this.
pub(super) fn are_needed(question: &Question, understood: &Understood) -> bool {
    Wanted::of(question, understood).is_some()
}

/// The answer to a message about products; `None` if it is about none, or the vendor has none.
pub(super) fn answer(
    question: &Question,
    understood: &Understood,
    shop: &Shop<'_>,
) -> Option<Answer> {
    let index = shop
        .catalogue
        .filter(|index| !index.products().is_empty())?;
    let asking = Asking {
        question,
        shop,
        index,
        english: speaks_english(question, understood),
    };
    match Wanted::of(question, understood)? {
        Wanted::Code(code) => Some(match index.of_code(code) {
            Some(product) => asking.shows(product),
            None => asking.misses(),
        }),
        Wanted::Page(page) => Some(asking.page(&page)),
        Wanted::Named(said, asked) => match search(index, said, asked)[..] {
            [] if asked == Asked::Perhaps && !asking.missed_before() => None,
            [] => Some(asking.misses()),
            [product] => Some(asking.shows(product)),
            [..] => Some(asking.page(&Page::of_search(said))),
        },
    }
}

/// A question about products, and what it is answered from.
#[derive(Clone, Copy)]
struct Asking<'a> {
    question: &'a Question,
    shop: &'a Shop<'a>,
    index: &'a Index,
    english: bool,
}

impl Asking<'_> {
    /// The vendor's own words about products.
    fn template(&self) -> Option<&str> {
        let templates = &self.shop.config.settings.templates;
        let own = templates.get(Intent::ProductInfo.as_str());
        own.map(String::as_str)
    }

    fn missed_before(&self) -> bool {
        self.question.context.current_step.as_deref() == Some(MISSED)
    }

    /// Nothing was found: the list and a person are offered, and who finds nothing again gets the person.
    fn misses(&self) -> Answer {
        if self.missed_before() {
            return Answer {
                replies: vec![Content::text(wording::handed_on(self.question, self.shop))],
                intent: Some(Intent::ProductInfo.as_str().to_owned()),
                requires_human: true,
                ..Answer::default()
            };
        }
        let [body, list, person] = if self.english {
            [
                "Sorry, we found no such product. Write another name, or choose:",
                "See our products",
                "Talk to a person",
            ]
        } else {
            [
                "Nous n'avons pas trouvé ce produit. Écrivez un autre nom, ou choisissez\u{a0}:",
                "Voir nos produits",
                "Parler à un conseiller",
            ]
        };
        let menu = Content::menu(Menu {
            kind: MenuKind::List,
            body: body.to_owned(),
            options: vec![
                MenuOption::new(&Page::first().id(), list),
                MenuOption::new(Intent::Human.as_str(), person),
            ],
        });
        answered(vec![menu], MISSED)
    }
}

fn answered(replies: Vec<Content>, step: &str) -> Answer {
    Answer {
        replies,
        intent: Some(Intent::ProductInfo.as_str().to_owned()),
        next_step: Some(step.to_owned()),
        ..Answer::default()
    }
}

#[cfg(test)]
mod tests;
