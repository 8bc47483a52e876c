use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::contacts::{Contacts, user};

/// A group that the vendors' numbers are members of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// The digits of its JID, with or without `@g.us`.
    pub group: String,
    /// Its name.
    #[serde(default)]
    pub subject: String,
    /// The members' numbers; the first one is its owner.
    #[serde(default)]
    pub participants: Vec<String>,
}

/// The groups that the simulator was told of, or that somebody wrote in.
#[derive(Default)]
pub(crate) struct Groups(Vec<Known>);

struct Known {
    group: Group,
    since: Timestamp,
}

impl Groups {
    /// Adds a group, or members to one that is known.
    pub(crate) fn learn(&mut self, group: &Group, now: Timestamp) {
        let id = user(&group.group);
        let index = self.0.iter().position(|known| known.group.group == id);
        let index = index.unwrap_or_else(|| {
            let group = Group {
                group: id,
                subject: String::new(),
                participants: Vec::new(),
            };
            self.0.push(Known { group, since: now });
            self.0.len() - 1
        });
        let known = &mut self.0[index].group;
        if !group.subject.is_empty() {
            known.subject.clone_from(&group.subject);
        }
        for member in group.participants.iter().map(|member| user(member)) {
            if !known.participants.contains(&member) {
                known.participants.push(member);
            }
        }
    }

    pub(crate) fn has(&self, group: &str, member: &str) -> bool {
        let (id, member) = (user(group), user(member));
        self.0
            .iter()
            .any(|known| known.group.group == id && known.group.participants.contains(&member))
    }

    /// The data of `GET /groups/{jid}/metadata`.
    pub(crate) fn metadata(&self, jid: &str) -> Option<Value> {
        let Known { group, since } = self.find(jid)?;
        let members = group.participants.iter().enumerate().map(|(place, phone)| {
            json!({"jid": format!("{phone}@s.whatsapp.net"), "isAdmin": place == 0, "isSuperAdmin": place == 0})
        });
        Some(json!({
            "jid": format!("{}@g.us", group.group),
            "subject": group.subject,
            "creation": since.as_second(),
            "owner": group.participants.first().map(|phone| format!("{phone}@s.whatsapp.net")),
            "desc": Value::Null,
            "participants": members.collect::<Vec<_>>(),
        }))
    }

    /// The data of `GET /groups/{jid}/participants`: by LID where one is known, as published.
    pub(crate) fn participants(&self, jid: &str, contacts: &Contacts) -> Option<Value> {
        let group = &self.find(jid)?.group;
        let members = group.participants.iter().enumerate().map(|(place, phone)| {
            let id = contacts.lid_of(phone).map_or_else(
                || format!("{phone}@s.whatsapp.net"),
                |lid| format!("{lid}@lid"),
            );
            if place == 0 {
                json!({"id": id, "admin": "superadmin"})
            } else {
                json!({"id": id})
            }
        });
        Some(members.collect())
    }

    fn find(&self, jid: &str) -> Option<&Known> {
        let id = user(jid.strip_suffix("@g.us")?);
        self.0.iter().find(|known| known.group.group == id)
    }
}
