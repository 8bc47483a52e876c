//! Was that us, or the vendor's thumb? Rules 1 and 2: what is known by its id is ours; else the oldest send that it fits.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::content::Content;
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

fn same(sent: &Content, heard: &Content) -> bool {
    let text = |content: &Content| {
        content
            .text
            .as_deref()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    sent.kind == heard.kind && text(sent) == text(heard)
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
