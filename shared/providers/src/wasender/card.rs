use domain::{Card, PhoneNumber};

use crate::json::Json;
use crate::text;

/// The most numbers that are kept of a card.
const PHONES: usize = 20;

/// `contactMessage{displayName, vcard}`, or `contactsArrayMessage{displayName, contacts[]}` whose numbers go together.
pub(super) fn read(value: &Json<'_>) -> Card {
    let own = value.at("vcard").text();
    let others = value
        .at("contacts")
        .one_or_many()
        .iter()
        .filter_map(|card| card.at("vcard").text());
    let mut phones = Vec::new();
    for phone in own.into_iter().chain(others).flat_map(phones_of) {
        if phones.len() < PHONES && !phones.contains(&phone) {
            phones.push(phone);
        }
    }
    Card {
        name: value.at("displayName").text().map(text::name),
        phones,
    }
}

/// The numbers of a vCard's `TEL` lines.
fn phones_of(vcard: &str) -> Vec<String> {
    vcard
        .lines()
        .filter_map(|line| {
            let (head, value) = line.split_once(':')?;
            let mut parameters = head.split(';');
            // A line may belong to a group: `item1.TEL;waid=221…:+221 …`.
            let property = parameters.next()?.rsplit('.').next()?;
            if !property.trim().eq_ignore_ascii_case("tel") {
                return None;
            }
            let waid = parameters.find_map(|parameter| parameter.strip_prefix("waid="));
            waid.and_then(PhoneNumber::from_provider)
                .map(String::from)
                .or_else(|| typed(value))
        })
        .take(PHONES)
        .collect()
}

/// A number as a person typed it: in E.164 if it is international, else as it stands.
fn typed(value: &str) -> Option<String> {
    let value = value.trim();
    let value = value.strip_prefix("tel:").unwrap_or(value);
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let international = match value.strip_prefix('+') {
        Some(_) => PhoneNumber::from_provider(&digits),
        None => digits
            .strip_prefix("00")
            .and_then(PhoneNumber::from_provider),
    };
    let as_it_stands = || text::cut_chars(value, 40).to_owned();
    (!digits.is_empty()).then(|| international.map_or_else(as_it_stands, String::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_every_form_of_a_tel_line() {
        let vcard = "BEGIN:VCARD\nVERSION:3.0\nFN:Awa\nTEL;type=CELL;waid=221700000001:+221 70 000 00 01\r\n\
            item1.TEL:+221 70 000 00 02\ntel;type=home:70 000 00 03\nTEL;VALUE=uri:tel:+221-70-000-00-04\n\
            TEL:00221700000005\nTEL:\nNOTE:TEL\nEND:VCARD";
        let expected = [
            "+221700000001",
            "+221700000002",
            "70 000 00 03",
            "+221700000004",
            "+221700000005",
        ];
        assert_eq!(phones_of(vcard), expected);
    }
}
