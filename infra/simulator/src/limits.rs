//! Wasender's rate limits: per endpoint and session, a fixed window that opens with its first request.

use std::collections::HashMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};

use crate::options::{Plan, ResetHeader};
use crate::session::Session;

/// An endpoint that has limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    SendMessage,
    OnWhatsapp,
    ContactPicture,
    /// Participants and metadata of groups.
    Group,
}

struct Rule {
    limit: u32,
    window: SignedDuration,
    daily: Option<u32>,
    /// The 429 body's message.
    text: &'static str,
}

const MINUTE: SignedDuration = SignedDuration::from_secs(60);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The published table (rate-limits page of 2026-08). The two texts for sends are published, the general one is not.
fn rule(endpoint: Endpoint, plan: Plan, protected: bool) -> Rule {
    let general = "Too Many Attempts.";
    match (endpoint, plan) {
        (Endpoint::SendMessage, Plan::Trial | Plan::Ended) => Rule {
            limit: 1,
            window: MINUTE,
            daily: Some(50),
            text: "You are on a free trial. You can only send 1 message every 1 minute.",
        },
        (Endpoint::SendMessage, Plan::Paid) if protected => Rule {
            limit: 1,
            window: SignedDuration::from_secs(5),
            daily: None,
            text: "You have account protection enabled. You can only send 1 message every 5 seconds.",
        },
        (Endpoint::SendMessage, Plan::Paid) => Rule {
            limit: 256,
            window: MINUTE,
            daily: None,
            text: general,
        },
        (Endpoint::OnWhatsapp | Endpoint::ContactPicture, Plan::Paid) => Rule {
            limit: 60,
            window: MINUTE,
            daily: Some(1_000),
            text: general,
        },
        (Endpoint::Group, Plan::Paid) => Rule {
            limit: 10,
            window: MINUTE,
            daily: Some(500),
            text: general,
        },
        (_, Plan::Trial | Plan::Ended) => Rule {
            limit: 10,
            window: MINUTE,
            daily: Some(100),
            text: general,
        },
    }
}

/// What one request found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    /// How many seconds to wait, and the 429 body's message, if it was too many.
    pub(crate) refused: Option<(u64, &'static str)>,
    minute: Standing,
    daily: Option<Standing>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    limit: u32,
    remaining: u32,
    /// Seconds until the window ends.
    reset: u64,
}

impl Quota {
    /// Writes the `X-RateLimit-*` headers.
    pub(crate) fn write(&self, headers: &mut HeaderMap, reset: ResetHeader, now: Timestamp) {
        let reset = |left: u64| match reset {
            ResetHeader::SecondsLeft => left,
            ResetHeader::UnixTime => left.saturating_add_signed(now.as_second()),
        };
        let mut put = |name: &'static str, value: u64| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value))
        };
        put("x-ratelimit-limit", u64::from(self.minute.limit));
        put("x-ratelimit-remaining", u64::from(self.minute.remaining));
        put("x-ratelimit-reset", reset(self.minute.reset));
        if let Some(daily) = self.daily {
            put("x-ratelimit-daily-limit", u64::from(daily.limit));
            put("x-ratelimit-daily-remaining", u64::from(daily.remaining));
            put("x-ratelimit-daily-reset", reset(daily.reset));
        }
    }
}

#[derive(Clone, Copy)]
struct Window {
    opened: Timestamp,
    used: u32,
}

/// The open windows. They live in memory only.
#[derive(Default)]
pub(crate) struct Limits {
    windows: HashMap<(u32, Endpoint, SignedDuration), Window>,
}

impl Limits {
    /// Counts a request. A refused one is not counted.
    pub(crate) fn take(
        &mut self,
        session: &Session,
        endpoint: Endpoint,
        plan: Plan,
        now: Timestamp,
    ) -> Quota {
        let rule = rule(endpoint, plan, session.settings.account_protection);
        let mut refused = None;
        for (length, limit) in [
            Some((rule.window, rule.limit)),
            rule.daily.map(|limit| (DAY, limit)),
        ]
        .into_iter()
        .flatten()
        {
            let window = self.open((session.number, endpoint, length), now);
            if window.used >= limit {
                refused = Some((seconds_left(*window, length, now), rule.text));
            }
        }
        let mut count = |length, limit: u32| {
            let window = self.open((session.number, endpoint, length), now);
            window.used += u32::from(refused.is_none());
            Standing {
                limit,
                remaining: limit.saturating_sub(window.used),
                reset: seconds_left(*window, length, now),
            }
        };
        let minute = count(rule.window, rule.limit);
        let daily = rule.daily.map(|limit| count(DAY, limit));
        Quota {
            refused,
            minute,
            daily,
        }
    }

    /// The window that `now` falls in; a new one if the last has ended.
    fn open(&mut self, key: (u32, Endpoint, SignedDuration), now: Timestamp) -> &mut Window {
        let window = self.windows.entry(key).or_insert(Window {
            opened: now,
            used: 0,
        });
        if now.duration_since(window.opened) >= key.2 {
            *window = Window {
                opened: now,
                used: 0,
            };
        }
        window
    }

    pub(crate) fn clear(&mut self) {
        self.windows.clear();
    }
}

/// Whole seconds, rounded up, at least one.
fn seconds_left(window: Window, length: SignedDuration, now: Timestamp) -> u64 {
    let left = length - now.duration_since(window.opened);
    u64::try_from(left.as_millis())
        .unwrap_or_default()
        .div_ceil(1_000)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn session(protected: bool) -> Session {
        let mut settings = Settings::registered("My Shop A", "+221701111111");
        settings.account_protection = protected;
        Session::new(1, settings, Timestamp::UNIX_EPOCH)
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).expect("a time")
    }

    #[test]
    fn a_paid_session_sends_256_a_minute_and_then_waits_for_the_window() {
        let mut limits = Limits::default();
        for used in 1..=256 {
            let quota = limits.take(&session(false), Endpoint::SendMessage, Plan::Paid, at(0));
            assert_eq!((quota.refused, quota.minute.remaining), (None, 256 - used));
        }
        let quota = limits.take(
            &session(false),
            Endpoint::SendMessage,
            Plan::Paid,
            at(30_500),
        );
        assert_eq!(quota.refused.map(|(after, _)| after), Some(30));
        assert_eq!(
            limits
                .take(
                    &session(false),
                    Endpoint::SendMessage,
                    Plan::Paid,
                    at(60_000)
                )
                .refused,
            None
        );
    }

    #[test]
    fn account_protection_allows_one_send_in_five_seconds() {
        let mut limits = Limits::default();
        let mut take = |millis| {
            limits
                .take(
                    &session(true),
                    Endpoint::SendMessage,
                    Plan::Paid,
                    at(millis),
                )
                .refused
                .map(|(after, _)| after)
        };
        assert_eq!(take(0), None);
        assert_eq!(take(4_999), Some(1));
        assert_eq!(take(5_000), None);
    }

    #[test]
    fn a_trial_sends_one_a_minute_and_fifty_a_day() {
        let mut limits = Limits::default();
        let mut take = |minute: i64| {
            limits.take(
                &session(false),
                Endpoint::SendMessage,
                Plan::Trial,
                at(minute * 60_000),
            )
        };
        for minute in 0..50 {
            assert_eq!(take(minute).refused, None, "minute {minute}");
        }
        let quota = take(50);
        assert_eq!(
            quota.refused.map(|(after, _)| after),
            Some(86_400 - 50 * 60)
        );
        assert_eq!(quota.daily.map(|daily| daily.remaining), Some(0));
    }

    #[test]
    fn the_reset_is_written_in_seconds_left_or_as_unix_time() {
        let quota = Limits::default().take(&session(false), Endpoint::Group, Plan::Paid, at(0));
        let written = |meaning| {
            let mut headers = HeaderMap::new();
            quota.write(&mut headers, meaning, at(1_000_000));
            [
                headers["x-ratelimit-reset"].clone(),
                headers["x-ratelimit-daily-reset"].clone(),
            ]
        };
        assert_eq!(written(ResetHeader::SecondsLeft), ["60", "86400"]);
        assert_eq!(written(ResetHeader::UnixTime), ["1060", "87400"]);
    }

    #[test]
    fn endpoints_and_sessions_have_windows_of_their_own() {
        let mut limits = Limits::default();
        let other = Session::new(2, Settings::registered("My Shop B", "+221702222222"), at(0));
        assert_eq!(
            limits
                .take(&session(true), Endpoint::SendMessage, Plan::Paid, at(0))
                .refused,
            None
        );
        assert_eq!(
            limits
                .take(&session(true), Endpoint::OnWhatsapp, Plan::Paid, at(0))
                .refused,
            None
        );
        assert_eq!(
            limits
                .take(&other, Endpoint::SendMessage, Plan::Paid, at(0))
                .refused,
            None
        );
    }
}
