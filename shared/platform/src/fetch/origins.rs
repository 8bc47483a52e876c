use reqwest::Url;

use super::guard::{Forbidden, Passed, callable};

/// The origins that the operator lets be called whatever they are: engines on a private network, or on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<Origin>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Exact(String),
    /// This scheme and host, on whatever port.
    AnyPort(String),
}

impl Origins {
    /// Reads a list with commas: `https://engine.internal:8443` is one origin, `http://127.0.0.1:*` a host with all of its ports.
    /// What is none of these matches nothing.
    pub fn parse(list: &str) -> Self {
        let named = list.split(',').map(str::trim);
        let named = named.filter(|origin| origin.contains("://"));
        let origin = |text: &str| {
            let text = text.trim_end_matches('/').to_ascii_lowercase();
            match text.strip_suffix(":*") {
                Some(host) => Origin::AnyPort(host.to_owned()),
                None => Origin::Exact(text),
            }
        };
        Self(named.map(origin).collect())
    }

    /// Adds the origin of an address that the operator sets.
    #[must_use]
    pub fn and_of(mut self, address: Option<&str>) -> Self {
        let url = address.and_then(|address| Url::parse(address).ok());
        let origin = url.map(|url| Origin::Exact(url.origin().ascii_serialization()));
        self.0.extend(origin);
        self
    }

    /// Whether an address may be called: one of an origin that is named, or else https on a machine of the internet. Where its name leads is
    /// looked at when it is called.
    pub fn check(&self, address: &str) -> Result<(), Forbidden> {
        self.pass(address).map(|_| ())
    }

    pub(crate) fn pass(&self, address: &str) -> Result<Passed, Forbidden> {
        let url = Url::parse(address).map_err(|_| Forbidden::Malformed)?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || !self.names(&url) {
            return callable(url);
        }
        let is_named = true;
        Ok(Passed { url, is_named })
    }

    fn names(&self, url: &Url) -> bool {
        let origin = url.origin().ascii_serialization();
        let host = url.host_str().unwrap_or_default();
        let host = format!("{}://{host}", url.scheme());
        self.0.iter().any(|named| match named {
            Origin::Exact(named) => *named == origin,
            Origin::AnyPort(named) => *named == host,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_that_is_named_may_be_anything_and_every_other_must_be_public() {
        let origins = Origins::parse("http://127.0.0.1:*, https://engine.internal:8443/,nonsense")
            .and_of(Some("http://10.0.0.7:8080/answer"));
        for (address, expected) in [
            ("http://127.0.0.1:9009/a", Ok(true)),
            ("http://127.0.0.1/", Ok(true)),
            ("https://engine.internal:8443/a?b=c", Ok(true)),
            ("http://10.0.0.7:8080/other", Ok(true)),
            ("https://engine.example/answer", Ok(false)),
            ("https://127.0.0.1:9009/a", Err(Forbidden::Address)),
            ("http://127.0.0.1.evil.example/", Err(Forbidden::Scheme)),
            ("http://user@127.0.0.1:9009/", Err(Forbidden::Address)),
            ("https://engine.internal/a", Err(Forbidden::Address)),
            ("http://10.0.0.7:8081/", Err(Forbidden::Address)),
            ("http://169.254.169.254/latest", Err(Forbidden::Address)),
            ("https://engine.example:8443/", Err(Forbidden::Port)),
            ("http://engine.example/", Err(Forbidden::Scheme)),
            ("nonsense", Err(Forbidden::Malformed)),
        ] {
            let passed = origins.pass(address).map(|passed| passed.is_named);
            assert_eq!(passed, expected, "{address}");
        }
    }
}
