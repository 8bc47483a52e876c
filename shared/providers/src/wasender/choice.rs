//! What a customer chose from buttons, a list or a poll. Wasender documents none of these; the forms are Baileys'.

use domain::Choice;

use crate::json::{self, Json};
use crate::text;

/// Reads the answer in the field of this name; `None` if the name is not one of an answer.
pub(super) fn read(name: &str, value: &Json<'_>) -> Option<Choice> {
    match name {
        "buttonsResponseMessage" => Some(choice(
            value.at("selectedButtonId"),
            value.at("selectedDisplayText"),
        )),
        "templateButtonReplyMessage" => Some(choice(
            value.at("selectedId"),
            value.at("selectedDisplayText"),
        )),
        "listResponseMessage" => Some(choice(
            value.at("singleSelectReply").at("selectedRowId"),
            value.at("title"),
        )),
        "interactiveResponseMessage" => Some(interactive(value)),
        "interactiveMessage" => {
            let reply = value.at("buttonReplyMessage").given()?;
            Some(choice(reply.at("id"), reply.at("title")))
        }
        "pollUpdateMessage" => Some(vote(value)),
        _ => None,
    }
}

fn choice(id: &Json<'_>, title: &Json<'_>) -> Choice {
    let kept = |value: &Json<'_>| {
        value
            .word()
            .map(|word| text::cut_chars(word, 256).to_owned())
    };
    Choice {
        id: kept(id),
        title: kept(title),
    }
}

/// The id stands in JSON within a text: `nativeFlowResponseMessage{paramsJson:"{\"id\":…}"}`.
fn interactive(value: &Json<'_>) -> Choice {
    let title = value.at("body").at("text");
    let parameters = value
        .at("nativeFlowResponseMessage")
        .at("paramsJson")
        .text()
        .unwrap_or("null");
    json::with(parameters, |parameters| choice(parameters.at("id"), title))
        .unwrap_or_else(|_| choice(&Json::Null, title))
}

/// A vote is encrypted for the poll's author; its options are only told if somebody decrypted them before.
fn vote(value: &Json<'_>) -> Choice {
    let options = value.at("vote").at("selectedOptions").one_or_many();
    let titles: Vec<_> = options.iter().filter_map(Json::word).collect();
    let title = (!titles.is_empty()).then(|| text::cut_chars(&titles.join(", "), 256).to_owned());
    Choice { id: None, title }
}
