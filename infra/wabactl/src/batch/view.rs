use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::registration::Registration;

/// Fields of a vendor and its first number that a sheet can tell, by the names of the admin API's fields. No secret is among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct View(BTreeMap<String, Value>);

/// What a vendor itself has.
const OF_VENDOR: [&str; 5] = [
    "businessName",
    "language",
    "autoReply",
    "answerGroups",
    "typedPauseMinutes",
];
/// What its number has.
const OF_NUMBER: [&str; 3] = ["phoneNumber", "provider", "wasenderInstanceId"];
/// How its number sends.
const OF_PACING: [&str; 4] = ["plan", "accountProtection", "dailyCap", "jitter"];

impl View {
    /// What a sheet's row asks for.
    pub fn wanted(registration: &Registration) -> Self {
        let mut fields = registration.shown();
        fields.remove("vendorId");
        Self(fields.into_iter().collect())
    }

    /// What the gateway shows of a vendor.
    pub fn shown(vendor: &Value) -> Self {
        let number = first_number(vendor);
        let mut fields = BTreeMap::new();
        let mut take = |from: &Value, names: &[&str]| {
            for name in names {
                if let Some(value) = from.get(name) {
                    fields.insert((*name).to_owned(), value.clone());
                }
            }
        };
        take(vendor, &OF_VENDOR);
        take(number, &OF_NUMBER);
        take(&number["pacing"], &OF_PACING);
        Self(fields)
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether everything that is wanted is so.
    pub fn satisfies(&self, wanted: &Self) -> bool {
        wanted
            .iter()
            .all(|(name, value)| self.get(name) == Some(value))
    }

    /// Whether each field is as in the one or in the other: a change from this to that, or back, may have been broken off.
    pub(super) fn is_between(&self, one: &Self, other: &Self) -> bool {
        let is_of_one = |(name, value)| {
            let known = [one.get(name), other.get(name)];
            known.contains(&Some(value))
        };
        self.iter().all(is_of_one)
    }

    /// This, and over it what is wanted.
    #[must_use]
    pub fn with(&self, wanted: &Self) -> Self {
        let mut fields = self.0.clone();
        fields.extend(wanted.0.clone());
        Self(fields)
    }

    /// The fields that a request for the vendor itself takes.
    pub(super) fn of_vendor(&self) -> Map<String, Value> {
        self.only(&OF_VENDOR)
    }

    /// The fields that a request for the number takes.
    pub(super) fn of_number(&self) -> Map<String, Value> {
        let mut fields = self.only(&["phoneNumber", "wasenderInstanceId"]);
        fields.extend(self.only(&OF_PACING));
        fields
    }

    fn only(&self, names: &[&str]) -> Map<String, Value> {
        let known = |name: &&str| Some(((*name).to_owned(), self.get(name)?.clone()));
        names.iter().filter_map(known).collect()
    }
}

/// The number that a sheet's row is about.
pub(super) fn first_number(vendor: &Value) -> &Value {
    let id = format!("waba_{}", vendor["vendorId"].as_str().unwrap_or_default());
    let numbers = vendor["wabaInstances"].as_array();
    let numbers = numbers.map(Vec::as_slice).unwrap_or_default();
    let first = numbers.iter().find(|number| number["wabaId"] == id);
    first.unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_vendor_is_seen_by_its_own_fields_and_those_of_its_first_number() {
        let vendor = json!({"vendorId": "v_1", "businessName": "A", "answerGroups": false, "typedPauseMinutes": 60, "status": "pending",
        "wabaInstances": [
            {"wabaId": "waba_v_1_2", "phoneNumber": "+221700000002"},
            {"wabaId": "waba_v_1", "phoneNumber": "+221700000001", "provider": "wasender", "wasenderInstanceId": "i_1",
                "pacing": {"plan": "paid", "accountProtection": false, "dailyCap": null, "jitter": true}},
        ]});
        let seen = View::shown(&vendor);
        let expected = json!({"businessName": "A", "answerGroups": false, "typedPauseMinutes": 60, "phoneNumber": "+221700000001",
            "provider": "wasender", "wasenderInstanceId": "i_1", "plan": "paid", "accountProtection": false, "dailyCap": null, "jitter": true});
        assert_eq!(serde_json::to_value(&seen).unwrap(), expected);
        let wanted: View =
            serde_json::from_value(json!({"businessName": "A", "plan": "paid"})).unwrap();
        assert!(seen.satisfies(&wanted));
        let other: View = serde_json::from_value(json!({"businessName": "B"})).unwrap();
        assert!(!seen.satisfies(&other));
        assert!(seen.with(&other).satisfies(&other));
    }
}
