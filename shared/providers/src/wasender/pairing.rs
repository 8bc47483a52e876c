//! How a session is linked with the vendor's phone, by QR code or by passkey. What is read here is secret.

use domain::{Element, Event, Pairing, PairingKind, limits};
use jiff::Timestamp;

use crate::json::Json;
use crate::{moment, text};

/// Reads `qrcode.updated`: `{qr}`, a text to draw, or a picture as a data URI.
pub(super) fn qr(data: &Json<'_>) -> Element {
    let places = [data.at("qr"), data.at("qrCode"), data.at("qrcode"), data];
    let code = places.into_iter().find_map(Json::word);
    match code.filter(|code| code.len() <= limits::PAIRING_CODE_BYTES) {
        Some(code) => told(Pairing {
            code: Some(code.to_owned()),
            ..Pairing::of(PairingKind::Qr)
        }),
        None => Element::NotUnderstood("data.qr"),
    }
}

/// Reads `passkey.updated`: `{stage, requestId, token?, expiresAt?, code?, error?}`.
pub(super) fn passkey(data: &Json<'_>, received_at: Timestamp) -> Element {
    let secret = |name| {
        let word = data.at(name).word();
        word.filter(|word| word.len() <= limits::PAIRING_CODE_BYTES)
            .map(str::to_owned)
    };
    let short = |name| {
        let word = data.at(name).word();
        word.map(|word| text::cut_chars(word, 200).to_owned())
    };
    let pairing = Pairing {
        code: secret("code"),
        token: secret("token"),
        stage: short("stage"),
        request_id: short("requestId"),
        error: data.at("error").text().map(text::reason),
        expires_at: moment::read(data.at("expiresAt"), received_at),
        ..Pairing::of(PairingKind::Passkey)
    };
    if pairing.stage.is_none() && pairing.code.is_none() && pairing.token.is_none() {
        return Element::NotUnderstood("data.stage");
    }
    told(pairing)
}

const fn told(pairing: Pairing) -> Element {
    Element::Event(Event::Pairing(pairing))
}
