//! The body of `POST /send-message`: the one field that is present decides the kind, there is no type.

use domain::{Content, Identity, Kind, Media};
use serde_json::{Map, Value, json};

use crate::request::{NotSendable, Recipient};

/// The body in bytes. `reply_to` is Wasender's `msgId` of the message to quote.
pub(super) fn of(
    to: &Recipient,
    content: &Content,
    reply_to: Option<i64>,
) -> Result<Vec<u8>, NotSendable> {
    let mut fields = fields(content)?;
    fields.insert("to".to_owned(), address(to).into());
    // Wasender refuses mentions in a chat of two.
    if matches!(to, Recipient::Group(_)) && !content.mentions.is_empty() {
        let jids: Vec<_> = content.mentions.iter().filter_map(jid).collect();
        fields.insert("mentions".to_owned(), jids.into());
    }
    if let Some(msg_id) = reply_to {
        fields.insert("replyTo".to_owned(), msg_id.into());
    }
    Ok(Value::Object(fields).to_string().into_bytes())
}

fn address(to: &Recipient) -> String {
    match to {
        Recipient::Phone(phone) => phone.expose().to_owned(),
        Recipient::Lid(lid) => format!("{}@lid", lid.expose()),
        Recipient::Group(group) => format!("{}@g.us", group.0),
    }
}

/// A person as WhatsApp writes one; a group is nobody to mention.
fn jid(person: &Identity) -> Option<String> {
    match person {
        Identity::Phone(phone) => Some(format!("{}@s.whatsapp.net", phone.digits())),
        Identity::Lid(lid) => Some(format!("{}@lid", lid.expose())),
        Identity::Group(_) => None,
    }
}

fn fields(content: &Content) -> Result<Map<String, Value>, NotSendable> {
    let fields = match content.kind {
        Kind::Text => {
            let text = content
                .text
                .as_deref()
                .filter(|text| !text.trim().is_empty());
            json!({ "text": text.ok_or(NotSendable::NoText)? })
        }
        Kind::Image => media(content, "imageUrl")?,
        Kind::Video => media(content, "videoUrl")?,
        Kind::Audio => media(content, "audioUrl")?,
        Kind::Document => media(content, "documentUrl")?,
        Kind::Sticker => media(content, "stickerUrl")?,
        Kind::Location => json!({ "location": location(content)? }),
        Kind::Contact => json!({ "contact": card(content)? }),
        Kind::Poll => json!({ "poll": poll(content)? }),
        Kind::Reaction | Kind::Choice | Kind::Call | Kind::Unsupported => {
            return Err(NotSendable::Kind);
        }
    };
    // Wasender refuses some fields that are null, so what is absent is left out.
    let Value::Object(fields) = fields else {
        return Err(NotSendable::Kind);
    };
    Ok(fields
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect())
}

/// A file by its public address; Wasender fetches it itself.
fn media(content: &Content, field: &str) -> Result<Value, NotSendable> {
    let media = content.media.as_ref().ok_or(NotSendable::NoMediaUrl)?;
    let mut fields = json!({ field: url(media)? });
    if !matches!(content.kind, Kind::Audio | Kind::Sticker) {
        fields["text"] = content.text.clone().into();
    }
    if content.kind == Kind::Document {
        fields["fileName"] = media.file_name.clone().into();
    }
    if media.view_once && matches!(content.kind, Kind::Image | Kind::Video | Kind::Audio) {
        fields["viewOnce"] = true.into();
    }
    Ok(fields)
}

fn url(media: &Media) -> Result<&str, NotSendable> {
    let source = media.source.as_ref().ok_or(NotSendable::NoMediaUrl)?;
    if source.media_key.is_some() {
        return Err(NotSendable::EncryptedMedia);
    }
    let https = source.url.starts_with("https://");
    https
        .then_some(source.url.as_str())
        .ok_or(NotSendable::NoMediaUrl)
}

fn location(content: &Content) -> Result<Value, NotSendable> {
    let place = content.location.as_ref().ok_or(NotSendable::NoLocation)?;
    let mut location = json!({ "latitude": place.latitude, "longitude": place.longitude });
    for (name, value) in [("name", &place.name), ("address", &place.address)] {
        if let Some(value) = value {
            location[name] = value.as_str().into();
        }
    }
    Ok(location)
}

fn poll(content: &Content) -> Result<Value, NotSendable> {
    let poll = content.poll.as_ref().ok_or(NotSendable::NoPoll)?;
    Ok(
        json!({ "question": poll.question, "options": poll.options, "multiSelect": poll.multi_select }),
    )
}

fn card(content: &Content) -> Result<Value, NotSendable> {
    let card = content.card.as_ref().ok_or(NotSendable::NoCard)?;
    let phone = card.phones.first().ok_or(NotSendable::NoCard)?;
    let name = card.name.as_ref().ok_or(NotSendable::NoCard)?;
    Ok(json!({ "name": name, "phone": phone }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        Card, GroupId, Lid, Location, MediaSource, Menu, MenuKind, MenuOption, PhoneNumber, Poll,
    };

    fn customer() -> Recipient {
        Recipient::Phone(PhoneNumber::from_provider("221700000001").unwrap())
    }

    fn group() -> Recipient {
        Recipient::Group(GroupId("120363000000000001".to_owned()))
    }

    fn send(
        to: &Recipient,
        content: &Content,
        reply_to: Option<i64>,
    ) -> Result<Value, NotSendable> {
        of(to, content, reply_to).map(|body| serde_json::from_slice(&body).unwrap())
    }

    fn file(url: &str) -> Media {
        let source = Some(MediaSource {
            url: url.to_owned(),
            media_key: None,
        });
        Media {
            source,
            file_name: Some("facture.pdf".to_owned()),
            ..Media::default()
        }
    }

    #[test]
    fn groups_and_linked_ids_are_addressed_by_their_jid() {
        let text = Content::text("Bonjour");
        assert_eq!(
            send(&group(), &text, None).unwrap()["to"],
            "120363000000000001@g.us"
        );
        let lid = Recipient::Lid(Lid::parse("123456789012301").unwrap());
        assert_eq!(
            send(&lid, &text, None).unwrap()["to"],
            "123456789012301@lid"
        );
    }

    #[test]
    fn a_reply_quotes_by_log_number() {
        let body = send(&customer(), &Content::text("Oui"), Some(4711)).unwrap();
        assert_eq!(body["replyTo"], 4711);
    }

    #[test]
    fn people_are_mentioned_by_their_jids_and_only_in_a_group() {
        let content = Content {
            mentions: vec![
                Identity::Phone(PhoneNumber::from_provider("221700000002").unwrap()),
                Identity::Lid(Lid::parse("123456789012301").unwrap()),
            ],
            ..Content::text("@221700000002 bonjour")
        };
        let expected = json!({
            "to": "120363000000000001@g.us", "text": "@221700000002 bonjour",
            "mentions": ["221700000002@s.whatsapp.net", "123456789012301@lid"],
        });
        assert_eq!(send(&group(), &content, None).unwrap(), expected);
        let alone = send(&customer(), &content, None).unwrap();
        assert_eq!(alone.get("mentions"), None);
    }

    #[test]
    fn a_menu_leaves_as_numbered_text() {
        let menu = Menu {
            kind: MenuKind::Buttons,
            body: "Livraison ?".to_owned(),
            options: vec![
                MenuOption::new("home", "À domicile"),
                MenuOption::new("shop", "En boutique"),
            ],
        };
        let expected =
            json!({"to": "+221700000001", "text": "Livraison ?\n\n1. À domicile\n2. En boutique"});
        assert_eq!(
            send(&customer(), &Content::menu(menu), None).unwrap(),
            expected
        );
    }

    #[test]
    fn a_poll_leaves_as_one() {
        let poll = Poll {
            question: "Taille ?".to_owned(),
            options: vec!["S".to_owned(), "M".to_owned()],
            multi_select: true,
        };
        let expected = json!({
            "to": "+221700000001",
            "poll": {"question": "Taille ?", "options": ["S", "M"], "multiSelect": true},
        });
        assert_eq!(
            send(&customer(), &Content::poll(poll), None).unwrap(),
            expected
        );
    }

    #[test]
    fn every_kind_that_wasender_can_send_has_its_own_field() {
        let url = "https://files.example/a";
        let caption = || Some("Voici".to_owned());
        let place = Location {
            latitude: 14.7,
            longitude: -17.4,
            name: Some("Dakar".to_owned()),
            address: None,
        };
        let awa = Card {
            name: Some("Awa".to_owned()),
            phones: vec!["+221700000002".to_owned()],
        };
        let once = Media {
            view_once: true,
            ..file(url)
        };
        for (content, expected) in [
            (
                Content::media(Kind::Image, file(url), caption()),
                json!({"imageUrl": url, "text": "Voici"}),
            ),
            (
                Content::media(Kind::Video, once, None),
                json!({"videoUrl": url, "viewOnce": true}),
            ),
            (
                Content::media(Kind::Audio, file(url), None),
                json!({"audioUrl": url}),
            ),
            (
                Content::media(Kind::Document, file(url), caption()),
                json!({"documentUrl": url, "fileName": "facture.pdf", "text": "Voici"}),
            ),
            (
                Content::media(Kind::Sticker, file(url), caption()),
                json!({"stickerUrl": url}),
            ),
            (
                Content {
                    location: Some(place),
                    ..Content::of(Kind::Location)
                },
                json!({"location": {"latitude": 14.7, "longitude": -17.4, "name": "Dakar"}}),
            ),
            (
                Content {
                    card: Some(awa),
                    ..Content::of(Kind::Contact)
                },
                json!({"contact": {"name": "Awa", "phone": "+221700000002"}}),
            ),
        ] {
            let mut body = send(&customer(), &content, None).unwrap();
            body.as_object_mut().unwrap().remove("to");
            assert_eq!(body, expected);
        }
    }

    #[test]
    fn what_wasender_cannot_carry_is_not_sendable() {
        let encrypted = MediaSource {
            url: "https://mmg.whatsapp.net/v/a.enc".to_owned(),
            media_key: Some(String::new()),
        };
        let encrypted = Media {
            source: Some(encrypted),
            ..Media::default()
        };
        for (content, expected) in [
            (Content::text("  "), NotSendable::NoText),
            (Content::of(Kind::Image), NotSendable::NoMediaUrl),
            (
                Content::media(Kind::Image, file("http://files.example/a"), None),
                NotSendable::NoMediaUrl,
            ),
            (
                Content::media(Kind::Audio, encrypted, None),
                NotSendable::EncryptedMedia,
            ),
            (Content::of(Kind::Location), NotSendable::NoLocation),
            (Content::of(Kind::Contact), NotSendable::NoCard),
            (Content::of(Kind::Poll), NotSendable::NoPoll),
            (Content::of(Kind::Reaction), NotSendable::Kind),
        ] {
            assert_eq!(send(&customer(), &content, None).unwrap_err(), expected);
        }
    }
}
