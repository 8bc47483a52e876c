//! What the vendor's staff asks to send, read from the request.

use domain::compose::{self, Refused};
use domain::contract;
use domain::engine::Answer;
use domain::{Content, Fingerprint, GroupId, Identity, MessageId, PhoneNumber, WabaId};
use flows::problem::Problem;

use crate::body::{Fields, Wrong, invalid};

/// A message as the staff asks for it.
pub(crate) struct Wanted {
    /// A person by number, or a group; of a late reply nobody else than who asked.
    pub(crate) to: Option<Identity>,
    pub(crate) content: Content,
    /// The message to quote, by our id.
    pub(crate) reply_to: Option<MessageId>,
    /// The number to send from; without it the vendor's first.
    pub(crate) waba: Option<WabaId>,
    /// The question that it answers, whose engine answers later.
    pub(crate) in_reply_to: Option<MessageId>,
    /// What a late reply says of its conversation; it has no replies of its own.
    pub(crate) answer: Answer,
}

impl Wanted {
    /// Reads a request. Numbers without a country code are of `country`.
    pub(crate) fn read(body: &[u8], country: &str) -> Result<Self, Problem> {
        let own = ["to", "replyTo", "wabaId"];
        let known: Vec<_> = own.into_iter().chain(compose::FIELDS).chain(LATE).collect();
        let mut wrong = Wrong::default();
        let fields = Fields::checked(body, &known, &mut wrong)?;
        let in_reply_to = wrong.checked(id(&fields, "inReplyTo", MessageId::parse));
        let in_reply_to = in_reply_to.flatten();
        let is_late = fields.has("inReplyTo");
        let to = match fields.text("to") {
            Ok(None) if is_late => Ok(None),
            _ => fields
                .required("to")
                .and_then(|to| recipient(to, country).map(Some)),
        };
        let to = wrong.checked(to);
        let answer = wrong.checked(late(&fields, is_late));
        let content = compose::content(fields.members(), country);
        let content = wrong.checked(content.map_err(|error| refused(&error)));
        let reply_to = wrong.checked(id(&fields, "replyTo", MessageId::parse));
        let waba = wrong.checked(id(&fields, "wabaId", WabaId::parse));
        let ((to, content), answer) = wrong.all(to.zip(content).zip(answer))?;
        let is_group = |to: &Identity| matches!(to, Identity::Group(_));
        if !content.mentions.is_empty() && to.as_ref().is_some_and(|to| !is_group(to)) {
            return Err(only_in_groups());
        }
        Ok(Self {
            to,
            content,
            reply_to: reply_to.flatten(),
            waba: waba.flatten(),
            in_reply_to,
            answer,
        })
    }

    /// A hash of all that was asked for. A plain text has the one that the release before gave it.
    pub(crate) fn fingerprint(&self) -> String {
        let to = match &self.to {
            Some(Identity::Phone(phone)) => phone.expose().to_owned(),
            Some(other) => other.key(),
            None => String::new(),
        };
        let text = self.content.text.as_deref().unwrap_or_default();
        let mut parts = vec![to.as_str(), text];
        let content = serde_json::to_string(&self.content).unwrap_or_default();
        let (reply_to, waba) = (self.reply_to.as_ref(), self.waba.as_ref());
        let is_plain = reply_to.is_none() && waba.is_none() && self.content == Content::text(text);
        if !is_plain {
            parts.extend([
                content.as_str(),
                reply_to.map_or("", MessageId::as_str),
                waba.map_or("", WabaId::as_str),
            ]);
        }
        let (question, answer) = (self.in_reply_to.as_ref(), &self.answer);
        if let Some(question) = question {
            parts.extend([
                question.as_str(),
                answer.intent.as_deref().unwrap_or_default(),
                answer.next_step.as_deref().unwrap_or_default(),
                if answer.requires_human { "human" } else { "" },
            ]);
        }
        Fingerprint::of(&parts).hex()
    }
}

/// Fields of a late reply alone.
const LATE: [&str; 4] = ["inReplyTo", "intent", "nextStep", "requiresHuman"];

/// What a late reply says of its conversation.
fn late(fields: &Fields, is_late: bool) -> Result<Answer, Problem> {
    let alone = LATE[1..].iter().find(|name| fields.has(name));
    if let Some(name) = alone.filter(|_| !is_late) {
        return Err(invalid(name, "goes with inReplyTo alone"));
    }
    let name = |name: &str| -> Result<Option<String>, Problem> {
        let given = fields.text(name)?;
        let usable = given.is_none_or(contract::is_name);
        let named = || given.map(str::to_owned);
        usable
            .then(named)
            .ok_or_else(|| invalid(name, contract::NAME))
    };
    Ok(Answer {
        intent: name("intent")?,
        next_step: name("nextStep")?,
        requires_human: fields.flag("requiresHuman")?.unwrap_or_default(),
        ..Answer::default()
    })
}

/// A group's id, which ends in `@g.us`, or a phone number.
fn recipient(to: &str, country: &str) -> Result<Identity, Problem> {
    match to.split_once('@') {
        None => PhoneNumber::parse(to, country)
            .map(Identity::Phone)
            .map_err(|error| invalid("to", error)),
        Some((id, "g.us")) if is_group(id) => Ok(Identity::Group(GroupId(id.to_owned()))),
        Some(_) => Err(invalid(
            "to",
            "is a phone number, or the id of a group: digits and @g.us",
        )),
    }
}

/// Digits, and in older groups a dash between two runs of them.
fn is_group(id: &str) -> bool {
    let is_run = |run: &str| !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_digit());
    id.len() <= 64 && id.split('-').all(is_run)
}

fn id<T, E: std::fmt::Display>(
    fields: &Fields,
    name: &str,
    parse: fn(&str) -> Result<T, E>,
) -> Result<Option<T>, Problem> {
    let given = fields.text(name)?.map(parse);
    given.transpose().map_err(|error| invalid(name, error))
}

/// Nobody but a group has members to mention.
pub(crate) fn only_in_groups() -> Problem {
    refused(&Refused::not_sendable(
        "mentions",
        "go with a group alone",
        "write to a group, or leave the mentions out",
    ))
}

/// A refusal as callers see it.
fn refused(refused: &Refused) -> Problem {
    let title = match refused.code {
        "not_sendable" => "Not sendable",
        _ => "Invalid field",
    };
    let detail = format!("{}: {}", refused.field, refused.detail);
    Problem::new(422, refused.code, title, detail)
        .field(&refused.field)
        .hint(refused.hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Wanted {
        Wanted::read(body.as_bytes(), "SN").unwrap()
    }

    #[test]
    fn a_plain_text_has_the_fingerprint_that_the_release_before_gave_it() {
        let before = Fingerprint::of(&["+221700000001", "Votre commande est prête"]).hex();
        for body in [
            r#"{"to":"70 000 00 01","message":" Votre commande est prête "}"#,
            r#"{"to":"+221700000001","type":"text","text":"Votre commande est prête","replyTo":null}"#,
        ] {
            assert_eq!(read(body).fingerprint(), before, "{body}");
        }
    }

    #[test]
    fn requests_that_differ_in_anything_have_different_fingerprints() {
        let bodies = [
            r#"{"to":"+221700000001","text":"Oui"}"#,
            r#"{"to":"+221700000002","text":"Oui"}"#,
            r#"{"to":"1@g.us","text":"Oui"}"#,
            r#"{"to":"1@g.us","text":"Oui","mentions":["+221700000002"]}"#,
            r#"{"to":"+221700000001","text":"Oui","wabaId":"a"}"#,
            r#"{"to":"+221700000001","text":"Oui","replyTo":"a"}"#,
            r#"{"to":"+221700000001","type":"image","mediaUrl":"https://a/","caption":"Oui"}"#,
            r#"{"to":"+221700000001","type":"image","mediaUrl":"https://b/","caption":"Oui"}"#,
            r#"{"to":"+221700000001","type":"video","mediaUrl":"https://b/","caption":"Oui"}"#,
            r#"{"to":"+221700000001","buttons":{"text":"Oui","options":[{"id":"a","title":"A"}]}}"#,
            r#"{"to":"+221700000001","buttons":{"text":"Oui","options":[{"id":"b","title":"A"}]}}"#,
        ];
        let mut seen: Vec<_> = bodies.map(|body| read(body).fingerprint()).into();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), bodies.len());
    }

    #[test]
    fn every_wrong_field_is_told_at_once() {
        let body = r#"{"to":"12","text":"","replyTo":"a b","wabaId":"","tone":"warm"}"#;
        let Err(problem) = Wanted::read(body.as_bytes(), "SN") else {
            panic!("it is not sendable");
        };
        let errors = problem.more["errors"].as_array().unwrap();
        let fields: Vec<_> = errors.iter().map(|error| error["field"].as_str()).collect();
        let expected = ["tone", "to", "text", "replyTo", "wabaId"];
        assert_eq!(fields, expected.map(Some));
    }

    #[test]
    fn a_group_is_told_by_its_id() {
        for (to, is_group) in [
            ("120363000000000001@g.us", true),
            ("221700000001-1400000000@g.us", true),
            ("@g.us", false),
            ("a@g.us", false),
            ("1-@g.us", false),
            ("1@s.whatsapp.net", false),
            ("1@newsletter", false),
        ] {
            let read = recipient(to, "SN");
            assert_eq!(read.is_ok(), is_group, "{to}");
        }
    }
}
