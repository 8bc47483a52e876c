//! `poll.results`: what a poll stands at, told anew after every vote.

use std::collections::HashMap;

use domain::{Choice, Contact, Content, Element, Event, Fingerprint, GroupId, IgnoreReason};
use domain::{InboundMessage, Kind, ProviderMessageId};

use super::jid::Jid;
use super::key::{self, Chat};
use super::message::ignored;
use crate::json::Json;
use crate::text;

/// The most voters of one poll that are read: as many as a group of WhatsApp may have members.
const VOTERS: usize = 1024;

/// The most characters that are kept of what somebody chose.
const TITLE: usize = 256;

/// Reads `{key, pollResult:[{name, voters}]}`, or several of them. Each voter's choice becomes one element.
pub(super) fn results(data: &Json<'_>) -> Vec<Element> {
    data.one_or_many().iter().flat_map(poll).collect()
}

/// Who voted, and for what.
struct Vote<'j> {
    voter: Contact,
    options: Vec<&'j str>,
}

fn poll(data: &Json<'_>) -> Vec<Element> {
    let Some(id) = key::message_id(data.at("key").at("id")) else {
        return vec![Element::NotUnderstood("key.id")];
    };
    let chat = key::chat(data);
    if let Some(ignored) = ignored(&chat) {
        return vec![ignored];
    }
    let group = match chat {
        Chat::Group(group) => Some(group),
        Chat::Person | Chat::Channel | Chat::Broadcast | Chat::Unclear => None,
    };
    let (votes, mut elements) = votes(data.at("pollResult"));
    let peer = key::peer(data);
    let read = votes
        .into_iter()
        .map(|vote| element(&id, &peer, group.as_ref(), vote));
    elements.splice(0..0, read);
    elements
}

/// The votes, each voter's together, in the order in which they are told; and what was not understood.
fn votes<'j>(result: &'j Json<'_>) -> (Vec<Vote<'j>>, Vec<Element>) {
    let (mut votes, mut bad) = (Vec::<Vote<'_>>::new(), Vec::new());
    let mut places = HashMap::new();
    for option in result.one_or_many() {
        let Some(name) = option.at("name").word() else {
            bad.push(Element::NotUnderstood("pollResult.name"));
            continue;
        };
        for voter in option.at("voters").one_or_many() {
            let contact = contact(voter);
            let Some(identity) = contact.identities().next() else {
                bad.push(Element::NotUnderstood("pollResult.voters"));
                continue;
            };
            let place = *places.entry(identity).or_insert(votes.len());
            match votes.get_mut(place) {
                Some(vote) => vote.options.push(name),
                None if place < VOTERS => votes.push(Vote {
                    voter: contact,
                    options: vec![name],
                }),
                None => {
                    bad.push(Element::NotUnderstood("pollResult.voters"));
                    return (votes, bad);
                }
            }
        }
    }
    (votes, bad)
}

/// A voter: an address, or something with one.
fn contact(voter: &Json<'_>) -> Contact {
    let addresses = [
        voter,
        voter.at("jid"),
        voter.at("id"),
        voter.at("phoneNumber"),
    ];
    let jids = || addresses.iter().filter_map(|at| at.word()).map(Jid::parse);
    Contact {
        phone: jids().find_map(Jid::phone),
        lid: jids().find_map(Jid::lid),
        name: None,
    }
}

fn element(
    poll: &ProviderMessageId,
    peer: &Contact,
    group: Option<&GroupId>,
    vote: Vote<'_>,
) -> Element {
    let Vote { mut voter, options } = vote;
    if group.is_none() {
        match (&voter.phone, &peer.phone) {
            // In a chat of two, whoever is not the other is the vendor.
            (Some(voter), Some(peer)) if voter != peer => {
                return Element::Ignored(IgnoreReason::NotOurs);
            }
            (Some(_), Some(_)) => voter = peer.clone(),
            _ if voter.lid.is_some() && voter.lid == peer.lid => voter = peer.clone(),
            _ => {}
        }
    }
    let Some(key_id) = derived_id(poll, &voter, &options) else {
        return Element::NotUnderstood("pollResult.voters");
    };
    let title = title(&options);
    let content = Content {
        text: Some(title.clone()),
        choice: Some(Choice {
            id: None,
            title: Some(title),
        }),
        ..Content::of(Kind::Choice)
    };
    Element::Event(Event::Message(InboundMessage {
        key_id,
        msg_id: None,
        contact: voter,
        group: group.cloned(),
        content,
        reply_to: Some(poll.clone()),
        occurred_at: None,
    }))
}

/// The names of what was chosen, as far as they have room.
fn title(options: &[&str]) -> String {
    let mut title = String::new();
    for option in options {
        if !title.is_empty() {
            title.push_str(", ");
        }
        title.push_str(text::cut_chars(option, TITLE));
        if title.len() > 4 * TITLE {
            break;
        }
    }
    text::cut_chars(&title, TITLE).to_owned()
}

/// The same however often the poll's results are told; another choice of the same voter has another.
fn derived_id(
    poll: &ProviderMessageId,
    voter: &Contact,
    options: &[&str],
) -> Option<ProviderMessageId> {
    let voter = voter.identities().next()?.key();
    let mut options = options.to_vec();
    options.sort_unstable();
    let parts = [&["vote", poll.as_str(), &voter], options.as_slice()].concat();
    ProviderMessageId::parse(&format!("derived-{}", Fingerprint::of(&parts).short()))
}
