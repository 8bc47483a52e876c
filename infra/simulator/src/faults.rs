use jiff::Timestamp;

use crate::events::Event;
use crate::fault::{Fault, FaultKind};
use crate::session::Session;
use crate::webhook::Planned;

/// The faults that are armed. They live in memory only.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn arm(&mut self, fault: Fault) {
        if fault.times != Some(0) {
            self.0.push(fault);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn armed(&self) -> &[Fault] {
        &self.0
    }

    /// Uses up the first fault that meets a request.
    pub(crate) fn for_request(&mut self, session: Option<&Session>, path: &str) -> Option<Fault> {
        self.take(|fault| {
            fault.kind.meets_requests() && fault.is_about(session) && fault.is_on_path(path)
        })
    }

    /// Uses up a fault of this kind for a session.
    pub(crate) fn for_session(&mut self, kind: FaultKind, session: &Session) -> bool {
        self.take(|fault| fault.kind == kind && fault.is_about(Some(session)))
            .is_some()
    }

    /// Turns the events of one operation into webhooks, as the armed faults will have them.
    pub(crate) fn shape(
        &mut self,
        session: &Session,
        events: Vec<Event>,
        now: Timestamp,
    ) -> Vec<Planned> {
        let mut webhooks = Vec::new();
        for event in events {
            let dropped = self
                .for_event(FaultKind::Drop, session, &event.name)
                .is_some();
            let delay = self
                .for_event(FaultKind::Delay, session, &event.name)
                .map(|fault| fault.delay())
                .unwrap_or_default();
            let twice = self
                .for_event(FaultKind::Duplicate, session, &event.name)
                .is_some();
            let at = now + event.after;
            let webhook = Planned {
                event: event.name,
                data: event.data,
                timestamp: event.stamp.at(at),
                key_id: event.key_id,
                due: at + delay,
                dropped,
            };
            webhooks.extend(twice.then(|| webhook.clone()));
            webhooks.push(webhook);
        }
        if webhooks.len() > 1 && self.for_session(FaultKind::Reorder, session) {
            reverse(&mut webhooks);
        }
        webhooks
    }

    fn for_event(&mut self, kind: FaultKind, session: &Session, name: &str) -> Option<Fault> {
        let is_meant = |fault: &Fault| fault.event.as_deref().is_none_or(|event| event == name);
        self.take(|fault| fault.kind == kind && is_meant(fault) && fault.is_about(Some(session)))
    }

    fn take(&mut self, meets: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let index = self.0.iter().position(meets)?;
        let fault = self.0[index].clone();
        match &mut self.0[index].times {
            Some(1) => drop(self.0.remove(index)),
            Some(times) => *times -= 1,
            None => {}
        }
        Some(fault)
    }
}

/// The last webhook gets the first due time, and so on.
fn reverse(webhooks: &mut [Planned]) {
    let mut dues: Vec<_> = webhooks.iter().map(|webhook| webhook.due).collect();
    dues.sort_unstable();
    webhooks.reverse();
    for (webhook, due) in webhooks.iter_mut().zip(dues) {
        webhook.due = due;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::events::Stamp;
    use crate::settings::Settings;

    fn session() -> Session {
        let mut session = Session::new(
            1,
            Settings::registered("My Shop A", "+221701111111"),
            Timestamp::UNIX_EPOCH,
        );
        session.label = "instance_abc123".to_owned();
        session
    }

    fn event(name: &str, after: u64) -> Event {
        Event {
            name: name.to_owned(),
            data: json!({}),
            stamp: Stamp::Absent,
            key_id: None,
            after: Duration::from_millis(after),
        }
    }

    fn shaped(fault: Fault) -> Vec<(String, i64, bool)> {
        let mut faults = Faults::default();
        faults.arm(fault);
        let events = vec![event("message.sent", 1), event("messages.update", 2)];
        let webhooks = faults.shape(&session(), events, Timestamp::UNIX_EPOCH);
        webhooks
            .into_iter()
            .map(|webhook| (webhook.event, webhook.due.as_millisecond(), webhook.dropped))
            .collect()
    }

    #[test]
    fn a_request_fault_meets_its_session_and_path_as_often_as_it_says() {
        let mut faults = Faults::default();
        faults.arm(
            Fault::new(FaultKind::ServerError)
                .session("instance_abc123")
                .path("/api/send-message")
                .times(1),
        );
        assert_eq!(faults.for_request(None, "/api/send-message"), None);
        assert_eq!(faults.for_request(Some(&session()), "/api/status"), None);
        assert_eq!(
            faults.for_request(Some(&session()), "/api/send-messages"),
            None
        );
        assert!(
            faults
                .for_request(Some(&session()), "/api/send-message")
                .is_some()
        );
        assert_eq!(
            faults.for_request(Some(&session()), "/api/send-message"),
            None
        );
    }

    #[test]
    fn a_fault_without_a_count_stays_until_cleared() {
        let mut faults = Faults::default();
        faults.arm(Fault::new(FaultKind::TooManyRequests));
        assert!(
            faults.for_request(None, "/api/a").is_some()
                && faults.for_request(None, "/api/b").is_some()
        );
        faults.clear();
        assert!(faults.for_request(None, "/api/a").is_none());
    }

    #[test]
    fn webhook_faults_drop_double_delay_and_reverse() {
        let named = |kind| Fault::new(kind).event("message.sent");
        let sent = |due, dropped| ("message.sent".to_owned(), due, dropped);
        let update = |due| ("messages.update".to_owned(), due, false);
        assert_eq!(shaped(named(FaultKind::Drop)), [sent(1, true), update(2)]);
        assert_eq!(
            shaped(named(FaultKind::Duplicate)),
            [sent(1, false), sent(1, false), update(2)]
        );
        assert_eq!(
            shaped(Fault {
                delay_ms: Some(7),
                ..named(FaultKind::Delay)
            }),
            [sent(8, false), update(2)]
        );
        assert_eq!(
            shaped(Fault::new(FaultKind::Reorder)),
            [update(1), sent(2, false)]
        );
    }

    #[test]
    fn a_fault_is_read_from_its_documented_form() {
        let fault: Fault =
            serde_json::from_value(json!({"fault": "429", "times": 2, "retryAfter": 9}))
                .expect("a fault");
        assert_eq!(
            fault,
            Fault {
                retry_after: Some(9),
                ..Fault::new(FaultKind::TooManyRequests).times(2)
            }
        );
        for name in [
            "500",
            "503",
            "timeout_before",
            "timeout_after",
            "reset",
            "slow",
            "success_false",
            "unauthorized",
            "reset_after",
        ] {
            assert!(
                serde_json::from_value::<Fault>(json!({"fault": name}))
                    .is_ok_and(|fault| fault.kind.meets_requests()),
                "{name}"
            );
        }
        for name in ["duplicate", "reorder", "delay", "drop", "both_event_names"] {
            assert!(
                serde_json::from_value::<Fault>(json!({"fault": name}))
                    .is_ok_and(|fault| !fault.kind.meets_requests()),
                "{name}"
            );
        }
    }
}
