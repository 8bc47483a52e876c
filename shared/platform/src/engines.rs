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

#[cfg(test)]
mod tests {
    use reqwest::Url;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::fetch::Passed;

    /// An engine that gives every connection the same answer.
    async fn engine(answer: String) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/answer", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                drop(stream.read(&mut request).await);
                drop(stream.write_all(answer.as_bytes()).await);
            }
        });
        url
    }

    async fn post(url: &str, timeout: Duration) -> Result<Reply, NoReply> {
        let request = Request {
            headers: vec![("webhook-id", "msg_1".to_owned())],
            body: b"{}".to_vec(),
        };
        let engines = Engines::new(Origins::parse("http://127.0.0.1:*"));
        engines.post(url, request, timeout).await
    }

    fn answer(head: &str, bytes: usize) -> String {
        let body = " ".repeat(bytes);
        format!("HTTP/1.1 {head}\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n{body}")
    }

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn an_answer_is_read_up_to_its_limit() {
        let most = limits::ENGINE_ANSWER_BYTES;
        let whole = engine(answer("200 OK", most)).await;
        let reply = post(&whole, SOON).await.expect("a reply");
        assert_eq!((reply.status, reply.body.len()), (200, most));
        let larger = engine(answer("200 OK", most + 1)).await;
        assert_eq!(post(&larger, SOON).await, Err(NoReply::TooLarge));
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_like_any_other_and_nobody_follows_it() {
        let elsewhere = engine(answer("200 OK", 2)).await;
        let head = format!("307 Temporary Redirect\r\nlocation: {elsewhere}");
        let redirecting = engine(answer(&head, 0)).await;
        let reply = post(&redirecting, SOON).await;
        assert_eq!(reply.map(|reply| reply.status), Ok(307));
    }

    #[tokio::test]
    async fn an_answer_that_begins_and_does_not_end_is_none() {
        let endless = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned();
        let broken_off = engine(endless).await;
        assert_eq!(post(&broken_off, SOON).await, Err(NoReply::Unreachable));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let silent = format!("http://{}/", listener.local_addr().unwrap());
        let soon = Duration::from_millis(50);
        assert_eq!(post(&silent, soon).await, Err(NoReply::Unreachable));
    }

    #[tokio::test]
    async fn an_address_that_is_not_named_is_called_only_if_it_is_public() {
        let url = engine(answer("200 OK", 2)).await;
        let port = Url::parse(&url).unwrap().port().unwrap();
        let by_name = format!("http://localhost:{port}/answer");
        assert_eq!(post(&by_name, SOON).await, Err(NoReply::Forbidden));
        // A name that passed when it was saved, and leads to this machine by now.
        let passed = Passed {
            url: Url::parse(&by_name).unwrap(),
            is_named: false,
        };
        let request = reqwest::Request::new(reqwest::Method::POST, passed.url.clone());
        let clients = Guarded::new(|client| client);
        let called = clients.execute(&passed, request).await;
        assert_eq!(
            called.map_err(without_reply).err(),
            Some(NoReply::Forbidden)
        );
    }
}
