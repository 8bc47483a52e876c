use flows::problem;

use crate::call::Scope;
use crate::routes::Route;

/// The description of the API (`OpenAPI` 3.1), in JSON; made of `docs/openapi.yaml`.
pub const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

pub(crate) const ROUTES: &[Route] = &[Route::new("GET", "/openapi.json", Scope::Read, |_, _| {
    Box::pin(async { Ok(problem::json_text(200, OPENAPI.to_owned())) })
})];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::routes::routes;

    fn document() -> Value {
        serde_json::from_str(OPENAPI).unwrap()
    }

    /// The methods of each path of the admin API, as the description has them.
    fn described(document: &Value) -> BTreeSet<(String, String)> {
        let paths = document["paths"].as_object().unwrap().iter();
        let admin = paths.filter_map(|(path, item)| Some((path.strip_prefix("/api/admin")?, item)));
        let methods = admin.flat_map(|(path, item)| {
            let names = item.as_object().unwrap().keys();
            let names = names.filter(|name| *name != "parameters");
            names.map(move |name| (name.to_ascii_uppercase(), path.to_owned()))
        });
        methods.collect()
    }

    #[test]
    fn every_route_is_described_and_nothing_else_is() {
        let routes = routes().map(|route| (route.method.to_owned(), route.path.to_owned()));
        let routes: BTreeSet<_> = routes.collect();
        let described = described(&document());
        let missing: Vec<_> = routes.difference(&described).collect();
        let superfluous: Vec<_> = described.difference(&routes).collect();
        assert!(
            missing.is_empty() && superfluous.is_empty(),
            "not described: {missing:#?}, no routes: {superfluous:#?}"
        );
    }

    #[test]
    fn every_route_tells_its_refusals_and_the_scope_that_a_key_needs() {
        let document = document();
        for route in routes() {
            let at = format!("{} {}", route.method, route.path);
            let path = &document["paths"][format!("/api/admin{}", route.path)];
            let operation = &path[route.method.to_ascii_lowercase()];
            for status in ["401", "403", "405", "413", "429", "503"] {
                assert!(
                    operation["responses"][status].is_object(),
                    "{at} lacks {status}"
                );
            }
            let needed = json!([{ "adminKey": [route.scope.as_str()] }]);
            assert_eq!(
                operation["security"], needed,
                "{at} does not name its scope"
            );
        }
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let document = document();
        let mut names = BTreeSet::new();
        for route in routes() {
            let path = &document["paths"][format!("/api/admin{}", route.path)];
            let name = &path[route.method.to_ascii_lowercase()]["operationId"];
            let name = name
                .as_str()
                .unwrap_or_else(|| panic!("{} {}", route.method, route.path));
            assert!(names.insert(name.to_owned()), "{name} is there twice");
        }
    }
}
