use domain::{ApiKey, PhoneNumber, VendorId, WebhookSecret};
use serde_json::{Map, Value, json};

/// A vendor with its first number, as one row of the sheet registers it. Its `Debug` masks the number and shows no secret.
#[derive(Clone, Debug)]
pub struct Registration {
    pub vendor_id: VendorId,
    pub business_name: String,
    pub phone_number: PhoneNumber,
    /// The owner's label of the provider's session.
    pub wasender_instance_id: String,
    pub wasender_webhook_secret: WebhookSecret,
    /// Absent for a vendor that receives before it may send; an update without it keeps the key that is stored.
    pub wasender_api_key: Option<ApiKey>,
    /// What else is told, by the names of the admin API's fields; what is not told stays as it is.
    pub more: Map<String, Value>,
}

impl Registration {
    /// The body of `POST /api/admin/vendors`. It holds the secrets in clear: it is for the wire and for nothing else.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "vendorId": self.vendor_id.as_str(),
            "businessName": self.business_name,
            "phoneNumber": self.phone_number.expose(),
            "provider": "wasender",
            "wasenderInstanceId": self.wasender_instance_id,
            "wasenderWebhookSecret": self.wasender_webhook_secret.expose(),
        });
        if let Some(key) = &self.wasender_api_key {
            body["wasenderApiKey"] = key.expose().into();
        }
        for (name, value) in &self.more {
            body[name] = value.clone();
        }
        body
    }

    /// The fields of the body that anybody may see.
    pub fn shown(&self) -> Map<String, Value> {
        let Value::Object(mut fields) = self.body() else {
            return Map::new();
        };
        fields
            .retain(|name, _| !matches!(name.as_str(), "wasenderWebhookSecret" | "wasenderApiKey"));
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration(key: Option<&str>) -> Registration {
        Registration {
            vendor_id: VendorId::parse("vendor_001").unwrap(),
            business_name: "My Shop A".to_owned(),
            phone_number: PhoneNumber::from_provider("221701111111").unwrap(),
            wasender_instance_id: "instance_abc123".to_owned(),
            wasender_webhook_secret: WebhookSecret::parse("secret_123").unwrap(),
            wasender_api_key: key.map(|key| ApiKey::parse(key).unwrap()),
            more: Map::new(),
        }
    }

    #[test]
    fn a_registration_prints_neither_its_secrets_nor_its_number() {
        let printed = format!("{:?}", registration(Some("api_key_abc")));
        for hidden in ["secret_123", "api_key_abc", "221701111111"] {
            assert!(!printed.contains(hidden), "{printed}");
        }
    }

    #[test]
    fn an_absent_key_is_left_out_of_the_request() {
        assert_eq!(
            registration(Some("api_key_abc")).body()["wasenderApiKey"],
            "api_key_abc"
        );
        assert_eq!(registration(None).body().get("wasenderApiKey"), None);
    }

    #[test]
    fn what_else_is_told_is_asked_for_and_nothing_more() {
        let more = Map::from_iter([("accountProtection".to_owned(), false.into())]);
        let told = Registration {
            more,
            ..registration(None)
        };
        assert_eq!(told.body()["accountProtection"], false);
        assert_eq!(registration(None).body().get("accountProtection"), None);
    }

    #[test]
    fn what_may_be_seen_has_no_secret() {
        let shown = registration(Some("api_key_abc")).shown();
        let names: Vec<_> = shown.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "businessName",
                "phoneNumber",
                "provider",
                "vendorId",
                "wasenderInstanceId"
            ]
        );
    }
}
