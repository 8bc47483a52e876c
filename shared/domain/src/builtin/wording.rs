//! How the engine speaks to one customer: in which language, for which branch of business, in the vendor's own words where it has some.

use super::texts::{self, Line, Tongue};
use super::{Intent, Language, Segment, Shop, Understood, understand};
use crate::content::Content;
use crate::engine::Question;
use crate::limits;
use crate::menu::{Menu, MenuKind, MenuOption};
use crate::template::{self, Placeholder, Values};

/// How one answer is worded.
#[derive(Clone, Debug)]
pub(super) struct Voice<'a> {
    shop: &'a Shop<'a>,
    tongue: Tongue,
    segment: Option<Segment>,
    values: Values,
}

impl<'a> Voice<'a> {
    pub(super) fn of(question: &Question, understood: &Understood, shop: &'a Shop<'a>) -> Self {
        let tongue = tongue(question, understood);
        let number = understood.order_number.as_deref().unwrap_or_default();
        let segment = shop.config.settings.segment.as_deref();
        Self {
            shop,
            tongue,
            segment: segment.and_then(Segment::of),
            values: known(question, tongue, shop).with(Placeholder::OrderNumber, number),
        }
    }

    /// The language as ISO 639 has it.
    pub(super) const fn language(&self) -> &'static str {
        self.tongue.as_str()
    }

    pub(super) fn knows(&self, placeholder: Placeholder) -> bool {
        self.values.get(placeholder).is_some()
    }

    /// The usual text, with its values.
    pub(super) fn says(&self, line: Line) -> String {
        template::fill(line.text(self.tongue, self.segment), &self.values)
    }

    /// The vendor's own answer to an intent, if it has one and anything of it can be said.
    pub(super) fn own(&self, intent: Intent) -> Option<String> {
        templated(intent, self.shop, &self.values)
    }

    /// The answer to an intent: the vendor's own, or the usual one.
    pub(super) fn answers(&self, intent: Intent) -> String {
        let own = self.own(intent);
        own.unwrap_or_else(|| self.says(Line::Answer(intent)))
    }

    /// The same, and when somebody is there where the vendor did not say it otherwise.
    pub(super) fn answers_with_hours(&self, intent: Intent) -> String {
        self.own(intent).unwrap_or_else(|| {
            let mut text = self.says(Line::Answer(intent));
            if self.knows(Placeholder::Hours) {
                text.push('\n');
                text.push_str(&self.says(Line::Hours));
            }
            text
        })
    }

    /// The menu below a text, which is cut where the two have no room in one message.
    pub(super) fn menu(&self, mut body: String) -> Content {
        let mut menu = Menu {
            kind: MenuKind::List,
            body: String::new(),
            options: options(self.tongue, self.segment),
        };
        let room = limits::REPLY_TEXT_BYTES.saturating_sub(menu.text().len());
        body.truncate(body.floor_char_boundary(room));
        menu.body = body;
        Content::menu(menu)
    }
}

/// The vendor's own answer to an intent with these values, if it has one and anything of it can be said.
pub(super) fn templated(intent: Intent, shop: &Shop<'_>, values: &Values) -> Option<String> {
    let template = shop.config.settings.templates.get(intent.as_str())?;
    Some(template::fill(template, values)).filter(|text| !text.is_empty())
}

/// What is known of the customer and of the vendor in every conversation.
pub(super) fn values(question: &Question, shop: &Shop<'_>) -> Values {
    known(question, so_far(question), shop)
}

fn known(question: &Question, tongue: Tongue, shop: &Shop<'_>) -> Values {
    let name = question.from.name.as_deref().unwrap_or_default();
    let hours = shop.config.settings.business_hours.as_ref();
    let hours = hours.map(|hours| hours.shown(tongue.as_str()));
    Values::default()
        .with(Placeholder::CustomerName, name)
        .with(Placeholder::BusinessName, &shop.config.business_name)
        .with(Placeholder::Hours, &hours.unwrap_or_default())
}

/// What somebody is told whose answer is a person's.
pub(super) fn handed_on(question: &Question, shop: &Shop<'_>) -> String {
    let step = question.context.current_step.as_deref();
    let understood = understand(&question.content, step);
    Voice::of(question, &understood, shop).says(Line::Noted)
}

/// The language of an answer: that of the message, or else that of the talk so far, or else the vendor's. Who chooses says our words.
pub(super) fn tongue(question: &Question, understood: &Understood) -> Tongue {
    let written = understood.language;
    match written.filter(|_| question.content.choice.is_none()) {
        Some(Language::English) => Tongue::English,
        Some(Language::French) => Tongue::French,
        Some(Language::Wolof) | None => so_far(question),
    }
}

fn so_far(question: &Question) -> Tongue {
    let spoken = question.context.language.as_deref();
    Tongue::of(spoken.unwrap_or(&question.language))
}

fn options(tongue: Tongue, segment: Option<Segment>) -> Vec<MenuOption> {
    let options = texts::menu(tongue, segment).iter();
    options
        .map(|(intent, title)| MenuOption::new(intent.as_str(), title))
        .collect()
}

/// The options of the menu that the release before sent, which is not remembered with the conversation.
pub(super) fn former_options() -> Vec<MenuOption> {
    options(Tongue::French, None)
}
