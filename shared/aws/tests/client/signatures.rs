use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws::Credentials;
use aws::sign::{Moment, Signed, Signer, sha256_hex};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use jiff::Timestamp;
use proptest::prelude::*;

use super::Both;
use super::server::Server;

/// What AWS's own signer makes of a request.
fn expected(
    keys: &Credentials,
    (service, region): (&str, &str),
    (url, headers, body): (&str, &[(&str, &str)], &[u8]),
    at: SystemTime,
) -> String {
    let identity = aws_credential_types::Credentials::new(
        &keys.access_key_id,
        &keys.secret_access_key,
        keys.session_token.clone(),
        None,
        "test",
    );
    let identity = identity.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .expect("parameters")
        .into();
    let signable = SignableRequest::new(
        "POST",
        url,
        headers.iter().copied(),
        SignableBody::Bytes(body),
    );
    let (signed, _) = sign(signable.expect("a request"), &parameters)
        .expect("a signature")
        .into_parts();
    let mut headers = signed.headers();
    let authorization = headers.find(|(name, _)| *name == "authorization");
    authorization.expect("a signature").1.to_owned()
}

proptest! {
    #[test]
    fn a_request_is_signed_as_awss_own_signer_does(
        body in proptest::collection::vec(any::<u8>(), 0..300),
        secret in "[ -~]{1,60}",
        token in proptest::option::of("[A-Za-z0-9/+=]{1,80}"),
        region in "[a-z]{2}-[a-z]{4,9}-[1-9]",
        target in "[A-Za-z]{1,20}_20120810\\.[A-Za-z]{1,20}",
        seconds in 0_i64..4_000_000_000,
    ) {
        let keys = Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: secret,
            session_token: token.clone(),
        };
        let at = UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs());
        let own = Moment::from(Timestamp::from_second(seconds).expect("a moment"));
        let sent = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
        let url = "https://dynamodb.eu-west-1.amazonaws.com/";
        let theirs = expected(&keys, ("dynamodb", &region), (url, &sent, &body), at);

        let mut headers = vec![sent[0], ("host", "dynamodb.eu-west-1.amazonaws.com"), ("x-amz-date", own.as_str())];
        headers.extend(token.as_deref().map(|token| ("x-amz-security-token", token)));
        headers.push(sent[1]);
        let payload = sha256_hex(&body);
        let signed = Signed { method: "POST", path: "/", query: "", headers: &headers, payload: &payload };
        let signer = Signer::new("dynamodb", &region, keys);
        prop_assert_eq!(signer.authorization(&signed, own), theirs);
    }
}

#[tokio::test]
async fn what_is_sent_carries_the_signature_of_what_is_sent() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    let request = both
        .sqs
        .send_message()
        .queue_url("q")
        .message_body("Bonjour");
    request.send().await.expect("an answer");
    let asked = server.asked();
    let headers = &asked[0].headers;
    let sent: Vec<_> = ["content-type", "x-amz-target"]
        .map(|name| (name, headers[name].as_str()))
        .to_vec();
    let date: Timestamp = {
        let text = headers["x-amz-date"].as_str();
        let (day, time) = (&text[..8], &text[9..15]);
        let (year, month, day) = (&day[..4], &day[4..6], &day[6..]);
        let (hour, minute, second) = (&time[..2], &time[2..4], &time[4..]);
        format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z")
            .parse()
            .expect("a moment")
    };
    let url = format!("{}/", server.url);
    let theirs = expected(
        &super::credentials(),
        ("sqs", "eu-west-1"),
        (&url, &sent, &asked[0].bytes),
        date.into(),
    );
    assert_eq!(headers["authorization"], theirs);
}
