//! Orders as the vendor's back office tells of them, so that customers can be told how theirs stand.

mod reading;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::ids::OrderId;
use crate::phone::PhoneNumber;

pub use reading::FIELDS;

/// One customer's order at one vendor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub order_id: OrderId,
    pub customer_phone: PhoneNumber,
    /// One of [`STATUSES`], or a word of the vendor's own, which `status_text` then explains.
    pub status: String,
    /// What the customer is told in the place of the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Number>,
    /// ISO 4217, such as `XOF`; there if the total is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<OrderItem>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Timestamp>,
    /// The day on which it should be with the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_at: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
    /// As of when all this is so: what is older never replaces it.
    pub updated_at: Timestamp,
}

/// Something that was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderItem {
    pub name: String,
    pub quantity: u32,
}

/// The words for how an order stands, and what customers are told, in French and in English.
pub const STATUSES: [(&str, &str, &str); 10] = [
    ("received", "est bien reçue", "was received"),
    ("confirmed", "est confirmée", "is confirmed"),
    ("preparing", "est en préparation", "is being prepared"),
    ("ready", "est prête", "is ready"),
    ("shipped", "a été expédiée", "was shipped"),
    (
        "out_for_delivery",
        "est en cours de livraison",
        "is out for delivery",
    ),
    ("delivered", "a été livrée", "was delivered"),
    ("cancelled", "a été annulée", "was cancelled"),
    ("returned", "a été retournée", "was returned"),
    ("refunded", "a été remboursée", "was refunded"),
];

impl Order {
    /// What a customer is told of a status that is one of [`STATUSES`].
    pub fn said(&self, english: bool) -> Option<&'static str> {
        let known = STATUSES.iter().find(|(word, _, _)| *word == self.status);
        known.map(|(_, french, in_english)| if english { *in_english } else { *french })
    }

    /// Whether something of it is still to come.
    pub fn is_open(&self) -> bool {
        !matches!(
            self.status.as_str(),
            "delivered" | "cancelled" | "returned" | "refunded"
        )
    }

    /// By when it is listed among its customer's.
    pub fn listed_at(&self) -> Timestamp {
        self.placed_at.unwrap_or(self.updated_at)
    }

    /// Whether a customer who writes this means this order: all of its letters and digits, or all of its digits.
    pub fn is_meant_by(&self, number: &str) -> bool {
        let kept = |text: &str, keeps: fn(&char) -> bool| -> String {
            let plain = text.chars().filter(keeps);
            plain.flat_map(char::to_lowercase).collect()
        };
        let letters = |text: &str| kept(text, |c| c.is_alphanumeric());
        let digits = |text: &str| kept(text, char::is_ascii_digit);
        let (mine, said) = (self.order_id.as_str(), letters(number));
        let is_number = said.len() >= 3 && said.bytes().all(|byte| byte.is_ascii_digit());
        !said.is_empty() && (letters(mine) == said || (is_number && digits(mine) == said))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::WrongPart;
    use crate::limits;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    pub(crate) fn read(document: &Value) -> Result<Order, Vec<String>> {
        let id = OrderId::parse("CMD-1042").unwrap();
        let document = document.as_object().expect("an object");
        let field = |part: WrongPart| part.field;
        Order::read(id, document, ("SN", NOW))
            .map_err(|wrong| wrong.into_iter().map(field).collect())
    }

    #[test]
    fn an_order_is_read_and_shown_as_it_was_sent() {
        let sent = json!({
            "customerPhone": "+221700000001", "status": "shipped", "statusText": "Chez le livreur", "total": 27_500, "currency": "XOF",
            "items": [{ "name": "Robe wax", "quantity": 2 }], "placedAt": "2026-11-20T09:30:00Z", "expectedAt": "2026-11-25",
            "trackingUrl": "https://livreur.example/1042", "updatedAt": "2026-11-22T10:00:00Z",
        });
        let order = read(&sent).unwrap();
        let mut shown = json!(order);
        assert_eq!(shown["orderId"].take(), "CMD-1042");
        shown.as_object_mut().unwrap().remove("orderId");
        assert_eq!(shown, sent);
        let short =
            read(&json!({ "customerPhone": "70 000 00 01", "status": "received" })).unwrap();
        assert_eq!(short.customer_phone.expose(), "+221700000001");
        assert_eq!((short.updated_at, short.listed_at()), (NOW, NOW));
        let with_time = json!({ "customerPhone": "+221700000001", "status": "ready", "expectedAt": "2026-11-25T23:30:00+02:00" });
        let expected = read(&with_time).unwrap().expected_at.unwrap();
        assert_eq!(
            expected.to_string(),
            "2026-11-25",
            "the day as it was written"
        );
    }

    #[test]
    fn every_wrong_part_of_an_order_is_named() {
        let wrong = read(&json!({
            "customerPhone": "nobody", "status": "in the clouds", "statusText": "x".repeat(limits::ORDER_TEXT_BYTES + 1), "total": -1,
            "currency": "francs", "items": [{ "name": "", "quantity": 0 }, 7], "placedAt": "yesterday", "expectedAt": "soon",
            "trackingUrl": "http://livreur.example/", "updatedAt": 5, "colour": "red",
        }));
        let expected = [
            "colour",
            "customerPhone",
            "status",
            "statusText",
            "total",
            "currency",
            "items[0].name",
            "items[0].quantity",
            "items[1]",
            "placedAt",
            "expectedAt",
            "trackingUrl",
            "updatedAt",
        ];
        assert_eq!(wrong.unwrap_err(), expected);
        assert_eq!(read(&json!({})).unwrap_err(), ["customerPhone", "status"]);
        let own = json!({ "customerPhone": "+221700000001", "status": "at_the_port" });
        assert_eq!(
            read(&own).unwrap_err(),
            ["statusText"],
            "nobody knows what it means"
        );
        let total = json!({ "customerPhone": "+221700000001", "status": "ready", "total": 5 });
        assert_eq!(read(&total).unwrap_err(), ["currency"]);
        let many = vec![json!({ "name": "Pain", "quantity": 1 }); limits::ORDER_ITEMS + 1];
        let many = json!({ "customerPhone": "+221700000001", "status": "ready", "items": many });
        assert_eq!(read(&many).unwrap_err(), ["items"]);
    }

    #[test]
    fn a_number_means_an_order_however_it_is_written() {
        let order = read(&json!({ "customerPhone": "+221700000001", "status": "ready" })).unwrap();
        for (said, meant) in [
            ("CMD-1042", true),
            ("cmd 1042", true),
            ("#1042", true),
            ("1042", true),
            ("CMD-104", false),
            ("42", false),
            ("CMD", false),
            ("", false),
            ("10425", false),
        ] {
            assert_eq!(order.is_meant_by(said), meant, "{said}");
        }
    }
}
