//! A request on its way to its handler: who asks, for what, with which body.

use std::sync::OnceLock;

use domain::access::{Grant, KeyId};
use domain::{ConversationId, Fingerprint, MessageId, VendorConfig, VendorId, WabaId, limits};
use flows::problem::Problem;
use http_api::Query;
use http_api::http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;

use crate::body::invalid;
use crate::routes::Route;

pub use domain::access::Scope;

/// Who asks: never the key itself.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Tells it from every other caller: `bootstrap`, `key:<id>`, or the mere name of a key of the first release.
    pub(crate) name: String,
    /// What its owner calls it.
    pub(crate) label: String,
    pub(crate) grant: Grant,
    /// When its key expires.
    pub(crate) expires_at: Option<Timestamp>,
    /// When a token was issued that is bound to vendors: one that was made later under the same id is another vendor. A key is unbound from a
    /// vendor that is erased.
    pub(crate) bound_at: Option<Timestamp>,
    /// Its key, if that it was used is to be noted.
    pub(crate) unnoted: Option<KeyId>,
    pub(crate) is_bootstrap: bool,
}

impl Caller {
    /// Who has the key that the stack was made with. It is for the first steps and for emergencies: it
    /// may ask as often as any key, and a vendor that others flood is not shut to it.
    pub(crate) fn bootstrap() -> Self {
        Self {
            name: "bootstrap".to_owned(),
            label: "bootstrap".to_owned(),
            grant: Grant {
                per_minute: limits::KEY_REQUESTS_PER_MINUTE_MOST,
                ..Grant::unbounded()
            },
            expires_at: None,
            bound_at: None,
            unnoted: None,
            is_bootstrap: true,
        }
    }

    /// Whether this vendor may be the one that it is bound to. Tokens tell whole seconds.
    pub(crate) fn knew(&self, vendor: &VendorConfig) -> bool {
        let made_at = vendor.created_at.as_second();
        self.bound_at.is_none_or(|at| made_at <= at.as_second())
    }

    /// As whom its requests are counted; a name may hold anything.
    pub(crate) fn counted_as(&self) -> String {
        format!("key#{}", Fingerprint::of(&[&self.name]).short())
    }

    /// Whether this key may use a route on this vendor; a route of no vendor's is for keys that are bound to none, unless it shows each key its own.
    pub(crate) fn permitted(
        &self,
        route: &Route,
        vendor: Option<&VendorId>,
    ) -> Result<(), Problem> {
        if !self.grant.has(route.scope) {
            let detail = format!("this needs a key with the scope {}", route.scope);
            return Err(Problem::new(403, "forbidden_scope", "Forbidden", detail));
        }
        if !route.narrows && !self.grant.reaches(vendor) {
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
    pub(crate) query: &'a Query,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// Where providers reach the gateway, if that is known.
    pub(crate) public_url: Option<&'a str>,
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
            name: "key:1".to_owned(),
            label: "a".to_owned(),
            grant: Grant {
                scopes: scopes.to_vec(),
                vendors,
                ..Grant::unbounded()
            },
            ..Caller::bootstrap()
        }
    }

    const fn route(scope: Scope) -> Route {
        Route::new("GET", "/a", scope, |_, _| {
            Box::pin(async { unreachable!() })
        })
    }

    #[test]
    fn a_key_may_do_what_its_scopes_name_on_the_vendors_that_it_is_bound_to() {
        let (mine, other) = (
            VendorId::parse("v1").unwrap(),
            VendorId::parse("v2").unwrap(),
        );
        let bound = caller(&[Scope::Read], Some(&["v1"]));
        assert!(bound.permitted(&route(Scope::Read), Some(&mine)).is_ok());
        for (scope, vendor, code) in [
            (Scope::Read, Some(&other), "forbidden_vendor"),
            (Scope::Read, None, "forbidden_vendor"),
            (Scope::Send, Some(&mine), "forbidden_scope"),
            (Scope::Admin, Some(&mine), "forbidden_scope"),
        ] {
            assert_eq!(
                bound.permitted(&route(scope), vendor).unwrap_err().code,
                code
            );
        }
        assert!(
            bound
                .permitted(&route(Scope::Read).narrowed(), None)
                .is_ok()
        );
        let all = caller(&[Scope::Admin], None);
        for scope in Scope::ALL {
            assert!(all.permitted(&route(scope), Some(&other)).is_ok());
            assert!(all.permitted(&route(scope), None).is_ok());
        }
    }
}
