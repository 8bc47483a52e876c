//! Delivers webhooks: one at a time per session, in order of due time, each with a few tries.

use std::future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::hub::{Hub, Post};
use crate::webhook::{Outcome, Settled};

/// Wasender's own patience is undocumented beyond "under 60 s".
const TIMEOUT: Duration = Duration::from_secs(5);
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// A client without proxies and redirects. It trusts the web's roots (compiled in), for a gateway that is deployed.
pub(crate) fn client() -> Result<Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .timeout(TIMEOUT);
    client
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .context("cannot build the webhook client")
}

/// Posts whatever becomes due, for ever.
pub(crate) async fn run(hub: Arc<Hub>, client: Client) {
    let mut changes = hub.changes();
    let mut posts = JoinSet::new();
    loop {
        changes.borrow_and_update();
        let due = hub.take_due();
        for post in due.posts {
            posts.spawn(deliver(Arc::clone(&hub), client.clone(), post));
        }
        let next = async {
            match due.next {
                Some(next) => hub.options.clock.sleep_until(next).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            _ = changes.changed() => {}
            () = next => {}
            Some(_) = posts.join_next(), if !posts.is_empty() => {}
        }
    }
}

async fn deliver(hub: Arc<Hub>, client: Client, post: Post) {
    let url = post
        .url
        .as_deref()
        .and_then(|url| Url::parse(url).ok())
        .filter(|url| may_post_to(url, &hub.options.gateway_url));
    let (settled, body) = match url {
        Some(url) => attempt(&hub, &client, &post, url).await,
        None => (
            Settled {
                outcome: Outcome::Unaddressed,
                status: None,
                tries: 0,
            },
            Value::Null,
        ),
    };
    if settled.outcome != Outcome::Delivered {
        let outcome = serde_json::to_string(&settled.outcome).unwrap_or_default();
        tracing::warn!(
            event = post.event,
            outcome,
            status = settled.status,
            "a webhook was not taken"
        );
    }
    if let Err(error) = hub.settle(&post, settled, body) {
        tracing::error!(
            cause = format!("{error:#}"),
            "the end of a webhook could not be kept"
        );
    }
}

async fn attempt(hub: &Hub, client: &Client, post: &Post, url: Url) -> (Settled, Value) {
    let bytes = post.body.to_string();
    let mut last = (None, Value::Null);
    for tries in 1..=TRIES {
        if tries > 1 {
            hub.options.clock.sleep_until(hub.now() + PAUSE).await;
        }
        let mut request = client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(bytes.clone());
        if !post.secret.is_empty() {
            request = request.header("X-Webhook-Signature", &post.secret);
        }
        let Ok(response) = request.send().await else {
            last = (None, Value::Null);
            continue;
        };
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        let body = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
        if !status.is_server_error() {
            let outcome = if status.is_success() {
                Outcome::Delivered
            } else {
                Outcome::Refused
            };
            return (
                Settled {
                    outcome,
                    status: Some(status.as_u16()),
                    tries,
                },
                body,
            );
        }
        last = (Some(status.as_u16()), body);
    }
    (
        Settled {
            outcome: Outcome::GaveUp,
            status: last.0,
            tries: TRIES,
        },
        last.1,
    )
}

/// To this machine in clear, and to the one gateway that the simulator was started for; what else a session's URL says stays unposted.
fn may_post_to(url: &Url, gateway_url: &str) -> bool {
    let is_gateway = || {
        url.scheme() == "https"
            && Url::parse(gateway_url).is_ok_and(|gateway| gateway.origin() == url.origin())
    };
    (url.scheme() == "http" && is_on_this_machine(url)) || is_gateway()
}

fn is_on_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_post(url: &str, gateway_url: &str) -> bool {
        may_post_to(&Url::parse(url).expect("a url"), gateway_url)
    }

    #[test]
    fn only_addresses_of_this_machine_are_posted_to_in_clear() {
        for gateway in ["http://127.0.0.1:9002", "http://gateway.example"] {
            for url in [
                "http://127.0.0.1:9002/a",
                "http://localhost/a",
                "http://[::1]:80/a",
            ] {
                assert!(may_post(url, gateway), "{url}");
            }
            for url in [
                "https://127.0.0.1/a",
                "http://gateway.example/a",
                "http://10.0.0.1/a",
                "http://localhost.example/",
            ] {
                assert!(!may_post(url, gateway), "{url}");
            }
        }
    }

    #[test]
    fn a_deployed_gateway_is_posted_to_by_https_and_nobody_else_is() {
        let gateway = "https://gateway.example/prod";
        assert!(may_post(
            "https://gateway.example/prod/api/webhooks/wasender/vendor_001",
            gateway
        ));
        for url in [
            "http://gateway.example/prod",
            "https://gateway.example:8443/prod",
            "https://gateway.example.evil/prod",
            "https://other.example/prod",
        ] {
            assert!(!may_post(url, gateway), "{url}");
        }
    }

    #[test]
    fn the_client_trusts_the_webs_roots() {
        assert!(client().is_ok());
    }
}
