//! What callers may do, as IAM would say it: roles that allow actions on resources, some under a condition.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::calls::Call;
use crate::permission::Permission;

/// So many refusals are remembered at most.
const REMEMBERED: usize = 100;

/// One action on one kind of resource that a statement allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The statement's name.
    pub sid: String,
    pub action: String,
    /// The resource's name, in which `*` stands for anything and `?` for any character.
    pub resource: String,
    /// Where it is not about every item.
    pub condition: Option<Condition>,
}

/// What all keys of a request must be like: partition keys of items, or the prefix of a list of objects.
///
/// It stands for `ForAllValues:StringLike` and `ForAllValues:StringNotLike` of `dynamodb:LeadingKeys`, or `StringLike` of `s3:prefix`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Like one of these; empty for any.
    pub like: Vec<String>,
    /// And like none of these.
    pub unlike: Vec<String>,
}

impl Grant {
    pub fn allows(&self, needed: &Permission) -> bool {
        let condition = self.condition.as_ref();
        needed.action == self.action
            && is_like(&needed.resource, &self.resource)
            && condition.is_none_or(|condition| condition.holds(needed))
    }
}

impl Condition {
    /// A request that names no key fulfils none: AWS would let it pass, and no statement of ours means that.
    fn holds(&self, needed: &Permission) -> bool {
        let mut keys = needed.keys.iter();
        let any_like = |key: &str, patterns: &[String]| {
            let mut patterns = patterns.iter();
            patterns.any(|pattern| is_like(key, pattern))
        };
        let fits = |key: &String| self.like.is_empty() || any_like(key, &self.like);
        !needed.keys.is_empty() && keys.all(|key| fits(key) && !any_like(key, &self.unlike))
    }
}

/// Whether a text is like a pattern of a policy.
pub fn is_like(text: &str, pattern: &str) -> bool {
    let Some(wild) = pattern.find(['*', '?']) else {
        return text == pattern;
    };
    let (beginning, rest) = pattern.split_at(wild);
    let Some(text) = text.strip_prefix(beginning) else {
        return false;
    };
    if let Some(rest) = rest.strip_prefix('?') {
        let mut left = text.chars();
        return left.next().is_some() && is_like(left.as_str(), rest);
    }
    let rest = &rest[1..];
    rest.is_empty() || ends(text).any(|end| is_like(end, rest))
}

/// Every end of a text, the whole and the empty one among them.
fn ends(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.char_indices().map(|(at, _)| at);
    starts.chain([text.len()]).map(|at| &text[at..])
}

/// The roles of callers. One without a role is the account's owner, who may do everything.
pub type Roles = BTreeMap<String, Vec<Grant>>;

/// Lets pass what roles allow, and remembers what they did not.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    roles: Roles,
    refused: Mutex<Vec<String>>,
}

impl Guard {
    pub(crate) fn new(roles: Roles) -> Self {
        Self {
            roles,
            refused: Mutex::default(),
        }
    }

    /// Whether the caller may do all that a call needs.
    pub(crate) fn allows(&self, call: &Call) -> bool {
        let Some(grants) = self.roles.get(&call.caller) else {
            return true;
        };
        let is_allowed = |need: &Permission| grants.iter().any(|grant| grant.allows(need));
        let lacking: Vec<_> = call
            .permissions
            .iter()
            .filter(|need| !is_allowed(need))
            .collect();
        for Permission {
            action,
            resource,
            keys,
        } in &lacking
        {
            let caller = &call.caller;
            // Keys may tell of a customer: they are for tests alone.
            tracing::error!("the role of {caller} does not allow {action} on {resource}");
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            if refused.len() < REMEMBERED {
                refused.push(format!("{caller}: {action} on {resource} {keys:?}"));
            }
        }
        lacking.is_empty()
    }

    /// What was refused so far.
    pub(crate) fn refused(&self) -> Vec<String> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(like: &[&str], unlike: &[&str]) -> Grant {
        let owned = |patterns: &[&str]| patterns.iter().map(|one| (*one).to_owned()).collect();
        Grant {
            sid: "DoIt".to_owned(),
            action: "dynamodb:GetItem".to_owned(),
            resource: "local-lanes".to_owned(),
            condition: Some(Condition {
                like: owned(like),
                unlike: owned(unlike),
            }),
        }
    }

    fn need(keys: &[&str]) -> Permission {
        let need = Permission::new("dynamodb:GetItem", "local-lanes");
        need.about(keys.iter().map(|key| (*key).to_owned()))
    }

    #[test]
    fn patterns_mean_what_they_mean_in_a_policy() {
        for (text, pattern) in [
            ("local/vendor/v", "local/vendor/*"),
            ("local-media/v/2026-11/m", "local-media/*/????-??/*"),
            ("v#msg_1", "*#msg_*"),
            ("platform", "platform"),
            ("", "*"),
        ] {
            assert!(is_like(text, pattern), "{text} is like {pattern}");
        }
        for (text, pattern) in [
            ("local/platform", "local/vendor/*"),
            ("local-media/v/m", "local-media/*/????-??/*"),
            ("v#ref#w#k:msg_1", "*#msg_*"),
            ("platforms", "platform"),
            ("", "?"),
        ] {
            assert!(!is_like(text, pattern), "{text} is not like {pattern}");
        }
    }

    #[test]
    fn a_condition_is_for_every_key_of_a_request() {
        let lanes = grant(&["*#*"], &["rate#key#*"]);
        assert!(lanes.allows(&need(&["v#w"])));
        assert!(!lanes.allows(&need(&["v#w", "platform"])));
        assert!(!lanes.allows(&need(&["v#w", "rate#key#1"])));
        assert!(!lanes.allows(&need(&[])), "nobody knows what it is about");
        assert!(grant(&[], &["*#*"]).allows(&need(&["platform"])));
    }

    #[test]
    fn a_grant_is_for_its_action_on_its_resource() {
        let lanes = Grant {
            condition: None,
            ..grant(&[], &[])
        };
        assert!(lanes.allows(&need(&[])));
        assert!(!lanes.allows(&Permission::new("dynamodb:PutItem", "local-lanes")));
        assert!(!lanes.allows(&Permission::new(
            "dynamodb:GetItem",
            "local-lanes/index/by_due"
        )));
    }
}
