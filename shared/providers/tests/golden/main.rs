//! What each golden event becomes, a row a file. `described` says how an element is written.

mod damage;
mod described;
mod rules;

#[test]
fn every_golden_event_becomes_what_its_row_says() {
    let names: Vec<_> = testkit::events()
        .into_iter()
        .map(|event| event.name)
        .collect();
    let rows: Vec<_> = ROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names, rows, "each file has a row, and each row a file");
    for (name, expected) in ROWS {
        assert_eq!(described::becomes(name), *expected, "{name}");
    }
}

const ROWS: &[(&str, &[&str])] = &[
    ("owner/connection-status", &["session connected"]),
    ("owner/connection-status-lost", &["session disconnected"]),
    ("owner/message-empty", &["ignored empty"]),
    (
        "owner/message-image",
        &[r#"message msg_in_003 from pn:221700000001 image "Celui-ci ?" at 10:00:00"#],
    ),
    (
        "owner/message-plus-milliseconds",
        &[r#"message msg_in_002 from pn:221700000001 text "Bonjour" at 10:00:00"#],
    ),
    (
        "owner/message-text",
        &[r#"message msg_in_001 from pn:221700000001 text "Bonjour" at 10:00:00"#],
    ),
    ("owner/message-without-from", &["not understood: data.from"]),
    (
        "owner/message-without-id",
        &[
            r#"message derived-9181411eda62ec3de7845b670ae736c7 from pn:221700000001 text "Bonjour" at 10:00:00"#,
        ],
    ),
    (
        "owner/status-failed",
        &["status n:4711 failed (Blocked by #) at 10:00:00"],
    ),
    (
        "owner/status-key-id",
        &["status k:3EB0A00000000000000004 read at 10:00:00"],
    ),
    (
        "owner/status-msg-id",
        &["status n:4711 delivered at 10:00:00"],
    ),
    ("wasender/call", &["ignored call"]),
    ("wasender/call-received", &["ignored call"]),
    (
        "wasender/chats-delete",
        &["ignored phone_book", "ignored phone_book"],
    ),
    (
        "wasender/chats-update",
        &["ignored phone_book", "ignored phone_book"],
    ),
    (
        "wasender/chats-update-messages",
        &[
            r#"message 3EB0A00000000000000060 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
        ],
    ),
    ("wasender/chats-upsert", &["ignored phone_book"]),
    (
        "wasender/contacts-update",
        &[
            "ignored phone_book",
            "ignored phone_book",
            "ignored phone_book",
        ],
    ),
    ("wasender/contacts-upsert", &["ignored phone_book"]),
    (
        "wasender/group-participants-update",
        &["ignored phone_book"],
    ),
    ("wasender/groups-update", &["ignored phone_book"]),
    ("wasender/groups-upsert", &["ignored phone_book"]),
    (
        "wasender/message-receipt-update",
        &["status k:3EB0A00000000000000050 read at 10:00:00"],
    ),
    (
        "wasender/message-receipt-update-array",
        &[
            "status k:3EB0A00000000000000050 delivered at 10:00:00",
            "status k:3EB0A00000000000000050 read at 10:00:00",
        ],
    ),
    (
        "wasender/message-sent",
        &[r#"echo k:3EB0A00000000000000004 to pn:221700000001 text "Bienvenue !" at 10:00:00"#],
    ),
    (
        "wasender/message-sent-bare-key",
        &["status k:3EB0A00000000000000004 n:4711 sent at 10:00:00"],
    ),
    (
        "wasender/message-sent-failed",
        &["not understood: message.sent without key"],
    ),
    (
        "wasender/message-sent-failed-key",
        &["status k:3EB0A00000000000000004 failed (Session not connected) at 10:00:00"],
    ),
    (
        "wasender/message-sent-failed-msg-id",
        &["status n:4711 failed (Failed to send to +# # # # #) at 10:00:00"],
    ),
    (
        "wasender/message-sent-help",
        &[r#"echo n:4711 to pn:221700000001 text "Bienvenue !" at 10:00:00"#],
    ),
    (
        "wasender/message-sent-messages",
        &[r#"echo k:3EB0A00000000000000004 to pn:221700000001 text "Bienvenue !" at 10:00:00"#],
    ),
    (
        "wasender/message-sent-without-success",
        &[
            r#"echo k:3EB0A00000000000000004 n:4711 to pn:221700000001 text "Bienvenue !" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-delete",
        &[
            "not understood: messages.delete",
            "not understood: messages.delete",
        ],
    ),
    (
        "wasender/messages-delete-key",
        &["not understood: messages.delete"],
    ),
    (
        "wasender/messages-group-received-text",
        &[
            r#"message 3EB0A00000000000000002 from pn:221700000002 lid:123456789012301 [Moussa Fall] in 120363000000000001 text "Qui a du bazin ?" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-newsletter-received",
        &["ignored channel"],
    ),
    (
        "wasender/messages-personal-received-text",
        &[
            r#"message 3EB0A00000000000000001 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-reaction",
        &[
            r#"message 3EB0A00000000000000051 from pn:221700000001 reaction {"reaction":{"emoji":"❤️","to":"3EB0A00000000000000004"}}"#,
        ],
    ),
    (
        "wasender/messages-reaction-removed",
        &[
            r#"message 3EB0A00000000000000052 from pn:221700000001 lid:123456789012301 reaction {"reaction":{"emoji":null,"to":"3EB0A00000000000000004"}}"#,
        ],
    ),
    (
        "wasender/messages-reaction-without-key",
        &[
            r#"message derived-06eb78f488339a4af51c10ad433e2345 from pn:221700000001 reaction {"reaction":{"emoji":"👍","to":"3EB0A00000000000000004"}}"#,
        ],
    ),
    (
        "wasender/messages-received-bare",
        &[
            r#"message 3EB0A00000000000000006 from pn:221700000001 [Awa Ndiaye] text "Allo" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-buttons-reply",
        &[
            r#"message 3EB0A00000000000000035 from pn:221700000001 [Awa Ndiaye] choice "Oui" {"choice":{"id":"btn_oui","title":"Oui"}} re=3EB0A00000000000000004 at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-contact",
        &[
            r#"message 3EB0A00000000000000032 from pn:221700000001 [Awa Ndiaye] contact {"card":{"name":"Ibrahima Sow","phones":["+221700000005"]}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-contacts",
        &[
            r#"message 3EB0A00000000000000033 from pn:221700000001 [Awa Ndiaye] contact {"card":{"name":"2 contacts","phones":["+221700000005","70 000 00 06"]}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-cut-emoji",
        &[r#"message 3EB0A00000000000000013 from pn:221700000001 [Awa �] text "Bonjour""#],
    ),
    (
        "wasender/messages-received-document",
        &[
            r#"message 3EB0A00000000000000023 from pn:221700000001 [Awa Ndiaye] document "Ma facture" <application/pdf 5000000000 facture.pdf https://mmg.whatsapp.net/v/t62.7118-24/0000000_n.enc BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=> at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-image",
        &[
            r#"message 3EB0A00000000000000020 from pn:221700000001 [Awa Ndiaye] image "Vous avez celui-ci ?" <image/jpeg 48213 https://mmg.whatsapp.net/v/t62.7118-24/0000000_n.enc BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=> at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-interactive-reply",
        &[
            r#"message 3EB0A00000000000000038 from pn:221700000001 [Awa Ndiaye] choice "Payer" {"choice":{"id":"pay","title":"Payer"}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-lid-alt",
        &[
            r#"message 3EB0A00000000000000008 from pn:221700000003 lid:123456789012301 [Fatou] text "Prix ?" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-lid-cleaned",
        &[
            r#"message 3EB0A00000000000000009 from pn:221700000003 lid:123456789012301 [Fatou] text "Prix ?" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-lid-only",
        &[
            r#"message 3EB0A00000000000000010 from lid:123456789012301 [Fatou] text "Prix ?" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-list-reply",
        &[
            r#"message 3EB0A00000000000000036 from pn:221700000001 [Awa Ndiaye] choice "Bazin riche" {"choice":{"id":"p-12","title":"Bazin riche"}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-live-location",
        &[
            r#"message 3EB0A00000000000000031 from pn:221700000001 [Awa Ndiaye] location "J’arrive" {"location":{"latitude":14.6937,"longitude":-17.4441}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-location",
        &[
            r#"message 3EB0A00000000000000030 from pn:221700000001 [Awa Ndiaye] location {"location":{"address":"Dakar","latitude":14.6937,"longitude":-17.4441,"name":"Marché Sandaga"}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-order",
        &[
            "message 3EB0A00000000000000042 from pn:221700000001 [Awa Ndiaye] unsupported at 10:00:00",
        ],
    ),
    (
        "wasender/messages-received-poll",
        &[
            r#"message 3EB0A00000000000000041 from pn:221700000001 [Awa Ndiaye] poll "On livre quand ?" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-reply",
        &[
            r#"message 3EB0A00000000000000012 from pn:221700000001 [Awa Ndiaye] text "Celui-ci" re=3EB0A00000000000000004 at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-status-broadcast",
        &["ignored broadcast"],
    ),
    (
        "wasender/messages-received-sticker",
        &[
            "message 3EB0A00000000000000024 from pn:221700000001 [Awa Ndiaye] sticker <image/webp 48213 https://mmg.whatsapp.net/v/t62.7118-24/0000000_n.enc BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=> at 10:00:00",
        ],
    ),
    (
        "wasender/messages-received-template-reply",
        &[
            r#"message 3EB0A00000000000000037 from pn:221700000001 [Awa Ndiaye] choice "Suivi" {"choice":{"id":"2","title":"Suivi"}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-text",
        &[
            r#"message 3EB0A00000000000000001 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-view-once",
        &[
            "message 3EB0A00000000000000022 from pn:221700000001 [Awa Ndiaye] video <video/mp4 48213 once https://mmg.whatsapp.net/v/t62.7118-24/0000000_n.enc BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=> at 10:00:00",
        ],
    ),
    (
        "wasender/messages-received-voice",
        &[
            "message 3EB0A00000000000000021 from pn:221700000001 [Awa Ndiaye] audio <audio/ogg; codecs=opus 17000 voice https://mmg.whatsapp.net/v/t62.7118-24/0000000_n.enc BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=> at 10:00:00",
        ],
    ),
    (
        "wasender/messages-received-without-from-me",
        &[r#"message 3EB0A00000000000000007 from pn:221700000001 text "Salam""#],
    ),
    (
        "wasender/messages-update-array",
        &[
            "status k:3EB0A00000000000000004 delivered at 10:00:00",
            "status k:3EB0A00000000000000011 read at 10:00:00",
        ],
    ),
    (
        "wasender/messages-update-delivered",
        &["status k:3EB0A00000000000000004 delivered at 10:00:00"],
    ),
    (
        "wasender/messages-update-edit",
        &["not understood: update.message"],
    ),
    (
        "wasender/messages-update-error",
        &["status k:3EB0A00000000000000004 failed (no reason given) at 10:00:00"],
    ),
    (
        "wasender/messages-update-key-status",
        &["status k:3EB0A00000000000000004 delivered at 10:00:00"],
    ),
    (
        "wasender/messages-update-msg-id",
        &["status k:3EB0A00000000000000004 n:4711 read at 10:00:00"],
    ),
    (
        "wasender/messages-update-nested",
        &["status k:3EB0A00000000000000004 sent at 10:00:00"],
    ),
    (
        "wasender/messages-upsert-array",
        &[
            r#"message 3EB0A00000000000000001 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
            r#"echo k:3EB0A00000000000000004 to pn:221700000001 text "Bienvenue !" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-upsert-echo-typed",
        &[
            r#"echo k:3EB0A00000000000000011 n:4711 to pn:221700000001 lid:123456789012301 text "Je vous appelle" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-upsert-empty",
        &["ignored empty", "ignored empty"],
    ),
    (
        "wasender/messages-upsert-mixed",
        &[
            "not understood: key.remoteJid",
            "not understood: data.messages",
            "not understood: data.messages",
            r#"message 3EB0A00000000000000048 from pn:221700000001 [Awa Ndiaye] text "Toujours là" at 10:00:00"#,
            "not understood: key",
        ],
    ),
    (
        "wasender/messages-upsert-object",
        &[
            r#"message 3EB0A00000000000000005 from pn:221700000001 [Awa Ndiaye] text "Vous avez des wax ?" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-upsert-poll-vote",
        &[
            r#"message 3EB0A00000000000000039 from pn:221700000001 [Awa Ndiaye] choice {"choice":{}} re=3EB0A00000000000000040 at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-upsert-reaction",
        &[
            r#"message 3EB0A00000000000000034 from pn:221700000001 [Awa Ndiaye] reaction {"reaction":{"emoji":"👍","to":"3EB0A00000000000000004"}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-upsert-revoke",
        &["not understood: message.protocolMessage"],
    ),
    ("wasender/passkey-updated", &["ignored pairing"]),
    (
        "wasender/poll-results",
        &[
            "not understood: data.pollResult",
            "not understood: data.pollResult",
        ],
    ),
    ("wasender/presence-update", &["ignored presence"]),
    ("wasender/qrcode-updated", &["ignored pairing"]),
    ("wasender/session-status", &["session connected"]),
    ("wasender/session-status-old", &["session loggedout"]),
    ("wasender/session-status-unknown", &["session other"]),
    ("wasender/session-status-upper", &["session needpasskey"]),
    ("wasender/test-event", &["ignored test"]),
    ("wasender/unknown-event", &["not understood: event"]),
];
