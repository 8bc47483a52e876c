//! What each golden event becomes that is no `messages.received` and no `messages.upsert`.

use crate::Row;

pub(crate) const ROWS: &[Row] = &[
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
    (
        "wasender/call",
        &[
            r#"message CALL1 from lid:123456789012301 call {"call":{"group":false,"status":"offer","video":false}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/call-group-video",
        &[
            r#"message CALL2 from pn:221700000002 in 120363000000000001 call {"call":{"group":true,"status":"offer","video":true}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/call-received",
        &[
            r#"message CALL1 from pn:221700000001 call {"call":{"group":false,"status":"offer","video":false}}"#,
        ],
    ),
    (
        "wasender/call-statuses",
        &[
            r#"message CALL1 from pn:221700000001 lid:123456789012301 call {"call":{"group":false,"status":"ringing","video":false}} at 10:00:00"#,
            r#"message CALL1 from pn:221700000001 lid:123456789012301 call {"call":{"group":false,"status":"timeout","video":false}} at 10:00:30"#,
        ],
    ),
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
        "wasender/chats-upsert-messages",
        &[
            r#"message 3EB0A00000000000000060 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
            "ignored phone_book",
        ],
    ),
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
        &["status k:3EB0A00000000000000050 read by 29247c18697d8368fc637aa456a79020 at 10:00:00"],
    ),
    (
        "wasender/message-receipt-update-array",
        &[
            "status k:3EB0A00000000000000050 delivered by 29247c18697d8368fc637aa456a79020 at 10:00:00",
            "status k:3EB0A00000000000000050 read by a83a91aea485ce44f991423dcb2cb939 at 10:00:00",
        ],
    ),
    (
        "wasender/message-receipt-update-delivered",
        &[
            "status k:3EB0A00000000000000050 delivered by 175b2af348b546b3c150daf603ae409b at 10:00:00",
        ],
    ),
    (
        "wasender/message-receipt-update-person",
        &["status k:3EB0A00000000000000004 read at 10:00:00"],
    ),
    (
        "wasender/message-receipt-update-played",
        &["status k:3EB0A00000000000000050 played by 29247c18697d8368fc637aa456a79020 at 10:01:00"],
    ),
    (
        "wasender/message-received-text",
        &[
            r#"message 3EB0A00000000000000001 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
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
        "wasender/message-status",
        &["status k:3EB0A00000000000000004 delivered at 10:00:00"],
    ),
    (
        "wasender/messages-delete",
        &[
            "change 3EB0A00000000000000001 by pn:221700000001 deleted at 10:00:00",
            "change 3EB0A00000000000000012 by pn:221700000001 deleted at 10:00:00",
        ],
    ),
    (
        "wasender/messages-delete-key",
        &["change 3EB0A00000000000000001 by pn:221700000001 deleted at 10:00:00"],
    ),
    (
        "wasender/messages-delete-sent",
        &["change 3EB0A00000000000000004 by us to pn:221700000001 deleted at 10:00:00"],
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
        "wasender/messages-recieved-text",
        &[
            r#"message 3EB0A00000000000000001 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
        ],
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
        &[r#"change 3EB0A00000000000000001 by pn:221700000001 edited: text "Bonsoir" at 10:00:00"#],
    ),
    (
        "wasender/messages-update-edit-message",
        &[r#"change 3EB0A00000000000000001 by pn:221700000001 edited: text "Bonsoir" at 10:01:00"#],
    ),
    (
        "wasender/messages-update-edit-protocol",
        &[r#"change 3EB0A00000000000000001 by pn:221700000001 edited: text "Bonsoir" at 10:01:00"#],
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
        "wasender/messages-update-revoke",
        &["change 3EB0A00000000000000001 by pn:221700000001 deleted at 10:00:00"],
    ),
    (
        "wasender/passkey-updated",
        &["pairing passkey confirmation ABCD-EFGH req_1"],
    ),
    (
        "wasender/passkey-updated-fallback",
        &["pairing passkey fallback_qr req_1 no device answered after # s"],
    ),
    (
        "wasender/passkey-updated-request",
        &["pairing passkey request tok_0000 req_1 until 2026-11-22T10:31:00Z"],
    ),
    (
        "wasender/poll-results",
        &[
            r#"message derived-251ca1dc48360beb596b111caaa7a9e1 from pn:221700000001 choice "Lundi" {"choice":{"title":"Lundi"}} re=3EB0A00000000000000040"#,
        ],
    ),
    ("wasender/poll-results-empty", &["ignored empty"]),
    (
        "wasender/poll-results-group",
        &[
            r#"message derived-78b3ae07f99612416858922b1209df08 from pn:221700000002 in 120363000000000001 choice "Lundi, Mardi" {"choice":{"title":"Lundi, Mardi"}} re=3EB0A00000000000000075"#,
            r#"message derived-c45aa09351642140d4ae0498994e9994 from lid:123456789012301 in 120363000000000001 choice "Lundi" {"choice":{"title":"Lundi"}} re=3EB0A00000000000000075"#,
        ],
    ),
    (
        "wasender/poll-results-own",
        &[
            "ignored not_ours",
            "not understood: pollResult.name",
            "not understood: pollResult.voters",
        ],
    ),
    ("wasender/presence-update", &["ignored presence"]),
    (
        "wasender/qrcode-updated",
        &["pairing qr 2@0000000000000000000000000000000000000000000="],
    ),
    (
        "wasender/qrcode-updated-picture",
        &["pairing qr data:image/png;base64,iVBORw0KGgo="],
    ),
    ("wasender/session-status", &["session connected"]),
    ("wasender/session-status-old", &["session loggedout"]),
    ("wasender/session-status-reason", &["session disconnected"]),
    ("wasender/session-status-unknown", &["session other"]),
    ("wasender/session-status-upper", &["session needpasskey"]),
    ("wasender/test-event", &["ignored test"]),
    ("wasender/unknown-event", &["not understood: event"]),
];
