use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::messages::limited;
use super::{Caller, bare_status};
use crate::answer;
use crate::contacts::user;
use crate::hub::Hub;
use crate::inner::Inner;
use crate::limits::Endpoint;
use crate::session::Session;

/// `GET /status`.
pub(super) async fn status(Caller(session): Caller) -> Response {
    bare_status(&session)
}

/// `GET /user`: the number behind the key, as WhatsApp names the linked device.
pub(super) async fn user_of(Caller(session): Caller) -> Response {
    if !session.is_connected() {
        return answer::not_connected();
    }
    let phone = user(&session.settings.phone_number);
    answer::data(json!({
        "id": format!("{phone}:{}@s.whatsapp.net", session.number),
        "name": session.settings.name,
        "lid": format!("{}{:04}@lid", phone.chars().rev().collect::<String>(), session.number),
    }))
}

/// `GET /pn-from-lid/{lid}`.
pub(super) async fn pn_from_lid(
    State(hub): State<Arc<Hub>>,
    Caller(_): Caller,
    Path(lid): Path<String>,
) -> Response {
    let phone = hub.read(|inner, _| inner.state.contacts.phone_of(&lid).map(str::to_owned));
    match phone.filter(|_| lid.ends_with("@lid")) {
        Some(phone) => answer::data(json!({"pn": format!("{phone}@s.whatsapp.net")})),
        None => answer::error(StatusCode::NOT_FOUND, "LID not found or invalid."),
    }
}

/// `GET /lid-from-pn/{pn}`.
pub(super) async fn lid_from_pn(
    State(hub): State<Arc<Hub>>,
    Caller(_): Caller,
    Path(pn): Path<String>,
) -> Response {
    match hub.read(|inner, _| inner.state.contacts.lid_of(&pn).map(str::to_owned)) {
        Some(lid) => answer::data(json!({"lid": format!("{lid}@lid")})),
        None => answer::error(StatusCode::NOT_FOUND, "Phone number not found or invalid."),
    }
}

/// `GET /on-whatsapp/{phone, JID or @username}`.
pub(super) async fn on_whatsapp(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    Path(who): Path<String>,
) -> Response {
    limited(&hub, &session, Endpoint::OnWhatsapp, || {
        if !session.is_connected() {
            return answer::not_connected();
        }
        answer::data(
            json!({"exists": hub.read(|inner, _| inner.state.contacts.is_on_whatsapp(&who))}),
        )
    })
}

/// `GET /fetch-username/{phone, JID, LID or @username}`.
pub(super) async fn username(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    Path(who): Path<String>,
) -> Response {
    if !session.is_connected() {
        return answer::not_connected();
    }
    let found = hub.read(|inner, _| {
        let (phone, username) = inner.state.contacts.username_of(&who)?;
        Some(json!({"jid": format!("{phone}@s.whatsapp.net"), "username": username}))
    });
    found.map_or_else(
        || answer::error(StatusCode::NOT_FOUND, "Username not found."),
        answer::data,
    )
}

/// `GET /contacts/{phone}/picture`.
pub(super) async fn picture(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    Path(who): Path<String>,
) -> Response {
    limited(&hub, &session, Endpoint::ContactPicture, || {
        if !session.is_connected() {
            return answer::not_connected();
        }
        let picture = |inner: &Inner, _| inner.state.contacts.picture_of(&who).map(str::to_owned);
        answer::data(json!({"imgUrl": hub.read(picture)}))
    })
}

/// `GET /groups/{jid}/metadata`.
pub(super) async fn group(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    Path(jid): Path<String>,
) -> Response {
    of_group(&hub, &session, || {
        hub.read(|inner, _| inner.state.groups.metadata(&jid))
    })
}

/// `GET /groups/{jid}/participants`.
pub(super) async fn participants(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    Path(jid): Path<String>,
) -> Response {
    of_group(&hub, &session, || {
        hub.read(|inner, _| {
            let state = &inner.state;
            state.groups.participants(&jid, &state.contacts)
        })
    })
}

fn of_group(hub: &Hub, session: &Session, find: impl FnOnce() -> Option<Value>) -> Response {
    limited(hub, session, Endpoint::Group, || {
        if !session.is_connected() {
            return answer::not_connected();
        }
        find().map_or_else(
            || answer::error(StatusCode::NOT_FOUND, "Group not found."),
            answer::data,
        )
    })
}
