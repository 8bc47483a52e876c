//! Whose number a session is: the one that was registered, another, or nobody can tell.

use crate::event::SessionStatus;
use crate::phone::PhoneNumber;

/// What is known of the number behind a session's key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// Nobody looked yet, or not since the session was linked.
    #[default]
    Pending,
    /// It is the registered number.
    Verified,
    /// It is another number: nothing leaves.
    Mismatch,
    /// The provider does not tell; nothing contradicts, and messages leave.
    Unverified,
}

impl Identity {
    pub const ALL: [Self; 4] = [
        Self::Pending,
        Self::Verified,
        Self::Mismatch,
        Self::Unverified,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Mismatch => "mismatch",
            Self::Unverified => "unverified",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// How a question about a session was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered<T> {
    Told(T),
    /// The session's key is not accepted.
    KeyRefused,
    /// The session is not connected, so that it can't be asked.
    NotConnected,
    /// Nobody answered, or the answer was to come again later.
    Busy,
    /// There was an answer, and it does not tell.
    Unreadable,
}

/// What a look at the number behind a session found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    Known(Identity),
    KeyRefused,
    /// The session is in this status, in which nobody can tell.
    Down(SessionStatus),
    /// It is to be looked at again.
    Later,
}

/// What the session's own answers to "are you connected" and "who are you" tell about the registered number.
pub fn find(
    registered: &PhoneNumber,
    status: Answered<SessionStatus>,
    user: &Answered<Vec<PhoneNumber>>,
) -> Finding {
    match (status, user) {
        (Answered::KeyRefused, _) | (_, Answered::KeyRefused) => Finding::KeyRefused,
        (Answered::Told(status), _) if status.is_down() => Finding::Down(status),
        (Answered::NotConnected, _) | (_, Answered::NotConnected) => {
            Finding::Down(SessionStatus::Disconnected)
        }
        (Answered::Busy, _) | (_, Answered::Busy) => Finding::Later,
        (Answered::Told(_) | Answered::Unreadable, Answered::Told(numbers)) => {
            Finding::Known(compare(registered, numbers))
        }
        (Answered::Told(_) | Answered::Unreadable, Answered::Unreadable) => {
            Finding::Known(Identity::Unverified)
        }
    }
}

/// Whether one of these numbers is the registered one. Of no number nobody can tell.
pub fn compare(registered: &PhoneNumber, told: &[PhoneNumber]) -> Identity {
    let is_same = |number: &PhoneNumber| folded(number) == folded(registered);
    if told.is_empty() {
        Identity::Unverified
    } else if told.iter().any(is_same) {
        Identity::Verified
    } else {
        Identity::Mismatch
    }
}

/// The digits of a number, without those that WhatsApp's ids add to or leave out of mobile numbers of some countries.
fn folded(number: &PhoneNumber) -> String {
    let digits = number.digits();
    let without = |country: &str, added: &str| {
        let rest = digits.strip_prefix(country)?.strip_prefix(added)?;
        (rest.len() == 10).then(|| format!("{country}{rest}"))
    };
    let brazil = || {
        let rest = digits.strip_prefix("55").filter(|rest| rest.len() == 11)?;
        let (area, number) = rest.split_at(2);
        Some(format!("55{area}{}", number.strip_prefix('9')?))
    };
    without("52", "1")
        .or_else(|| without("54", "9"))
        .or_else(brazil)
        .unwrap_or_else(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(digits: &str) -> PhoneNumber {
        PhoneNumber::from_provider(digits).unwrap()
    }

    const CONNECTED: Answered<SessionStatus> = Answered::Told(SessionStatus::Connected);

    #[test]
    fn the_registered_number_is_known_by_its_digits() {
        let registered = number("221700000001");
        for (told, expected) in [
            (vec![], Identity::Unverified),
            (vec!["221700000001"], Identity::Verified),
            (vec!["221700000002"], Identity::Mismatch),
            (vec!["221700000002", "221700000001"], Identity::Verified),
        ] {
            let told: Vec<_> = told.into_iter().map(number).collect();
            assert_eq!(compare(&registered, &told), expected, "{told:?}");
        }
    }

    #[test]
    fn a_digit_that_whatsapp_adds_or_leaves_out_makes_no_other_number() {
        for (registered, told) in [
            ("525512345678", "5215512345678"),
            ("541112345678", "5491112345678"),
            ("5511987654321", "551187654321"),
        ] {
            let told = [number(told)];
            assert_eq!(compare(&number(registered), &told), Identity::Verified);
        }
        let other = [number("5215512345679")];
        assert_eq!(compare(&number("525512345678"), &other), Identity::Mismatch);
    }

    #[test]
    fn what_a_session_does_not_tell_contradicts_nothing() {
        let registered = number("221700000001");
        for status in [CONNECTED, Answered::Unreadable] {
            let found = find(&registered, status, &Answered::Unreadable);
            assert_eq!(found, Finding::Known(Identity::Unverified));
        }
    }

    #[test]
    fn a_session_that_can_not_be_asked_is_not_known() {
        let registered = number("221700000001");
        let ours = Answered::Told(vec![registered.clone()]);
        for (status, user, expected) in [
            (Answered::KeyRefused, &ours, Finding::KeyRefused),
            (CONNECTED, &Answered::KeyRefused, Finding::KeyRefused),
            (
                Answered::Told(SessionStatus::NeedScan),
                &ours,
                Finding::Down(SessionStatus::NeedScan),
            ),
            (
                CONNECTED,
                &Answered::NotConnected,
                Finding::Down(SessionStatus::Disconnected),
            ),
            (Answered::Busy, &ours, Finding::Later),
            (CONNECTED, &Answered::Busy, Finding::Later),
        ] {
            assert_eq!(find(&registered, status, user), expected, "{status:?}");
        }
    }

    #[test]
    fn a_word_for_each_is_read_back() {
        for identity in Identity::ALL {
            assert_eq!(Identity::parse(identity.as_str()), Some(identity));
        }
        assert_eq!(Identity::parse("else"), None);
    }
}
