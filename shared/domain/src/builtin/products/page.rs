//! Products as a numbered menu, page after page.

use super::price::priced;
use super::search::{Asked, search};
use super::{Asking, Intent, NAMED, PRODUCT, SHOWN, answered, wording};
use crate::config::Product;
use crate::content::Content;
use crate::engine::Answer;
use crate::limits;
use crate::menu::{Menu, MenuKind, MenuOption};
use crate::template::Placeholder;

/// What an option's id begins with that is a page, its number and what was searched for after it.
const PAGE: &str = "products:";
/// Products of a page; one option is left for the next page.
const PRODUCTS: usize = limits::LIST_OPTIONS - 1;
/// The longest text above a menu, in bytes: with the largest menu it is one message.
const HEADING_BYTES: usize = 1_000;
/// The longest search that an option remembers, in characters.
const SEARCH_CHARS: usize = 200;

/// A page of the whole catalogue, or of what a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Counted from one.
    number: usize,
    searched: Option<String>,
}

impl Page {
    pub(super) const fn first() -> Self {
        Self {
            number: 1,
            searched: None,
        }
    }

    pub(super) fn of_search(said: &str) -> Self {
        Self {
            number: 1,
            searched: Some(one_line(said, SEARCH_CHARS)),
        }
    }

    /// The page that an option's id names.
    pub(super) fn of(id: &str) -> Option<Self> {
        let rest = id.strip_prefix(PAGE)?;
        let (number, searched) = match rest.split_once(':') {
            Some((number, searched)) => (number, Some(searched.to_owned())),
            None => (rest, None),
        };
        let number = number.parse().ok()?;
        (1..=limits::PRODUCTS)
            .contains(&number)
            .then_some(Self { number, searched })
    }

    pub(super) fn id(&self) -> String {
        match &self.searched {
            Some(searched) => format!("{PAGE}{}:{searched}", self.number),
            None => format!("{PAGE}{}", self.number),
        }
    }

    fn next(&self) -> Self {
        Self {
            number: self.number + 1,
            ..self.clone()
        }
    }
}

impl Asking<'_> {
    /// A page as a menu; past the last one, which a smaller catalogue may have made so, the first.
    pub(super) fn page(&self, page: &Page) -> Answer {
        let found: Vec<&Product> = match &page.searched {
            Some(said) => search(self.index, said, Asked::Surely),
            None => self.index.products().iter().collect(),
        };
        let start = (page.number - 1) * PRODUCTS;
        let rest = found.get(start..).unwrap_or_default();
        if rest.is_empty() {
            return if page.number > 1 {
                let searched = page.searched.clone();
                self.page(&Page {
                    number: 1,
                    searched,
                })
            } else {
                self.misses()
            };
        }
        // One more takes no more room than the way to it.
        let shown = if rest.len() <= limits::LIST_OPTIONS {
            rest.len()
        } else {
            PRODUCTS
        };
        let mut options: Vec<_> = rest[..shown].iter().map(|it| self.option(it)).collect();
        if rest.len() > shown {
            let title = if self.english {
                "See more"
            } else {
                "Voir plus"
            };
            options.push(MenuOption::new(&page.next().id(), title));
        }
        let menu = Content::menu(Menu {
            kind: MenuKind::List,
            body: self
                .own_heading(page, &found)
                .unwrap_or_else(|| self.heading(page, found.len())),
            options,
        });
        answered(vec![menu], SHOWN)
    }

    /// The vendor's own words above the list, with the names of the first products.
    fn own_heading(&self, page: &Page, found: &[&Product]) -> Option<String> {
        let is_wanted = page.searched.is_none() && page.number == 1;
        self.template()
            .filter(|own| is_wanted && !own.contains(NAMED))?;
        let names = found.iter().take(PRODUCTS);
        let names: Vec<_> = names
            .map(|it| one_line(&it.name, limits::OPTION_TITLE_CHARS))
            .collect();
        let values = wording::values(self.question, self.shop)
            .with(Placeholder::Catalogue, &names.join(", "));
        let mut said = wording::templated(Intent::ProductInfo, self.shop, &values)?;
        said.truncate(said.floor_char_boundary(HEADING_BYTES));
        Some(said)
    }

    fn heading(&self, page: &Page, found: usize) -> String {
        let shop = &self.shop.config.business_name;
        let pages = found.div_ceil(PRODUCTS);
        let place = if found > limits::LIST_OPTIONS {
            format!(" ({}/{pages})", page.number)
        } else {
            String::new()
        };
        match (&page.searched, self.english) {
            (None, false) => format!(
                "Voici les produits de {shop}{place}. Choisissez un numéro, ou écrivez un nom\u{a0}:"
            ),
            (None, true) => {
                format!("Here is what {shop} sells{place}. Choose a number, or write a name:")
            }
            (Some(_), false) => format!("Nous avons trouvé {found} produits{place}. Lequel\u{a0}?"),
            (Some(_), true) => format!("We found {found} products{place}. Which one?"),
        }
    }

    fn option(&self, product: &Product) -> MenuOption {
        let price = priced(&product.price, &product.currency, self.english);
        let code = one_line(&product.code, 24);
        let mut described = format!("{price} · {code}");
        if product.stock == Some(0) {
            described.push_str(if self.english {
                " · sold out"
            } else {
                " · rupture de stock"
            });
        }
        MenuOption {
            id: format!("{PRODUCT}{}", product.code),
            title: one_line(&product.name, limits::OPTION_TITLE_CHARS),
            description: Some(one_line(&described, limits::OPTION_DESCRIPTION_CHARS)),
        }
    }
}

/// A text on one line, cut where it is too long. A blank at which no line may break stays one.
pub(in crate::builtin) fn one_line(text: &str, chars: usize) -> String {
    let breaks = |c: char| c == ' ' || c.is_control();
    let words = text.split(breaks).filter(|word| !word.is_empty());
    let mut line = words.collect::<Vec<_>>().join(" ");
    if line.chars().count() > chars {
        line = line.chars().take(chars - 1).collect();
        line.push('…');
    }
    line
}
