use super::Refused;
use super::fields::{Fields, at_most_chars, one_line};
use crate::content::{Card, Content, Kind, Location, Poll};
use crate::limits;
use crate::phone::PhoneNumber;

pub(super) fn contact(fields: &Fields<'_>, country: &str) -> Result<Content, Refused> {
    let card = fields.object("contact", &["name", "phone"])?;
    let name = card.required_line("name", limits::NAME_CHARS)?;
    let phone = PhoneNumber::parse(card.required("phone")?, country).map_err(|error| {
        let hint = "write it with + and the country code";
        Refused::invalid("contact.phone", error.to_string(), hint)
    })?;
    let card = Card {
        name: Some(name.to_owned()),
        phones: vec![phone.expose().to_owned()],
    };
    Ok(Content {
        card: Some(card),
        ..Content::of(Kind::Contact)
    })
}

pub(super) fn location(fields: &Fields<'_>) -> Result<Content, Refused> {
    let known = ["latitude", "longitude", "name", "address"];
    let place = fields.object("location", &known)?;
    let location = Location {
        latitude: place.degrees("latitude", 90.0)?,
        longitude: place.degrees("longitude", 180.0)?,
        name: place.line("name", limits::NAME_CHARS)?.map(str::to_owned),
        address: place
            .line("address", limits::ADDRESS_CHARS)?
            .map(str::to_owned),
    };
    Ok(Content {
        location: Some(location),
        ..Content::of(Kind::Location)
    })
}

pub(super) fn poll(fields: &Fields<'_>) -> Result<Content, Refused> {
    const OPTIONS: &str = "poll.options";
    let poll = fields.object("poll", &["question", "options", "multiSelect"])?;
    let question = poll.required("question")?;
    at_most_chars("poll.question", question, limits::POLL_QUESTION_CHARS)?;
    let hint = "give 2 to 12 different texts; a list takes a single option";
    let listed = poll.list("options", hint)?;
    if !limits::POLL_OPTIONS.contains(&listed.len()) {
        let (least, most) = limits::POLL_OPTIONS.into_inner();
        let detail = format!("must have {least} to {most} entries");
        return Err(Refused::not_sendable(OPTIONS, detail, hint));
    }
    let mut options: Vec<String> = Vec::with_capacity(listed.len());
    for value in listed {
        let option = value
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let option = option.ok_or_else(|| {
            Refused::invalid(OPTIONS, "has an entry that is no text or empty", hint)
        })?;
        one_line(OPTIONS, option)?;
        at_most_chars(OPTIONS, option, limits::POLL_OPTION_CHARS)?;
        if options.iter().any(|other| other == option) {
            return Err(Refused::not_sendable(OPTIONS, "has an entry twice", hint));
        }
        options.push(option.to_owned());
    }
    Ok(Content::poll(Poll {
        question: question.to_owned(),
        options,
        multi_select: poll.flag("multiSelect")?,
    }))
}
