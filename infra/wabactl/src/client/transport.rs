//! What every request of a client has in common: trust, key and bounds.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::Unusable;

/// An HTTP client that sends this key, or none. It trusts the web's roots (compiled in) and follows no redirects, so that the key never reaches another host.
pub(super) fn http(base: &Url, key: Option<&str>) -> Result<reqwest::Client, Unusable> {
    let this_machine = is_loopback(base);
    if base.scheme() == "http" && !this_machine {
        return Err(Unusable::PlainHttp);
    }
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls())
        .redirect(reqwest::redirect::Policy::none())
        .default_headers(key.map(headers).transpose()?.unwrap_or_default())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(30));
    // A proxy is for the way out; it can't reach this machine.
    let http = if this_machine { http.no_proxy() } else { http };
    Ok(http.build().expect("the TLS configuration is complete"))
}

fn tls() -> rustls::ClientConfig {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn headers(key: &str) -> Result<HeaderMap, Unusable> {
    if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Unusable::Key);
    }
    let mut bearer = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| Unusable::Key)?;
    bearer.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
