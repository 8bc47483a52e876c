use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;
use thiserror::Error;

/// The hosts that files may be fetched from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// This host, by https, on its default port.
    Host(String),
    /// Every host below this domain, the same way.
    Below(String),
    /// Exactly this origin, whatever it is: for a simulator on this machine.
    Origin(String),
}

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Forbidden {
    #[error("it is no address")]
    Malformed,
    #[error("it is not https")]
    Scheme,
    #[error("it names a user or a password")]
    Credentials,
    #[error("it names a port")]
    Port,
    #[error("its host is not one of those that files are fetched from")]
    Host,
    #[error("its host is not a public machine")]
    Address,
}

/// An address that may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) url: Url,
    /// The configuration names its very origin, so that it may be on a private network.
    pub(crate) is_named: bool,
}

impl Hosts {
    /// Reads a list with commas: `cdn.example` is a host, `*.example` every host below it, `http://127.0.0.1:9004` an origin.
    /// What is none of these matches nothing.
    pub fn parse(list: &str) -> Self {
        let rules = list
            .split(',')
            .map(str::trim)
            .filter(|rule| !rule.is_empty());
        let rules = rules.map(|rule| {
            if rule.contains("://") {
                Rule::Origin(rule.trim_end_matches('/').to_ascii_lowercase())
            } else if let Some(domain) = rule.strip_prefix("*.") {
                Rule::Below(domain.to_ascii_lowercase())
            } else {
                Rule::Host(rule.to_ascii_lowercase())
            }
        });
        Self {
            rules: rules.collect(),
        }
    }

    /// Adds the host of an API that is called by https anyway, with `www.` and without.
    #[must_use]
    pub fn and_api(mut self, base_url: &str) -> Self {
        let host = Url::parse(base_url)
            .ok()
            .filter(|url| url.scheme() == "https")
            .and_then(|url| url.domain().map(str::to_owned));
        if let Some(host) = host {
            let bare = host.strip_prefix("www.").map(str::to_owned);
            self.rules.extend(bare.into_iter().map(Rule::Host));
            self.rules.push(Rule::Host(host));
        }
        self
    }

    pub(super) fn check(&self, address: &str) -> Result<Passed, Forbidden> {
        self.check_url(Url::parse(address).map_err(|_| Forbidden::Malformed)?)
    }

    pub(super) fn check_url(&self, url: Url) -> Result<Passed, Forbidden> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Forbidden::Credentials);
        }
        let origin = url.origin().ascii_serialization();
        if self.rules.contains(&Rule::Origin(origin)) {
            let is_named = true;
            return Ok(Passed { url, is_named });
        }
        if url.scheme() != "https" {
            return Err(Forbidden::Scheme);
        }
        if url.port().is_some() {
            return Err(Forbidden::Port);
        }
        // An address in numbers has no domain, and a machine is known by its name alone.
        let domain = url.domain().ok_or(Forbidden::Host)?;
        let is_allowed = self.rules.iter().any(|rule| match rule {
            Rule::Host(host) => host == domain,
            Rule::Below(parent) => domain
                .strip_suffix(parent.as_str())
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            Rule::Origin(_) => false,
        });
        let is_named = false;
        is_allowed
            .then_some(Passed { url, is_named })
            .ok_or(Forbidden::Host)
    }
}

/// Whether somebody may name this address to be called: https, a machine of the internet by its name, no user and no port. Where the name
/// leads is looked at when it is called.
pub(super) fn callable(url: Url) -> Result<Passed, Forbidden> {
    let domain = url.domain().ok_or(Forbidden::Address)?.to_ascii_lowercase();
    let top = domain.rsplit('.').next().unwrap_or_default();
    let is_private = matches!(
        top,
        "localhost" | "local" | "internal" | "lan" | "home" | ""
    );
    if is_private || !domain.contains('.') {
        return Err(Forbidden::Address);
    }
    let rules = vec![Rule::Host(domain)];
    Hosts { rules }.check_url(url)
}

/// Whether an address is one of the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_protocol = (a, b, c) == (192, 0, 0) || (a, b, c) == (192, 88, 99);
    let is_benchmark = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || a >= 224
        || is_shared
        || is_protocol
        || is_benchmark
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation())
}

/// Of the public part, without what carries addresses of the older kind within.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [first, second, ..] = address.segments();
    if address.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        // The last 32 bits are where a translator sends it.
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let is_global = (0x2000..0x4000).contains(&first);
    let is_tunnel = first == 0x2002 || (first == 0x2001 && second < 0x200);
    let is_documentation = (first, second) == (0x2001, 0xdb8) || first == 0x3fff;
    is_global && !is_tunnel && !is_documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        Hosts::parse("*.whatsapp.net, cdn.example ,http://127.0.0.1:9004")
            .and_api("https://www.wasenderapi.com/api")
    }

    #[test]
    fn named_hosts_pass() {
        for (address, is_named) in [
            ("https://mmg.whatsapp.net/v/t62.enc?ccb=1", false),
            ("https://media-dkr1-1.cdn.whatsapp.net/a", false),
            ("https://MMG.WhatsApp.NET/a", false),
            ("https://mmg.whatsapp.net:443/a", false),
            ("https://cdn.example/a", false),
            ("https://www.wasenderapi.com/api/decrypted-media/1", false),
            ("https://wasenderapi.com/api/decrypted-media/1", false),
            ("http://127.0.0.1:9004/_sim/media/a.enc", true),
        ] {
            let passed = hosts().check(address);
            assert_eq!(
                passed.map(|passed| passed.is_named),
                Ok(is_named),
                "{address}"
            );
        }
    }

    #[test]
    fn every_other_address_is_refused_before_anybody_is_called() {
        for (address, reason) in [
            ("", Forbidden::Malformed),
            ("/v/a.enc", Forbidden::Malformed),
            ("http://mmg.whatsapp.net/a", Forbidden::Scheme),
            ("ftp://mmg.whatsapp.net/a", Forbidden::Scheme),
            ("file:///etc/passwd", Forbidden::Scheme),
            ("gopher://mmg.whatsapp.net/a", Forbidden::Scheme),
            ("https://user@mmg.whatsapp.net/a", Forbidden::Credentials),
            (
                "https://mmg.whatsapp.net:pw@evil.example/a",
                Forbidden::Credentials,
            ),
            ("http://a:b@127.0.0.1:9004/a", Forbidden::Credentials),
            ("https://mmg.whatsapp.net:8443/a", Forbidden::Port),
            ("https://mmg.whatsapp.net:80/a", Forbidden::Port),
            ("https://evil.example/a", Forbidden::Host),
            ("https://evil.example/mmg.whatsapp.net", Forbidden::Host),
            ("https://evilwhatsapp.net/a", Forbidden::Host),
            ("https://mmg.whatsapp.net.evil.example/a", Forbidden::Host),
            ("https://whatsapp.net/a", Forbidden::Host),
            ("https://.whatsapp.net/a", Forbidden::Host),
            ("https://mmg.whatsapp.net./a", Forbidden::Host),
            ("https://127.0.0.1/a", Forbidden::Host),
            ("https://2130706433/a", Forbidden::Host),
            ("https://0x7f.1/a", Forbidden::Host),
            ("https://169.254.169.254/latest/meta-data", Forbidden::Host),
            ("https://[::1]/a", Forbidden::Host),
            ("https://[::ffff:169.254.169.254]/a", Forbidden::Host),
            ("https://localhost/a", Forbidden::Host),
            ("http://127.0.0.1:9005/a", Forbidden::Scheme),
            ("http://127.0.0.1/a", Forbidden::Scheme),
            ("https://127.0.0.1:9004/a", Forbidden::Port),
        ] {
            assert_eq!(hosts().check(address), Err(reason), "{address}");
        }
        assert_eq!(
            Hosts::default().check("https://mmg.whatsapp.net/a"),
            Err(Forbidden::Host)
        );
        let simulated = Hosts::default().and_api("http://127.0.0.1:9004/api");
        assert_eq!(
            simulated,
            Hosts::default(),
            "a plain origin is named or not called"
        );
    }

    #[test]
    fn the_host_that_is_checked_is_the_host_that_is_called() {
        // A backslash is read as a slash, as browsers do it.
        let passed = hosts().check("https://mmg.whatsapp.net\\@evil.example/a");
        assert_eq!(passed.unwrap().url.domain(), Some("mmg.whatsapp.net"));
    }

    #[test]
    fn only_machines_of_the_public_internet_are_called() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::808:808",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            let address = private.parse().expect("an address");
            assert!(!is_public(address), "{private}");
        }
        for public in [
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "157.240.1.1",
            "172.32.0.1",
            "2001:4860:4860::8888",
            "2a03:2880::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
    }
}
