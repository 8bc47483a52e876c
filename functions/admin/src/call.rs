//! A request on its way to its handler: who asks, for what, with which body.

use std::fmt;
use std::sync::OnceLock;

use domain::{ConversationId, MessageId, VendorId, WabaId};
use flows::problem::Problem;
use lambda_http::aws_lambda_events::query_map::QueryMap;
use lambda_http::http::HeaderMap;
use serde_json::Value;

use crate::body::invalid;

/// What a key may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// See vendors, messages and all that is known of them.
    Read,
    /// Write to customers, and decide about what was written.
    Send,
    /// Create and change vendors, their numbers and their secrets.
    Manage,
    /// Everything, keys and the record of changes included.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Send, Self::Manage, Self::Admin];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Send => "send",
            Self::Manage => "manage",
            Self::Admin => "admin",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who asks: the name of a key, never the key, and what it may do.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) name: String,
    pub(crate) scopes: Vec<Scope>,
    /// The only vendors that it may deal with; `None` is all of them.
    pub(crate) vendors: Option<Vec<VendorId>>,
}

impl Caller {
    /// A key that may do everything.
    pub(crate) fn unbounded(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            scopes: vec![Scope::Admin],
            vendors: None,
        }
    }

    /// Whether this key may use a route of this scope on this vendor; a route of no vendor's is for keys that are bound to none.
    pub(crate) fn permitted(&self, scope: Scope, vendor: Option<&VendorId>) -> Result<(), Problem> {
        let has_scope = self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin);
        if !has_scope {
            let detail = format!("this needs a key with the scope {scope}");
            return Err(Problem::new(403, "forbidden_scope", "Forbidden", detail));
        }
        let is_bound_to_others = self
            .vendors
            .as_ref()
            .is_some_and(|bound| !vendor.is_some_and(|vendor| bound.contains(vendor)));
        if is_bound_to_others {
            let detail = "this key is bound to other vendors";
            return Err(Problem::new(403, "forbidden_vendor", "Forbidden", detail));
        }
        Ok(())
    }
}

/// What a handler is given.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) parameters: &'a [(&'static str, &'a str)],
    pub(crate) query: &'a QueryMap,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// Where the handler notes what it changed.
    pub(crate) change: &'a Change,
}

impl Call<'_> {
    /// A parameter of the path.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The vendor of the path.
    pub(crate) fn vendor(&self) -> Result<VendorId, Problem> {
        let parsed = VendorId::parse(self.parameter("vendorId"));
        parsed.map_err(|error| {
            let problem = Problem::new(
                400,
                "invalid_vendor_id",
                "Invalid vendor id",
                error.to_string(),
            );
            problem.field("vendorId")
        })
    }

    /// The message of the path; a text that can't be a message's id is the id of no message.
    pub(crate) fn message(&self) -> Result<MessageId, Problem> {
        MessageId::parse(self.parameter("messageId")).map_err(|_| crate::no_such_message())
    }

    /// The conversation of the path; a text that can't be a conversation's id is the id of no conversation.
    pub(crate) fn conversation(&self) -> Result<ConversationId, Problem> {
        let id = ConversationId::parse(self.parameter("conversationId"));
        id.map_err(|_| crate::no_such_conversation())
    }

    /// The number of the path; a text that can't be a number's id is the id of no number.
    pub(crate) fn waba(&self) -> Result<WabaId, Problem> {
        WabaId::parse(self.parameter("wabaId")).map_err(|_| crate::no_such_number())
    }

    /// The revision that the caller saw, which a change is made on the condition of: `If-Match: "<revision>"`.
    pub(crate) fn if_match(&self) -> Result<u64, Problem> {
        let Some(value) = self.headers.get("if-match") else {
            let detail = "send If-Match with the ETag that you last saw";
            return Err(Problem::new(
                428,
                "precondition_required",
                "Precondition required",
                detail,
            ));
        };
        let text = value.to_str().unwrap_or_default();
        let revision = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .and_then(|text| text.parse().ok());
        revision.ok_or_else(|| invalid("If-Match", "is one ETag that this API gave"))
    }
}

/// Somebody else changed it meanwhile.
pub(crate) fn changed_meanwhile() -> Problem {
    let detail = "it was changed since you saw it; read it again, and send its new ETag";
    Problem::new(412, "precondition_failed", "Precondition failed", detail)
}

/// What a request changed, for the record: before and after, without secrets.
#[derive(Debug, Default)]
pub(crate) struct Change(OnceLock<(Value, Value)>);

impl Change {
    /// Notes what was changed; the first note counts.
    pub(crate) fn note(&self, before: Value, after: Value) {
        let _ = self.0.set((before, after));
    }

    pub(crate) fn noted(&self) -> Option<&(Value, Value)> {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(scopes: &[Scope], vendors: Option<&[&str]>) -> Caller {
        let vendors =
            vendors.map(|ids| ids.iter().map(|id| VendorId::parse(id).unwrap()).collect());
        Caller {
            name: "a".to_owned(),
            scopes: scopes.to_vec(),
            vendors,
        }
    }

    #[test]
    fn a_key_may_do_what_its_scopes_name_on_the_vendors_that_it_is_bound_to() {
        let (mine, other) = (
            VendorId::parse("v1").unwrap(),
            VendorId::parse("v2").unwrap(),
        );
        let bound = caller(&[Scope::Read], Some(&["v1"]));
        assert!(bound.permitted(Scope::Read, Some(&mine)).is_ok());
        for (scope, vendor, code) in [
            (Scope::Read, Some(&other), "forbidden_vendor"),
            (Scope::Read, None, "forbidden_vendor"),
            (Scope::Send, Some(&mine), "forbidden_scope"),
            (Scope::Admin, Some(&mine), "forbidden_scope"),
        ] {
            assert_eq!(bound.permitted(scope, vendor).unwrap_err().code, code);
        }
        let all = caller(&[Scope::Admin], None);
        for scope in Scope::ALL {
            assert!(all.permitted(scope, Some(&other)).is_ok());
            assert!(all.permitted(scope, None).is_ok());
        }
    }
}
