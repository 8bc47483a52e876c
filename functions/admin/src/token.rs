//! Callers whom API Gateway's JWT authoriser has proved: who they are and what they may do stands in their token's claims.

use std::collections::HashMap;

use domain::VendorId;
use domain::access::{Grant, Scope};
use jiff::Timestamp;

use crate::call::Caller;

/// What a scope of ours begins with among a token's others.
const PREFIX: &str = "mw:";

/// Who a token was given to. One that names no scope of ours may do nothing; one that names nobody is nobody's.
pub(crate) fn caller(claims: &HashMap<String, String>) -> Option<Caller> {
    let subject = claims.get("sub").filter(|subject| !subject.is_empty())?;
    let scopes = ["scope", "scopes", "scp"].into_iter();
    let scopes = scopes.filter_map(|name| claims.get(name));
    let scopes = scopes.flat_map(|list| words(list));
    let scopes = scopes.filter_map(|word| Scope::parse(word.strip_prefix(PREFIX)?));
    // A list that holds no vendor's id binds to none of them, rather than to all.
    let vendors = claims
        .get("vendors")
        .map(|list| words(list).filter_map(|id| VendorId::parse(id).ok()));
    let label: String = subject
        .chars()
        .filter(|c| !c.is_control())
        .take(64)
        .collect();
    let bound_at = vendors.is_some().then(|| issued_at(claims));
    Some(Caller {
        name: format!("jwt:{subject}"),
        label,
        grant: Grant {
            scopes: scopes.collect(),
            vendors: vendors.map(Iterator::collect),
            ..Grant::unbounded()
        },
        expires_at: None,
        bound_at,
        unnoted: None,
        is_bootstrap: false,
    })
}

/// When a token was issued. One that does not tell may be of any age, so that every vendor is younger.
fn issued_at(claims: &HashMap<String, String>) -> Timestamp {
    let told = claims.get("iat").and_then(|iat| iat.parse().ok());
    let told = told.and_then(|seconds| Timestamp::from_second(seconds).ok());
    told.unwrap_or(Timestamp::MIN)
}

/// The words of a claim: API Gateway writes a list as `[a b]`, and issuers write one as `a b` or as JSON.
fn words(list: &str) -> impl Iterator<Item = &str> {
    let separates = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '"');
    list.split(separates).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(claims: &[(&str, &str)]) -> Option<Caller> {
        let claims = claims
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        caller(&claims.collect())
    }

    #[test]
    fn claims_say_who_it_is_and_what_they_may_do() {
        for scopes in [
            "openid mw:read mw:send",
            "[openid mw:read mw:send]",
            r#"["mw:read","mw:send"]"#,
        ] {
            let caller = of(&[("sub", "amina"), ("scope", scopes)]).unwrap();
            assert_eq!(caller.name, "jwt:amina");
            assert_eq!(caller.grant.scopes, [Scope::Read, Scope::Send], "{scopes}");
            assert_eq!(caller.grant.vendors, None);
        }
    }

    #[test]
    fn a_token_that_is_bound_to_vendors_tells_since_when() {
        let bound = |iat: &str| {
            let caller = of(&[("sub", "amina"), ("vendors", "v1"), ("iat", iat)]);
            caller.unwrap().bound_at.unwrap()
        };
        assert_eq!(bound("1795341600").as_second(), 1_795_341_600);
        for unread in ["", "soon", "1.5"] {
            assert_eq!(bound(unread), Timestamp::MIN, "{unread}");
        }
        assert_eq!(of(&[("sub", "amina")]).unwrap().bound_at, None);
    }

    #[test]
    fn claims_that_give_nothing_give_nothing() {
        assert!(of(&[("scope", "mw:admin")]).is_none());
        assert!(of(&[("sub", ""), ("scope", "mw:admin")]).is_none());
        for scopes in ["", "read admin", "mw:root", "MW:admin", "xmw:admin"] {
            let caller = of(&[("sub", "amina"), ("scope", scopes)]).unwrap();
            assert_eq!(caller.grant.scopes, [], "{scopes}");
        }
    }

    #[test]
    fn a_list_of_vendors_binds_even_if_it_holds_none() {
        for (list, bound) in [("[v1 v2]", 2), ("v1", 1), ("", 0), ("a/b", 0), ("*", 0)] {
            let caller = of(&[("sub", "amina"), ("scope", "mw:read"), ("vendors", list)]).unwrap();
            assert_eq!(
                caller.grant.vendors.map(|ids| ids.len()),
                Some(bound),
                "{list}"
            );
        }
    }
}
