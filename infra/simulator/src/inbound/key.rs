use serde_json::{Value, json};

use super::Inbound;
use crate::contacts::user;

/// The JID of the chat that it comes in: a group, another chat, or the one with the customer.
pub(super) fn chat(inbound: &Inbound) -> String {
    let group = inbound.group.as_deref();
    group
        .map(|group| format!("{}@g.us", user(group)))
        .or_else(|| inbound.chat.clone())
        .unwrap_or_else(|| author(inbound))
}

/// The JID of the customer: the LID where one is given.
pub(super) fn author(inbound: &Inbound) -> String {
    match (&inbound.lid, user(&inbound.from)) {
        (Some(lid), _) => format!("{}@lid", user(lid)),
        (None, phone) if phone.is_empty() => String::new(),
        (None, phone) => format!("{phone}@s.whatsapp.net"),
    }
}

/// The message key: the author's fields are `sender…` in a chat of two and `participant…` in a group.
pub(super) fn of(inbound: &Inbound, key_id: &str) -> Value {
    let phone = Some(user(&inbound.from)).filter(|phone| !phone.is_empty());
    let lid = inbound
        .lid
        .as_deref()
        .map(|lid| format!("{}@lid", user(lid)));
    let phone_jid = phone
        .as_ref()
        .map(|phone| format!("{phone}@s.whatsapp.net"));
    let mode = if lid.is_some() { "lid" } else { "pn" };
    let mut key = json!({
        "id": key_id,
        "fromMe": inbound.from_me,
        "remoteJid": chat(inbound),
        "addressingMode": mode,
    });
    let [pn, cleaned, lid_field] = if inbound.group.is_some() || inbound.chat.is_some() {
        key["participant"] = json!(author(inbound));
        ["participantPn", "cleanedParticipantPn", "participantLid"]
    } else {
        ["senderPn", "cleanedSenderPn", "senderLid"]
    };
    if let (Some(jid), false) = (phone_jid, inbound.hide_phone || inbound.from_me) {
        key[pn] = json!(jid);
        key[cleaned] = json!(phone);
    }
    if let Some(lid) = lid {
        key[lid_field] = json!(lid);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbound() -> Inbound {
        Inbound {
            from: "+221700000001".to_owned(),
            ..Inbound::default()
        }
    }

    #[test]
    fn a_message_addressed_by_lid_shows_or_hides_the_number() {
        let shown = of(
            &Inbound {
                lid: Some("777".to_owned()),
                ..inbound()
            },
            "3A1",
        );
        assert_eq!(
            (&shown["remoteJid"], &shown["cleanedSenderPn"]),
            (&json!("777@lid"), &json!("221700000001"))
        );
        let hidden = of(
            &Inbound {
                lid: Some("777".to_owned()),
                hide_phone: true,
                ..inbound()
            },
            "3A1",
        );
        assert!(!hidden.to_string().contains("2217000"), "{hidden}");
    }

    #[test]
    fn a_group_message_names_its_author_as_participant() {
        let key = of(
            &Inbound {
                group: Some("12036".to_owned()),
                ..inbound()
            },
            "3A1",
        );
        assert_eq!(
            (&key["remoteJid"], &key["cleanedParticipantPn"]),
            (&json!("12036@g.us"), &json!("221700000001"))
        );
        assert!(key["senderPn"].is_null());
    }
}
