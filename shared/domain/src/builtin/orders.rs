//! How a customer's orders stand. Whose order it is decides what is told of it, never the number that somebody writes.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::products::{one_line, priced};
use super::{Intent, Shop, Understood, speaks_english, wording};
use crate::content::Content;
use crate::engine::{Answer, Question};
use crate::limits;
use crate::menu::{Menu, MenuKind, MenuOption};
use crate::order::{Order, OrderItem};

/// What an option's id begins with that is one order, and its id after it.
const ORDER: &str = "order:";
/// The step after orders were shown.
const SHOWN: &str = "order_shown";
/// Items of an order that are named.
const ITEMS: usize = 5;

const DAYS: [[&str; 7]; 2] = [
    [
        "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
    ],
    [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
];
const MONTHS: [[&str; 12]; 2] = [
    [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
];

/// Whether the orders of whoever asks are needed to answer this.
pub(super) fn are_needed(question: &Question, understood: &Understood) -> bool {
    let may_be_told = !question.in_group && question.from.phone.is_some();
    may_be_told && (chosen(question).is_some() || understood.intent == Intent::OrderStatus)
}

/// The order that an option of a menu stands for.
fn chosen(question: &Question) -> Option<&str> {
    let choice = question.content.choice.as_ref()?;
    choice.id.as_deref()?.strip_prefix(ORDER)
}

/// The answer to a question about orders; `None` if it is none, or nothing is known of the customer's.
pub(super) fn answer(
    question: &Question,
    understood: &Understood,
    shop: &Shop<'_>,
) -> Option<Answer> {
    let orders = shop.orders?;
    let english = speaks_english(question, understood);
    let telling = Telling {
        english,
        today: TimeZone::UTC.to_datetime(question.occurred_at).date(),
    };
    if let Some(id) = chosen(question) {
        let found = orders.iter().find(|order| order.order_id.as_str() == id);
        return Some(found.map_or_else(|| handed_on(question, shop), |it| telling.one(it)));
    }
    if understood.intent != Intent::OrderStatus {
        return None;
    }
    if let Some(number) = number(question, understood) {
        let meant = orders.iter().find(|order| order.is_meant_by(&number));
        return Some(meant.map_or_else(|| handed_on(question, shop), |it| telling.one(it)));
    }
    match orders {
        [] => None,
        [only] => Some(telling.one(only)),
        [..] => Some(telling.several(orders)),
    }
}

/// The number that was written: as it was understood, or a word with three digits at least.
fn number(question: &Question, understood: &Understood) -> Option<String> {
    if let Some(number) = &understood.order_number {
        return Some(number.clone());
    }
    let text = question.content.text.as_deref()?;
    let digits = |word: &&str| word.bytes().filter(u8::is_ascii_digit).count() >= 3;
    let is_choice = question.content.choice.is_some();
    let word = text
        .split_whitespace()
        .find(digits)
        .filter(|_| !is_choice)?;
    Some(one_line(word, 64))
}

/// What is answered about an order that is not the customer's, as about one that does not exist.
fn handed_on(question: &Question, shop: &Shop<'_>) -> Answer {
    Answer {
        replies: vec![Content::text(wording::handed_on(question, shop))],
        intent: Some(Intent::OrderStatus.as_str().to_owned()),
        requires_human: true,
        ..Answer::default()
    }
}

#[derive(Clone, Copy)]
struct Telling {
    english: bool,
    today: Date,
}

impl Telling {
    fn one(self, order: &Order) -> Answer {
        answered(Content::text(self.told(order)))
    }

    fn told(self, order: &Order) -> String {
        let id = order.order_id.as_str();
        let status = match (&order.status_text, self.english) {
            (Some(text), false) => format!("Votre commande {id}\u{a0}: {text}"),
            (Some(text), true) => format!("Your order {id}: {text}"),
            (None, false) => format!("Votre commande {id} {}.", self.status(order)),
            (None, true) => format!("Your order {id} {}.", self.status(order)),
        };
        let mut lines = vec![status];
        let expected = order.expected_at.filter(|day| *day >= self.today);
        if let Some(day) = expected.filter(|_| order.is_open()) {
            lines.push(self.labelled(["Livraison prévue", "Expected"], &self.day(day)));
        }
        if !order.items.is_empty() {
            lines.push(self.labelled(["Articles", "Items"], &items(&order.items)));
        }
        if let (Some(total), Some(currency)) = (&order.total, &order.currency) {
            let total = priced(total, currency, self.english);
            lines.push(self.labelled(["Total", "Total"], &total));
        }
        if let Some(url) = &order.tracking_url {
            lines.push(self.labelled(["Suivi", "Tracking"], url));
        }
        lines.push(String::new());
        lines.push(
            if self.english {
                "A question? Write “agent”."
            } else {
                "Une question\u{a0}? Écrivez «\u{a0}conseiller\u{a0}»."
            }
            .to_owned(),
        );
        lines.join("\n")
    }

    /// How an order stands, in words; a status of the vendor's own has a text, so it is never said as it stands.
    fn status(self, order: &Order) -> &str {
        let short = if self.english {
            "is under way"
        } else {
            "est en cours"
        };
        order.said(self.english).unwrap_or(short)
    }

    fn labelled(self, [french, english]: [&str; 2], value: &str) -> String {
        if self.english {
            format!("{english}: {value}")
        } else {
            format!("{french}\u{a0}: {value}")
        }
    }

    fn day(self, day: Date) -> String {
        let language = usize::from(self.english);
        let place = |offset: i8| usize::try_from(offset).unwrap_or_default();
        let weekday = DAYS[language][place(day.weekday().to_monday_zero_offset())];
        let month = MONTHS[language][place(day.month() - 1)];
        let number = match (day.day(), self.english) {
            (1, false) => "1er".to_owned(),
            (number, _) => number.to_string(),
        };
        format!("{weekday} {number} {month}")
    }

    /// The newest orders as a menu.
    fn several(self, orders: &[Order]) -> Answer {
        let option = |order: &Order| {
            let placed = TimeZone::UTC.to_datetime(order.listed_at()).date();
            let described = match (&order.status_text, self.english) {
                (Some(text), _) => format!("{} · {text}", self.day(placed)),
                (None, _) => format!("{} · {}", self.day(placed), self.status(order)),
            };
            MenuOption {
                description: Some(one_line(&described, limits::OPTION_DESCRIPTION_CHARS)),
                ..MenuOption::new(
                    &format!("{ORDER}{}", order.order_id),
                    &one_line(order.order_id.as_str(), limits::OPTION_TITLE_CHARS),
                )
            }
        };
        let body = if self.english {
            "Which of your orders? Choose a number:"
        } else {
            "Laquelle de vos commandes\u{a0}? Choisissez un numéro\u{a0}:"
        };
        answered(Content::menu(Menu {
            kind: MenuKind::List,
            body: body.to_owned(),
            options: orders
                .iter()
                .take(limits::LIST_OPTIONS)
                .map(option)
                .collect(),
        }))
    }
}

fn answered(reply: Content) -> Answer {
    Answer {
        replies: vec![reply],
        intent: Some(Intent::OrderStatus.as_str().to_owned()),
        next_step: Some(SHOWN.to_owned()),
        ..Answer::default()
    }
}

fn items(items: &[OrderItem]) -> String {
    let shown = items.iter().take(ITEMS).map(|item| {
        let name = one_line(&item.name, limits::OPTION_TITLE_CHARS);
        match item.quantity {
            1 => name,
            quantity => format!("{quantity} × {name}"),
        }
    });
    let mut shown = shown.collect::<Vec<_>>().join(", ");
    if items.len() > ITEMS {
        shown.push_str(", …");
    }
    shown
}

#[cfg(test)]
mod tests;
