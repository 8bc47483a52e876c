//! Which engine over HTTP answers for a vendor, if one does.

use std::time::Duration;

use crate::limits;
use crate::vendor::VendorConfig;

/// A service that answers for a vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service<'a> {
    pub url: &'a str,
    /// The name of the secret that it is called with; without one the platform's.
    pub secret: Option<&'a str>,
    pub timeout: Duration,
}

impl<'a> Service<'a> {
    /// The vendor's own, else the platform's; `None` if the built-in engine answers.
    pub fn of(config: &'a VendorConfig, platform_url: Option<&'a str>) -> Option<Self> {
        if let Some(own) = &config.settings.engine {
            return Some(Self {
                url: &own.url,
                secret: own.secret_ref.as_deref(),
                timeout: Duration::from_millis(own.timeout_ms.into()).min(limits::ENGINE_TIMEOUT),
            });
        }
        platform_url.map(|url| Self {
            url,
            secret: None,
            timeout: limits::ENGINE_TIMEOUT,
        })
    }

    /// Scheme, machine and port, without what follows and without a user.
    pub fn origin(self) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap_or_default();
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let host = rest[..end].rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{host}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EngineSettings;
    use crate::conversation::tests::config;

    #[test]
    fn the_vendors_own_comes_before_the_platforms() {
        let mut config = config();
        assert_eq!(Service::of(&config, None), None);
        let platforms = Service::of(&config, Some("https://engine.example/answer")).unwrap();
        assert_eq!(
            (platforms.url, platforms.timeout),
            ("https://engine.example/answer", limits::ENGINE_TIMEOUT)
        );
        config.settings.engine = Some(EngineSettings {
            url: "https://own.example:8443/answer?shop=1".to_owned(),
            secret_ref: Some("own".to_owned()),
            timeout_ms: 60_000,
        });
        let own = Service::of(&config, Some("https://engine.example/answer")).unwrap();
        assert_eq!(
            (own.secret, own.timeout),
            (Some("own"), limits::ENGINE_TIMEOUT)
        );
        assert_eq!(own.origin(), "https://own.example:8443");
    }

    #[test]
    fn an_origin_tells_no_user_and_no_path() {
        for (url, origin) in [
            (
                "https://user:word@engine.example/a@b",
                "https://engine.example",
            ),
            ("http://127.0.0.1:9010", "http://127.0.0.1:9010"),
            ("nonsense", "://"),
        ] {
            let service = Service {
                url,
                secret: None,
                timeout: Duration::ZERO,
            };
            assert_eq!(service.origin(), origin);
        }
    }
}
