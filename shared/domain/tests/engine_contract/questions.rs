use domain::contract::{SigningSecret, SigningSecrets, request};
use domain::engine::{Context, Question};
use domain::{
    Call, Card, Choice, Contact, Content, Kind, Location, Media, MediaSource, MessageId,
    PhoneNumber, Poll, Reaction, VendorId,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::described::{REQUEST, complaints, examples};

fn question(content: Content) -> Question {
    let phone = PhoneNumber::from_provider("221700000001").expect("a number");
    Question {
        vendor: VendorId::parse("vendor_001").expect("an id"),
        business_name: "My Shop A".to_owned(),
        language: "fr".to_owned(),
        message: MessageId::derived(&["m"]),
        content,
        from: Contact::by_phone(phone),
        in_group: false,
        occurred_at: Timestamp::UNIX_EPOCH,
        context: Context {
            session_id: "vendor_001_c0ffee".to_owned(),
            message_count: 1,
            ..Context::default()
        },
    }
}

fn asked(question: &Question) -> Value {
    let current = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
    let secrets = SigningSecrets {
        current,
        previous: None,
    };
    let request = request(question, &secrets, Timestamp::UNIX_EPOCH);
    let body = serde_json::from_slice(&request.body).expect("a request is JSON");
    assert_eq!(complaints(&REQUEST, &body), Vec::<String>::new(), "{body}");
    body
}

fn file() -> Content {
    let media = Media {
        mime_type: Some("application/pdf".to_owned()),
        size_bytes: Some(7),
        file_name: Some("facture.pdf".to_owned()),
        sha256: Some("c2hhMjU2".to_owned()),
        source: Some(MediaSource {
            url: "https://mmg.whatsapp.net/v/secret-path".to_owned(),
            media_key: Some("bWVkaWEta2V5".to_owned()),
        }),
        ..Media::default()
    };
    Content::media(Kind::Document, media, Some("Voici".to_owned()))
}

/// A message of every kind, with all that a kind may have.
fn every_kind() -> Vec<Content> {
    let location = Location {
        latitude: 14.7,
        longitude: -17.4,
        name: Some("Chez nous".to_owned()),
        address: None,
    };
    let card = Card {
        name: Some("Awa".to_owned()),
        phones: vec!["+221700000002".to_owned()],
    };
    let choice = Choice {
        id: Some("red".to_owned()),
        title: None,
    };
    let poll = Poll {
        question: "Taille ?".to_owned(),
        options: vec!["S".to_owned(), "M".to_owned()],
        multi_select: false,
    };
    let reaction = Reaction {
        emoji: Some("👍".to_owned()),
        to: None,
    };
    let call = Call {
        video: false,
        group: false,
        status: "offer".to_owned(),
    };
    vec![
        Content::text("Bonjour"),
        file(),
        Content::media(Kind::Image, Media::default(), None),
        Content::of(Kind::Video),
        Content::of(Kind::Audio),
        Content::of(Kind::Sticker),
        Content::of(Kind::Unsupported),
        Content {
            location: Some(location),
            ..Content::of(Kind::Location)
        },
        Content {
            card: Some(card),
            ..Content::of(Kind::Contact)
        },
        Content {
            choice: Some(choice),
            text: Some("2".to_owned()),
            ..Content::of(Kind::Choice)
        },
        Content {
            reaction: Some(reaction),
            ..Content::of(Kind::Reaction)
        },
        Content {
            call: Some(call),
            ..Content::of(Kind::Call)
        },
        Content::poll(poll),
    ]
}

#[test]
fn a_request_about_a_message_of_every_kind_is_as_described() {
    for content in every_kind() {
        let kind = content.kind;
        let body = asked(&question(content));
        assert_eq!(body["message"]["type"], kind.as_str());
    }
    let nobody = Question {
        from: Contact::default(),
        ..question(Content::text("Bonjour"))
    };
    assert_eq!(asked(&nobody)["message"]["from"], json!({}));
}

#[test]
fn a_file_is_told_without_its_address_and_its_key() {
    let body = asked(&question(file())).to_string();
    for secret in ["secret-path", "mmg.whatsapp.net", "bWVkaWEta2V5"] {
        assert!(!body.contains(secret), "{secret}");
    }
}

#[test]
fn the_documents_requests_are_as_described_and_as_they_are_made() {
    let text = asked(&question(Content::text("Bonjour")));
    for example in examples("request") {
        assert_eq!(complaints(&REQUEST, &example), Vec::<String>::new());
        for part in ["vendor", "conversation"] {
            let names = |value: &Value| {
                let members = value[part].as_object().expect("an object");
                members.keys().cloned().collect::<Vec<_>>()
            };
            assert_eq!(names(&example), names(&text));
        }
    }
}
