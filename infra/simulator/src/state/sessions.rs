//! The sessions, found by number, key and label however many there are.

use std::collections::{BTreeMap, HashMap};

use crate::session::Session;

#[derive(Default)]
pub(super) struct Sessions {
    numbered: BTreeMap<u32, Session>,
    by_key: HashMap<String, u32>,
    by_label: HashMap<String, u32>,
}

impl Sessions {
    pub(super) fn all(&self) -> impl Iterator<Item = &Session> {
        self.numbered.values()
    }

    pub(super) fn get(&self, number: u32) -> Option<&Session> {
        self.numbered.get(&number)
    }

    /// The session of an API key; one without a key is nobody's.
    pub(super) fn of_key(&self, key: &str) -> Option<&Session> {
        self.get(*self.by_key.get(key)?)
    }

    pub(super) fn of_label(&self, label: &str) -> Option<&Session> {
        self.get(*self.by_label.get(label)?)
    }

    pub(super) fn insert(&mut self, session: Session) {
        self.remove(session.number);
        self.index(session.number, (&session.api_key, &session.label));
        self.numbered.insert(session.number, session);
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<Session> {
        let session = self.numbered.remove(&number)?;
        self.forget(number, (&session.api_key, &session.label));
        Some(session)
    }

    /// Changes a session, its key and label included.
    pub(super) fn edit<T>(
        &mut self,
        number: u32,
        change: impl FnOnce(&mut Session) -> T,
    ) -> Option<T> {
        let names = |session: &Session| (session.api_key.clone(), session.label.clone());
        let session = self.numbered.get_mut(&number)?;
        let before = names(session);
        let changed = change(session);
        let after = names(session);
        if before != after {
            self.forget(number, (&before.0, &before.1));
            self.index(number, (&after.0, &after.1));
        }
        Some(changed)
    }

    /// Of two with one label the older is found.
    fn index(&mut self, number: u32, (key, label): (&str, &str)) {
        if !key.is_empty() {
            self.by_key.entry(key.to_owned()).or_insert(number);
        }
        self.by_label.entry(label.to_owned()).or_insert(number);
    }

    fn forget(&mut self, number: u32, (key, label): (&str, &str)) {
        for (index, name) in [(&mut self.by_key, key), (&mut self.by_label, label)] {
            if index.get(name) == Some(&number) {
                index.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use jiff::Timestamp;

    fn session(number: u32, key: &str) -> Session {
        let settings = Settings::registered("label", "+221700000001");
        Session {
            api_key: key.to_owned(),
            ..Session::new(number, settings, Timestamp::UNIX_EPOCH)
        }
    }

    #[test]
    fn a_session_is_found_by_what_it_is_called_now() {
        let mut sessions = Sessions::default();
        sessions.insert(session(1, "first"));
        sessions.insert(session(2, ""));
        sessions.edit(1, |it| it.api_key = "second".to_owned());
        sessions.edit(2, |it| it.label = "boutique".to_owned());
        let number = |found: Option<&Session>| found.map(|session| session.number);
        assert_eq!(number(sessions.of_key("second")), Some(1));
        assert_eq!(number(sessions.of_label("boutique")), Some(2));
        for gone in ["first", ""] {
            assert_eq!(number(sessions.of_key(gone)), None);
        }
        assert_eq!(number(sessions.of_label("session_2")), None);
        sessions.remove(1);
        assert_eq!(number(sessions.of_key("second")), None);
        assert_eq!(sessions.all().count(), 1);
    }
}
