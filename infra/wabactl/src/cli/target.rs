//! Which gateway is meant, and with which key it is asked.

use std::fs;

use super::Failure;
use super::arguments::Global;
use super::profiles::Profiles;

/// Where the local stack writes its key.
const LOCAL_KEY_FILE: &str = ".local/admin-key";
/// Where the local stack listens, unless it is told otherwise.
const LOCAL_URL: &str = "http://127.0.0.1:9002";

/// A gateway and the key to it.
#[derive(PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) key: String,
}

impl Target {
    /// A flag goes before the environment, and that before a profile; a profile that a flag names goes before the environment. The key that a
    /// profile or the local stack has is sent to no other address than theirs.
    pub(crate) fn find(
        global: &Global,
        variable: impl Fn(&str) -> Option<String>,
        profiles: impl Fn() -> Result<Profiles, Failure>,
    ) -> Result<Self, Failure> {
        if global.profile.is_some() && global.url.is_some() {
            let told = "give --profile or --url, not both".to_owned();
            return Err(Failure::Usage(told));
        }
        let url = global.url.clone().or_else(|| variable("WABACTL_URL"));
        let named = match (&global.profile, &url) {
            (Some(name), _) => Some(name.clone()),
            (None, None) => variable("WABACTL_PROFILE"),
            (None, Some(_)) => None,
        };
        let profile = named.map(|name| profiles()?.get(&name)).transpose()?;
        let by_environment = variable("WABACTL_KEY");
        let flagged = flagged_key(global)?;
        let (url, own_key) = match profile {
            Some(profile) => (profile.url, profile.key),
            None => (url.unwrap_or_else(|| LOCAL_URL.to_owned()), None),
        };
        let is_named_by_flag = global.profile.is_some();
        let keys = if is_named_by_flag {
            [flagged, own_key, by_environment]
        } else {
            [flagged, by_environment, own_key]
        };
        let local = || (url == LOCAL_URL).then(|| fs::read_to_string(LOCAL_KEY_FILE).ok());
        let key = keys.into_iter().flatten().next();
        let key = key.or_else(|| local().flatten()).ok_or_else(no_key)?;
        let key = key.trim().to_owned();
        Ok(Self { url, key })
    }
}

/// The key that the flags tell.
pub(crate) fn flagged_key(global: &Global) -> Result<Option<String>, Failure> {
    let Some(file) = &global.key_file else {
        return Ok(global.key.clone());
    };
    let read = fs::read_to_string(file).map(Some);
    read.map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())))
}

fn no_key() -> Failure {
    let told = "no admin key: give --key-file FILE or --profile NAME, or set WABACTL_KEY";
    Failure::Usage(told.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Arguments;
    use super::*;

    const PROFILES: &str = r#"
        [profiles.prod]
        url = "https://prod.example"
        key = "key_of_prod"

        [profiles.keyless]
        url = "https://keyless.example"
    "#;

    fn find(flags: &[&str], environment: &[(&str, &str)]) -> Result<(String, String), String> {
        let arguments = ["wabactl", "profiles", "list"].iter().chain(flags);
        let global = Arguments::parse_from(arguments).global;
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Target::find(&global, variable, || Profiles::parse(PROFILES))
            .map(|target| (target.url, target.key))
            .map_err(|failure| failure.to_string())
    }

    #[track_caller]
    fn check(flags: &[&str], environment: &[(&str, &str)], url: &str, key: &str) {
        let found = find(flags, environment);
        assert_eq!(found, Ok((url.to_owned(), key.to_owned())), "{flags:?}");
    }

    #[test]
    fn a_flag_goes_before_the_environment_and_that_before_a_profile() {
        let environment = [
            ("WABACTL_URL", "https://env.example"),
            ("WABACTL_KEY", "key_of_env"),
            ("WABACTL_PROFILE", "prod"),
        ];
        check(&[], &environment, "https://env.example", "key_of_env");
        let url = ["--url", "https://flag.example"];
        check(&url, &environment, "https://flag.example", "key_of_env");
        check(
            &["--key", "key_of_flag"],
            &environment,
            "https://env.example",
            "key_of_flag",
        );
        check(
            &["--profile", "prod"],
            &environment,
            "https://prod.example",
            "key_of_prod",
        );
        check(
            &[],
            &environment[2..],
            "https://prod.example",
            "key_of_prod",
        );
        check(
            &["--profile", "keyless"],
            &environment,
            "https://keyless.example",
            "key_of_env",
        );
    }

    #[test]
    fn a_profiles_key_goes_to_its_own_address_alone() {
        for (flags, environment) in [
            (
                &["--url", "https://flag.example"] as &[_],
                &[("WABACTL_PROFILE", "prod")] as &[_],
            ),
            (
                &[],
                &[
                    ("WABACTL_PROFILE", "prod"),
                    ("WABACTL_URL", "https://env.example"),
                ],
            ),
            (&["--profile", "keyless"], &[]),
        ] {
            let told = find(flags, environment).unwrap_err();
            assert!(told.starts_with("no admin key"), "{told}");
        }
        let both = find(&["--profile", "prod", "--url", "https://x.example"], &[]);
        assert!(both.unwrap_err().contains("not both"));
    }

    #[test]
    fn a_profile_that_is_not_there_is_told_with_those_that_are() {
        let told = find(&["--profile", "staging"], &[]).unwrap_err();
        assert_eq!(
            told,
            "no profile is called staging; there are keyless, prod"
        );
    }
}
