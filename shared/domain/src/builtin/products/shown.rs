//! One product: its price, how many are left, what it is, and its picture.

use super::page::one_line;
use super::price::{amount, currency, priced};
use super::{Asking, Intent, NAMED, SHOWN, answered, wording};
use crate::config::Product;
use crate::content::{Content, Kind, Media, MediaSource};
use crate::engine::Answer;
use crate::limits;
use crate::template::Placeholder;

/// So many or fewer are the last ones.
const FEW: u32 = 5;

impl Asking<'_> {
    /// The words first, so that a picture that nobody can fetch costs no more than itself.
    pub(super) fn shows(&self, product: &Product) -> Answer {
        let mut replies = vec![Content::text(self.described(product))];
        replies.extend(self.picture(product));
        answered(replies, SHOWN)
    }

    /// In the vendor's own words, if those name the product.
    fn described(&self, product: &Product) -> String {
        if self.template().is_some_and(|it| it.contains(NAMED)) {
            let stock = product.stock.map(|stock| stock.to_string());
            let amount = amount(&product.price, &product.currency, self.english);
            let values = wording::values(self.question, self.shop)
                .with(Placeholder::ProductName, &product.name)
                .with(Placeholder::Price, &amount)
                .with(Placeholder::Currency, currency(&product.currency))
                .with(Placeholder::Stock, &stock.unwrap_or_default());
            let said = wording::templated(Intent::ProductInfo, self.shop, &values);
            return said.unwrap_or_else(|| self.usually_described(product));
        }
        self.usually_described(product)
    }

    fn usually_described(&self, product: &Product) -> String {
        let price = priced(&product.price, &product.currency, self.english);
        let name = one_line(&product.name, limits::NAME_CHARS);
        let code = one_line(&product.code, 64);
        let mut said = if self.english {
            format!("{name} ({code})\nPrice: {price}")
        } else {
            format!("{name} ({code})\nPrix\u{a0}: {price}")
        };
        if let Some(stock) = product.stock {
            said.push('\n');
            said.push_str(&in_stock(stock, self.english));
        }
        if let Some(description) = &product.description {
            said.push_str("\n\n");
            said.push_str(description);
        }
        said.push_str("\n\n");
        said.push_str(match (product.stock == Some(0), self.english) {
            (false, false) => {
                "Pour commander ou poser une question, écrivez «\u{a0}conseiller\u{a0}»."
            }
            (false, true) => "To order or to ask a question, write “agent”.",
            (true, false) => "Pour savoir quand il revient, écrivez «\u{a0}conseiller\u{a0}».",
            (true, true) => "To know when it is back, write “agent”.",
        });
        said
    }

    fn picture(&self, product: &Product) -> Option<Content> {
        let url = product.image_url.clone()?;
        let media = Media {
            source: Some(MediaSource {
                url,
                media_key: None,
            }),
            ..Media::default()
        };
        let price = priced(&product.price, &product.currency, self.english);
        let name = one_line(&product.name, limits::NAME_CHARS);
        let caption = format!("{name} — {price}");
        Some(Content::media(Kind::Image, media, Some(caption)))
    }
}

fn in_stock(stock: u32, english: bool) -> String {
    match (stock, english) {
        (0, false) => "En rupture de stock pour le moment".to_owned(),
        (0, true) => "Sold out for the moment".to_owned(),
        (1, false) => "Plus qu'un seul en stock".to_owned(),
        (1, true) => "Only one left".to_owned(),
        (2..=FEW, false) => format!("Plus que {stock} en stock"),
        (2..=FEW, true) => format!("Only {stock} left"),
        (_, false) => "En stock".to_owned(),
        (_, true) => "In stock".to_owned(),
    }
}
