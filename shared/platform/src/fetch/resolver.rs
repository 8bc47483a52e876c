use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::guard::is_public;

/// Looks names up and forgets every address that is not of the public internet. The connection goes to one of those that are left, so
/// that a name can't lead elsewhere between the look and the call.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublicOnly;

/// A name leads to no public address.
#[derive(Clone, Copy, Debug, Error)]
#[error("the name leads to no public address")]
pub(super) struct NoPublicAddress;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|found| is_public(found.ip())).collect();
            if public.is_empty() {
                return Err(NoPublicAddress.into());
            }
            let public: Addrs = Box::new(public.into_iter());
            Ok(public)
        })
    }
}
