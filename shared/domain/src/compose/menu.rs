use serde_json::Value;

use super::Refused;
use super::fields::{Fields, at_most_bytes};
use crate::content::Content;
use crate::fold::fold;
use crate::limits;
use crate::menu::{Menu, MenuKind, MenuOption};

const HINT: &str = "give each option an id and a title of its own";

pub(super) fn read(fields: &Fields<'_>, kind: MenuKind) -> Result<Content, Refused> {
    let name = kind.as_str();
    let most = match kind {
        MenuKind::Buttons => limits::BUTTONS,
        MenuKind::List => limits::LIST_OPTIONS,
    };
    let menu = fields.object(name, &["text", "options"])?;
    let body = menu.required("text")?;
    let field = menu.path("options");
    let listed = menu.list("options", HINT)?;
    if !(1..=most).contains(&listed.len()) {
        let detail = format!("must have 1 to {most} entries");
        let hint = "a list has room for 10 options, buttons for 3; send more than one menu";
        return Err(Refused::not_sendable(field, detail, hint));
    }
    let mut options: Vec<MenuOption> = Vec::with_capacity(listed.len());
    for (place, value) in listed.iter().enumerate() {
        let option = option(&menu, value, format!("{field}[{place}]"), kind)?;
        let is_taken =
            |other: &MenuOption| other.id == option.id || alike(&other.title, &option.title);
        if options.iter().any(is_taken) {
            let detail = "has two entries with the same id or title";
            return Err(Refused::not_sendable(field, detail, HINT));
        }
        options.push(option);
    }
    let menu = Content::menu(Menu {
        kind,
        body: body.to_owned(),
        options,
    });
    // Without buttons it is one text, and must fit as one.
    let text = menu.text.as_deref().unwrap_or_default();
    at_most_bytes(&format!("{name}.text"), text, limits::REPLY_TEXT_BYTES)?;
    Ok(menu)
}

fn option(
    menu: &Fields<'_>,
    value: &Value,
    at: String,
    kind: MenuKind,
) -> Result<MenuOption, Refused> {
    let known: &[&str] = match kind {
        MenuKind::Buttons => &["id", "title"],
        MenuKind::List => &["id", "title", "description"],
    };
    let option = menu.item(value, at, known)?;
    let description = match kind {
        MenuKind::Buttons => None,
        MenuKind::List => option.line("description", limits::OPTION_DESCRIPTION_CHARS)?,
    };
    Ok(MenuOption {
        id: option
            .required_line("id", limits::OPTION_ID_CHARS)?
            .to_owned(),
        title: option
            .required_line("title", limits::OPTION_TITLE_CHARS)?
            .to_owned(),
        description: description.map(str::to_owned),
    })
}

/// Whether two titles read alike, so that an answer would fit both.
fn alike(a: &str, b: &str) -> bool {
    let (folded, other) = (fold(a), fold(b));
    a == b || (folded == other && !folded.trim().is_empty())
}
