use domain::{GroupId, Lid, PhoneNumber};

/// Whom or what an address of WhatsApp (`user@server`) names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Jid {
    Phone(PhoneNumber),
    Lid(Lid),
    Group(GroupId),
    /// A WhatsApp channel.
    Channel,
    /// A story or a broadcast list.
    Broadcast,
    /// An address of a form that is not known, or none.
    Other,
}

impl Jid {
    /// Reads `221…@s.whatsapp.net`, `221…@c.us`, `123…@lid`, `…@g.us` and the rest; a device (`:12`) or agent (`_1`) behind the user
    /// is left out. Without a server only `+221…` is an address (`message.sent`, as documented): bare digits may be a linked id.
    pub(super) fn parse(address: &str) -> Self {
        let Some((user, server)) = address.trim().split_once('@') else {
            let number = address.trim().starts_with('+');
            return PhoneNumber::from_provider(address)
                .filter(|_| number)
                .map_or(Self::Other, Self::Phone);
        };
        let person = user.split([':', '_']).next().unwrap_or_default();
        match server {
            "s.whatsapp.net" | "c.us" | "hosted" => {
                PhoneNumber::from_provider(person).map_or(Self::Other, Self::Phone)
            }
            "lid" | "hosted.lid" => Lid::parse(person).map_or(Self::Other, Self::Lid),
            "g.us" if is_group(user) => Self::Group(GroupId(user.to_owned())),
            "newsletter" => Self::Channel,
            "broadcast" => Self::Broadcast,
            _ => Self::Other,
        }
    }

    pub(super) fn phone(self) -> Option<PhoneNumber> {
        if let Self::Phone(phone) = self {
            Some(phone)
        } else {
            None
        }
    }

    pub(super) fn lid(self) -> Option<Lid> {
        if let Self::Lid(lid) = self {
            Some(lid)
        } else {
            None
        }
    }
}

fn is_group(user: &str) -> bool {
    (1..=64).contains(&user.len()) && user.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: &str) {
        let read = match Jid::parse(address) {
            Jid::Phone(phone) => phone.expose().to_owned(),
            Jid::Lid(lid) => format!("lid {}", lid.expose()),
            Jid::Group(group) => format!("group {}", group.0),
            Jid::Channel => "channel".to_owned(),
            Jid::Broadcast => "broadcast".to_owned(),
            Jid::Other => "other".to_owned(),
        };
        assert_eq!(read, expected, "{address}");
    }

    #[test]
    fn every_form_of_an_address_is_read() {
        check("221700000001@s.whatsapp.net", "+221700000001");
        check("221700000001:12@s.whatsapp.net", "+221700000001");
        check("221700000001_1:12@s.whatsapp.net", "+221700000001");
        check("221700000001@c.us", "+221700000001");
        check("+221700000001", "+221700000001");
        check("123456789012301@lid", "lid 123456789012301");
        check("123456789012301:7@lid", "lid 123456789012301");
        check("120363000000000001@g.us", "group 120363000000000001");
        check(
            "221700000001-1600000000@g.us",
            "group 221700000001-1600000000",
        );
        check("120363000000000002@newsletter", "channel");
        check("status@broadcast", "broadcast");
    }

    #[test]
    fn bare_digits_and_unknown_servers_name_nobody() {
        for no in [
            "123456789012301",
            "",
            "@",
            "x@lid",
            "1@s.whatsapp.net",
            "a b@g.us",
            "221700000001@bot",
        ] {
            check(no, "other");
        }
    }
}
