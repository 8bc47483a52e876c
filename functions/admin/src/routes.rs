//! The routes of the admin API: one table, which the dispatcher, the tests and the documentation are held to.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use flows::problem::Problem;
use http_api::http::Method;

use crate::call::{Call, Scope};
use crate::{Answer, App, no_such_route};

/// One method of one path.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: &'static str,
    /// Below `/api/admin`; a part in braces is a parameter, `{vendorId}` that of the vendor whose the request is.
    pub path: &'static str,
    /// What a key must be allowed.
    pub scope: Scope,
    /// Whether it shows a key that is bound to vendors those, and is of no one vendor's.
    pub narrows: bool,
    /// Whether the ledger says who asked, so that the record of changes need not.
    in_ledger: bool,
    pub(crate) handle: Handle,
}

type Handle = for<'a> fn(&'a App, Call<'a>) -> Handling<'a>;

/// A request that is being handled.
pub(crate) type Handling<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

impl Route {
    pub(crate) const fn new(
        method: &'static str,
        path: &'static str,
        scope: Scope,
        handle: Handle,
    ) -> Self {
        Self {
            method,
            path,
            scope,
            narrows: false,
            in_ledger: false,
            handle,
        }
    }

    /// The same route, whose handler keeps to the caller's vendors by itself.
    pub(crate) const fn narrowed(self) -> Self {
        Self {
            narrows: true,
            ..self
        }
    }

    /// The same route, whose handler writes into the ledger who asked.
    pub(crate) const fn in_ledger(self) -> Self {
        Self {
            in_ledger: true,
            ..self
        }
    }

    /// Whether the record of changes has it.
    pub(crate) fn is_recorded(&self) -> bool {
        self.method != "GET" && !self.in_ledger
    }
}

/// The routes of each subject.
const SUBJECTS: &[&[Route]] = &[
    crate::vendors::ROUTES,
    crate::vendor_changes::ROUTES,
    crate::restoring::ROUTES,
    crate::configuration::ROUTES,
    crate::numbers::ROUTES,
    crate::deleting::ROUTES,
    crate::pairing::ROUTES,
    crate::engine::ROUTES,
    crate::gaps::ROUTES,
    crate::listing::ROUTES,
    crate::actions::ROUTES,
    crate::sending::ROUTES,
    crate::conversations::ROUTES,
    crate::attending::ROUTES,
    crate::orders::ROUTES,
    crate::analytics::ROUTES,
    crate::description::ROUTES,
    crate::health::ROUTES,
    crate::sessions::ROUTES,
    crate::qr::ROUTES,
    crate::rotation::ROUTES,
    crate::keys::ROUTES,
    crate::audit::ROUTES,
    crate::setup::ROUTES,
    crate::wasender_status::ROUTES,
    crate::quarantine::ROUTES,
    crate::dead_letters::ROUTES,
];

/// Every route of the admin API.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    SUBJECTS.iter().copied().flatten()
}

/// A route that was found, and the parameters in its path.
pub(crate) struct Found<'a> {
    pub(crate) route: &'static Route,
    pub(crate) parameters: Vec<(&'static str, &'a str)>,
}

/// The route of a request; a fixed part of a path goes before a parameter.
pub(crate) fn find<'a>(method: &Method, path: &'a str) -> Result<Found<'a>, Problem> {
    let matching = routes().filter_map(|route| {
        let parameters = parameters(route.path, path)?;
        Some(Found { route, parameters })
    });
    let matching: Vec<_> = matching.collect();
    let Some(fewest) = matching.iter().map(|found| found.parameters.len()).min() else {
        return Err(no_such_route());
    };
    let mut matching = matching;
    matching.retain(|found| found.parameters.len() == fewest);
    let methods: BTreeSet<_> = matching.iter().map(|found| found.route.method).collect();
    let methods: Vec<_> = methods.into_iter().collect();
    let mut matching = matching.into_iter();
    matching
        .find(|found| found.route.method == method.as_str())
        .ok_or_else(|| Problem::method_not_allowed(&methods.join(", ")))
}

/// The parameters of a path that is formed like the pattern.
fn parameters<'a>(pattern: &'static str, path: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let mut parts = path.trim_matches('/').split('/');
    let mut parameters = Vec::new();
    for expected in pattern.trim_matches('/').split('/') {
        let part = parts.next()?;
        let name = expected
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        match name {
            Some(name) if !part.is_empty() => parameters.push((name, part)),
            None if part == expected => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_routes_have_the_same_method_and_path() {
        let all: Vec<_> = routes().map(|route| (route.method, route.path)).collect();
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn a_path_is_found_with_its_parameters() {
        let found = find(&Method::GET, "/vendors/v1/messages/msg_1").unwrap();
        assert_eq!(found.route.path, "/vendors/{vendorId}/messages/{messageId}");
        assert_eq!(
            found.parameters,
            [("vendorId", "v1"), ("messageId", "msg_1")]
        );
    }

    #[test]
    fn a_path_without_the_method_says_which_it_has() {
        let Err(problem) = find(&Method::DELETE, "/vendors") else {
            panic!("DELETE of all vendors");
        };
        assert_eq!(problem.status, 405);
        assert!(problem.detail.ends_with("GET, POST"), "{}", problem.detail);
    }

    #[test]
    fn a_path_that_is_none_is_not_found() {
        for path in [
            "",
            "/",
            "/vendors/",
            "/vendors//messages",
            "/vendors/v1/nothing",
        ] {
            let found = find(&Method::GET, path);
            let problem = found.err().filter(|_| path != "/vendors/");
            let status = problem.map_or(404, |problem| problem.status);
            assert_eq!(status, 404, "{path}");
        }
    }
}
