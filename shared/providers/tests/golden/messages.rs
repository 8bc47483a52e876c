//! What each golden event of `messages.received` and `messages.upsert` becomes.

use crate::Row;

pub(crate) const ROWS: &[Row] = &[
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
        "wasender/messages-received-edited-wrapper",
        &[
            r#"message 3EB0A00000000000000086 from pn:221700000001 [Awa Ndiaye] text "Toujours là" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-image",
        &[
            r#"message 3EB0A00000000000000020 from pn:221700000001 [Awa Ndiaye] image "Vous avez celui-ci ?" <image/jpeg 48213 https://mmg.whatsapp.net/v/t62.7118-24/0000000_n.enc BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=> at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-image-buffer-text",
        &[
            "message 3EB0A00000000000000083 from pn:221700000001 [Awa Ndiaye] image <image/jpeg 48213 https://mmg.whatsapp.net/v/t62.7118-24/0000000_n.enc BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=> at 10:00:00",
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
        "wasender/messages-received-msg-id-data",
        &[
            r#"message 3EB0A00000000000000077 n:4711 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-msg-id-key",
        &[
            r#"message 3EB0A00000000000000077 n:4711 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-nulls",
        &[r#"message 3EB0A00000000000000081 from pn:221700000001 text "Bonjour""#],
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
        "wasender/messages-received-time-milliseconds",
        &[
            r#"message 3EB0A00000000000000080 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-time-text",
        &[
            r#"message 3EB0A00000000000000079 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-video-long-size",
        &[
            r#"message 3EB0A00000000000000082 from pn:221700000001 [Awa Ndiaye] video "La boutique" <video/mp4 5000000000 https://mmg.whatsapp.net/v/t62.7118-24/0000000_n.enc BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=> at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-received-view-once",
        &[
            "message 3EB0A00000000000000022 from pn:221700000001 [Awa Ndiaye] video <video/mp4 48213 once https://mmg.whatsapp.net/v/t62.7118-24/0000000_n.enc BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=> at 10:00:00",
        ],
    ),
    (
        "wasender/messages-received-view-once-v2",
        &[
            "message 3EB0A00000000000000085 from pn:221700000001 [Awa Ndiaye] image <image/jpeg 48213 once https://mmg.whatsapp.net/v/t62.7118-24/0000000_n.enc BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=> at 10:00:00",
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
        "wasender/messages-received-wrapped",
        &[
            "message 3EB0A00000000000000084 from pn:221700000001 [Awa Ndiaye] audio <audio/ogg; codecs=opus 17000 voice once https://mmg.whatsapp.net/v/t62.7118-24/0000000_n.enc BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=> at 10:00:00",
        ],
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
        "wasender/messages-upsert-edit",
        &[r#"change 3EB0A00000000000000001 by pn:221700000001 edited: text "Bonsoir" at 10:01:00"#],
    ),
    (
        "wasender/messages-upsert-edit-body",
        &[r#"change 3EB0A00000000000000001 by pn:221700000001 edited: text "Bonsoir" at 10:00:00"#],
    ),
    (
        "wasender/messages-upsert-edit-caption",
        &[
            r#"change 3EB0A00000000000000004 by us to pn:221700000001 edited: image "Le bazin bleu" <> at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-upsert-empty",
        &["ignored empty", "ignored empty"],
    ),
    (
        "wasender/messages-upsert-group-lid",
        &[
            r#"message 3EB0A00000000000000088 from pn:221700000002 lid:123456789012301 [Awa Ndiaye] in 120363000000000001 text "Moi" at 10:00:00"#,
        ],
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
        "wasender/messages-upsert-msg-id",
        &[
            r#"message 3EB0A00000000000000077 n:4711 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#,
        ],
    ),
    ("wasender/messages-upsert-newsletter", &["ignored channel"]),
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
        "wasender/messages-upsert-poll-vote-read",
        &[
            r#"message 3EB0A00000000000000076 from pn:221700000001 [Awa Ndiaye] choice "Lundi, Mardi" {"choice":{"title":"Lundi, Mardi"}} re=3EB0A00000000000000040 at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-upsert-reaction",
        &[
            r#"message 3EB0A00000000000000034 from pn:221700000001 [Awa Ndiaye] reaction {"reaction":{"emoji":"👍","to":"3EB0A00000000000000004"}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-upsert-reaction-removed",
        &[
            r#"message 3EB0A00000000000000078 from pn:221700000001 [Awa Ndiaye] reaction {"reaction":{"emoji":null,"to":"3EB0A00000000000000004"}} at 10:00:00"#,
        ],
    ),
    (
        "wasender/messages-upsert-revoke",
        &["change 3EB0A00000000000000001 by pn:221700000001 deleted at 10:00:00"],
    ),
    (
        "wasender/messages-upsert-revoke-group",
        &[
            "change 3EB0A00000000000000002 by pn:221700000001 in 120363000000000001 deleted at 10:00:00",
        ],
    ),
];
