use domain::{
    Delivery, Element, Event, Evidence, Identity, Participant, ProviderRef, StatusUpdate,
};
use jiff::Timestamp;

use super::change;
use super::jid::Jid;
use super::key::{self, Chat};
use super::message::ignored;
use crate::json::Json;
use crate::{moment, text};

/// Reads one item of `messages.update`: `{key, update:{status}}`, `{key, status}`, or `{update:{key, update:{status}}}`. `fromMe` is not
/// looked at: the documented example has it false.
pub(super) fn read(item: &Json<'_>, received_at: Timestamp) -> Element {
    let update = item.at("update");
    if update.at("key").is_object() && !item.at("key").is_object() {
        return read(update, received_at);
    }
    if let Some(ignored) = ignored(&key::chat(item)) {
        return ignored;
    }
    if let Some(change) = change::update(item, received_at) {
        return change;
    }
    let status = update
        .at("status")
        .given()
        .unwrap_or_else(|| item.at("status"));
    let error = update
        .at("error")
        .given()
        .unwrap_or_else(|| item.at("error"));
    match evidence(status, error) {
        Some(evidence) => {
            let at = update
                .at("timestamp")
                .given()
                .unwrap_or_else(|| item.at("timestamp"));
            told(
                key::reference(item),
                evidence,
                moment::read(at, received_at),
            )
        }
        None if item.at("message").is_object() || update.at("message").given().is_some() => {
            Element::NotUnderstood("update.message")
        }
        None => Element::NotUnderstood("update.status"),
    }
}

/// Reads one item of `message-receipt.update`: `{key, receipt:{receiptTimestamp | readTimestamp | playedTimestamp | status}}`, sent for
/// each member of a group.
pub(super) fn receipt(item: &Json<'_>, received_at: Timestamp) -> Element {
    let receipt = item.at("receipt");
    let times = [
        ("playedTimestamp", Delivery::Played),
        ("readTimestamp", Delivery::Read),
        ("receiptTimestamp", Delivery::Delivered),
    ];
    let reached = times.into_iter().find_map(|(name, delivery)| {
        let seconds = receipt.at(name).integer().filter(|seconds| *seconds > 0);
        seconds.map(|_| (Evidence::Reached { delivery }, receipt.at(name)))
    });
    let worded = || {
        Some((
            evidence(receipt.at("status"), &Json::Null)?,
            receipt.at("t"),
        ))
    };
    let Some((evidence, at)) = reached.or_else(worded) else {
        return Element::NotUnderstood("receipt");
    };
    let occurred_at = moment::read(at, received_at);
    if !matches!(key::chat(item), Chat::Group(_)) {
        return told(key::reference(item), evidence, occurred_at);
    }
    // That it failed for one member is nothing that is known of the message.
    let (Some(participant), Evidence::Reached { .. }) = (participant(item), &evidence) else {
        return Element::NotUnderstood("receipt.userJid");
    };
    update(StatusUpdate {
        reference: key::reference(item),
        evidence,
        participant: Some(participant),
        occurred_at,
    })
}

/// Which member of a group a receipt is of.
fn participant(item: &Json<'_>) -> Option<Participant> {
    let user = item.at("receipt").at("userJid").word().map(Jid::parse);
    let user = match user {
        Some(Jid::Phone(phone)) => Some(Identity::Phone(phone)),
        Some(Jid::Lid(lid)) => Some(Identity::Lid(lid)),
        Some(Jid::Group(_) | Jid::Channel | Jid::Broadcast | Jid::Other) | None => None,
    };
    let identity = user.or_else(|| key::author(item).identities().next())?;
    Some(Participant::of(&identity))
}

/// The event of this evidence, if it is told of which message.
pub(super) fn told(
    reference: ProviderRef,
    evidence: Evidence,
    occurred_at: Option<Timestamp>,
) -> Element {
    update(StatusUpdate {
        reference,
        evidence,
        participant: None,
        occurred_at,
    })
}

fn update(update: StatusUpdate) -> Element {
    if update.reference == ProviderRef::default() {
        return Element::NotUnderstood("key.id");
    }
    Element::Event(Event::Status(update))
}

/// Reads a status: an integer 0 to 5 as documented, or a word as the SDKs and Baileys have it, in any case.
pub(super) fn evidence(status: &Json<'_>, error: &Json<'_>) -> Option<Evidence> {
    let reached = |delivery| Some(Evidence::Reached { delivery });
    if let Some(number) = status.integer() {
        return match u8::try_from(number).ok()? {
            0 => Some(failed(error)),
            rank => reached(Delivery::from_rank(rank)?),
        };
    }
    match status.word()?.to_ascii_lowercase().as_str() {
        "error" | "failed" | "failure" | "undelivered" => Some(failed(error)),
        "pending" | "in_progress" | "queued" => reached(Delivery::Pending),
        "sent" | "server_ack" => reached(Delivery::Sent),
        "delivered" | "delivery_ack" => reached(Delivery::Delivered),
        "read" | "seen" => reached(Delivery::Read),
        "played" => reached(Delivery::Played),
        _ => None,
    }
}

/// A failure with the reason that the provider gives, if it gives one.
pub(super) fn failed(error: &Json<'_>) -> Evidence {
    let reason = error.text().or_else(|| error.at("message").text());
    Evidence::Failed {
        reason: reason.map_or_else(|| "no reason given".to_owned(), text::reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[track_caller]
    fn check(status: &str, expected: Option<Delivery>) {
        let read = json::with(status, |status| evidence(status, &Json::Null)).unwrap();
        let expected = expected.map(|delivery| Evidence::Reached { delivery });
        assert_eq!(read, expected, "{status}");
    }

    #[test]
    fn a_status_is_a_number_or_a_word_in_any_case() {
        for (status, delivery) in [
            ("1", Delivery::Pending),
            ("2", Delivery::Sent),
            ("\"3\"", Delivery::Delivered),
            ("4", Delivery::Read),
            ("5", Delivery::Played),
            ("\"PENDING\"", Delivery::Pending),
            ("\"SERVER_ACK\"", Delivery::Sent),
            ("\"delivery_ack\"", Delivery::Delivered),
            ("\"Read\"", Delivery::Read),
            ("\"played\"", Delivery::Played),
        ] {
            check(status, Some(delivery));
        }
        for no in [
            "6",
            "-1",
            "256",
            "2.5",
            "\"\"",
            "\"unheard of\"",
            "null",
            "{}",
            "true",
        ] {
            check(no, None);
        }
    }

    #[test]
    fn a_failure_has_a_reason_without_digits() {
        for status in ["0", "\"ERROR\"", "\"failed\""] {
            let read = json::with(status, |status| evidence(status, &Json::Null)).unwrap();
            assert_eq!(
                read,
                Some(Evidence::Failed {
                    reason: "no reason given".to_owned()
                })
            );
        }
        let error = r#"{"message":"no such number 221700000001"}"#;
        let read = json::with(error, failed).unwrap();
        assert_eq!(
            read,
            Evidence::Failed {
                reason: "no such number #".to_owned()
            }
        );
    }
}
