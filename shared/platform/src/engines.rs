use std::time::Duration;

use domain::contract::{NoReply, Reply, Request};
use domain::limits;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER};

use crate::fetch::{self, Guarded, NotFetched, Origins};

/// The client that engines are called with: no redirects, so that a signed request never reaches another host, and of addresses that are not
/// named none that is not public.
#[derive(Clone, Debug)]
pub struct Engines {
    origins: Origins,
    clients: Guarded,
}

impl Engines {
    pub fn new(origins: Origins) -> Self {
        let clients = Guarded::new(|client| {
            client
                .connect_timeout(limits::ENGINE_CONNECT)
                .pool_idle_timeout(Duration::from_secs(20))
        });
        Self { origins, clients }
    }

    /// Posts a request, once; connecting and the whole answer are within the time-out.
    pub async fn post(
        &self,
        url: &str,
        request: Request,
        timeout: Duration,
    ) -> Result<Reply, NoReply> {
        let passed = self.origins.pass(url).map_err(|_| NoReply::Forbidden)?;
        let mut posted = reqwest::Request::new(reqwest::Method::POST, passed.url.clone());
        *posted.timeout_mut() = Some(timeout);
        let headers = posted.headers_mut();
        put(headers, "content-type", "application/json");
        put(headers, "accept", "application/json");
        for (name, value) in &request.headers {
            put(headers, name, value);
        }
        *posted.body_mut() = Some(request.body.into());
        let answer = self.clients.execute(&passed, posted).await;
        let answer = answer.map_err(without_reply)?;
        let header = |name: HeaderName| {
            let value = answer.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let reply = Reply {
            status: answer.status().as_u16(),
            content_type: header(CONTENT_TYPE),
            retry_after: header(RETRY_AFTER),
            body: Vec::new(),
        };
        if reply.status != 200 {
            return Ok(reply);
        }
        let most = u64::try_from(limits::ENGINE_ANSWER_BYTES).unwrap_or(u64::MAX);
        let body = fetch::body(answer, most).await.map_err(without_reply)?;
        Ok(Reply { body, ..reply })
    }
}

/// Our own names and values are of the form that headers have.
fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        headers.insert(HeaderName::from_static(name), value);
    }
}

const fn without_reply(reason: NotFetched) -> NoReply {
    match reason {
        NotFetched::Forbidden(_) => NoReply::Forbidden,
        NotFetched::TooLarge => NoReply::TooLarge,
        NotFetched::Refused(_) | NotFetched::Unreachable => NoReply::Unreachable,
    }
}
