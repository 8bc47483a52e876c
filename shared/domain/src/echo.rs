//! Was that us, or the vendor's thumb? Rules 1 and 2: what is known by its id is ours; else the oldest send that it fits.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::content::{Card, Content, Kind, Location};
use crate::event::Echo;
use crate::ids::MessageId;

/// A send of the conversation that no provider id is known for yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Unlinked {
    pub message: MessageId,
    pub content: Content,
    pub begun_at: Timestamp,
}

/// Whose an echo is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// Ours: its id is known.
    Known(MessageId),
    /// Ours: it fits a send.
    Matched(MessageId),
    /// Not known yet.
    Unattributed,
}

/// An echo may be stamped this much before the send began, because clocks differ.
const EARLY: SignedDuration = SignedDuration::from_secs(5);
/// An echo of a send comes within this.
const LATE: Duration = Duration::from_mins(10);

/// Decides whose an echo is. `known` is what the ledger has under the echo's ids.
pub fn classify(
    echo: &Echo,
    known: Option<MessageId>,
    unlinked: &[Unlinked],
    received_at: Timestamp,
) -> Author {
    if let Some(message) = known {
        return Author::Known(message);
    }
    let at = echo.occurred_at.unwrap_or(received_at);
    let fits = |send: &&Unlinked| same(&send.content, &echo.content) && in_time(send.begun_at, at);
    let oldest = unlinked
        .iter()
        .filter(fits)
        .min_by_key(|send| send.begun_at);
    oldest.map_or(Author::Unattributed, |send| {
        Author::Matched(send.message.clone())
    })
}

/// Whether an echo says what was sent, as far as both tell it: a file has another address by then, and a place or a card no text.
fn same(sent: &Content, heard: &Content) -> bool {
    sent.kind == heard.kind
        && match sent.kind {
            Kind::Location => both(sent.location.as_ref(), heard.location.as_ref(), near),
            Kind::Contact => both(sent.card.as_ref(), heard.card.as_ref(), shares_a_number),
            Kind::Audio | Kind::Sticker => true,
            Kind::Text
            | Kind::Image
            | Kind::Video
            | Kind::Document
            | Kind::Poll
            | Kind::Reaction
            | Kind::Choice
            | Kind::Call
            | Kind::Unsupported => words(sent).eq(words(heard)),
        }
}

/// The words of a text, a caption or a question; the blanks between them may change on the way.
fn words(content: &Content) -> impl Iterator<Item = &str> {
    content
        .text
        .as_deref()
        .unwrap_or_default()
        .split_whitespace()
}

fn both<T>(sent: Option<&T>, heard: Option<&T>, same: fn(&T, &T) -> bool) -> bool {
    match (sent, heard) {
        (Some(sent), Some(heard)) => same(sent, heard),
        _ => true,
    }
}

/// Within about ten metres, for degrees may be rounded on the way.
fn near(sent: &Location, heard: &Location) -> bool {
    const DEGREES: f64 = 1e-4;
    (sent.latitude - heard.latitude).abs() <= DEGREES
        && (sent.longitude - heard.longitude).abs() <= DEGREES
}

fn shares_a_number(sent: &Card, heard: &Card) -> bool {
    heard.phones.is_empty() || sent.phones.iter().any(|phone| heard.phones.contains(phone))
}

fn in_time(begun_at: Timestamp, at: Timestamp) -> bool {
    // Providers stamp whole seconds, so a stamp may lie up to one second before what it stamps.
    let since = at.duration_since(begun_at);
    since >= -EARLY && since <= SignedDuration::try_from(LATE).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Contact;
    use crate::content::Kind;
    use crate::event::ProviderRef;
    use jiff::ToSpan;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn echo(text: &str) -> Echo {
        let content = Content::text(text);
        Echo {
            reference: ProviderRef::default(),
            contact: Contact::default(),
            group: None,
            content,
            occurred_at: Some(NOW),
        }
    }

    fn send(name: &str, text: &str, begun_at: Timestamp) -> Unlinked {
        Unlinked {
            message: MessageId::derived(&[name]),
            content: Content::text(text),
            begun_at,
        }
    }

    #[test]
    fn a_known_id_decides_before_any_text() {
        let known = MessageId::derived(&["known"]);
        let sends = [send("a", "Bonjour", NOW)];
        assert_eq!(
            classify(&echo("Bonjour"), Some(known.clone()), &sends, NOW),
            Author::Known(known)
        );
    }

    #[test]
    fn of_two_equal_texts_the_older_send_is_meant() {
        let sends = [
            send("younger", "Bonjour", NOW - 1.second()),
            send("older", "Bonjour", NOW - 2.seconds()),
        ];
        assert_eq!(
            classify(&echo("Bonjour"), None, &sends, NOW),
            Author::Matched(MessageId::derived(&["older"]))
        );
    }

    #[test]
    fn another_text_kind_or_time_is_not_ours() {
        for other in [
            send("text", "Bonsoir", NOW),
            Unlinked {
                content: Content {
                    text: Some("Bonjour".to_owned()),
                    ..Content::of(Kind::Image)
                },
                ..send("kind", "", NOW)
            },
            send("too late", "Bonjour", NOW - 601.seconds()),
            send("not begun", "Bonjour", NOW + 6.seconds()),
        ] {
            assert_eq!(
                classify(&echo("Bonjour"), None, &[other], NOW),
                Author::Unattributed
            );
        }
    }

    fn place(latitude: f64, longitude: f64) -> Content {
        let location = Location {
            latitude,
            longitude,
            name: None,
            address: None,
        };
        Content {
            location: Some(location),
            ..Content::of(Kind::Location)
        }
    }

    fn card(name: &str, phone: &str) -> Content {
        let card = Card {
            name: Some(name.to_owned()),
            phones: vec![phone.to_owned()],
        };
        Content {
            card: Some(card),
            ..Content::of(Kind::Contact)
        }
    }

    #[test]
    fn a_place_and_a_card_are_known_by_what_they_show() {
        let captioned = Content {
            text: Some("Dakar".to_owned()),
            ..place(14.700_004, -17.399_999)
        };
        assert!(same(&place(14.7, -17.4), &captioned));
        assert!(!same(&place(14.7, -17.4), &place(14.71, -17.4)));
        assert!(same(
            &card("Awa", "+221700000001"),
            &card("Awa Diop", "+221700000001")
        ));
        assert!(!same(
            &card("Awa", "+221700000001"),
            &card("Awa", "+221700000002")
        ));
        assert!(!same(&card("Awa", "+221700000001"), &place(14.7, -17.4)));
    }

    #[test]
    fn blanks_that_changed_on_the_way_do_not_matter_and_words_do() {
        let sent = Content::text("Que souhaitez-vous ?\n\n1. Nos produits");
        assert!(same(
            &sent,
            &Content::text("Que souhaitez-vous\u{a0}?\r\n\r\n1. Nos produits ")
        ));
        assert!(!same(&sent, &Content::text("Que souhaitez-vous ?")));
    }

    #[test]
    fn an_echo_without_a_time_is_taken_for_now() {
        let timeless = Echo {
            occurred_at: None,
            ..echo("Bonjour")
        };
        assert!(matches!(
            classify(&timeless, None, &[send("a", "Bonjour ", NOW)], NOW),
            Author::Matched(_)
        ));
    }
}
