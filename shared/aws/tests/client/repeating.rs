use std::time::Duration;

use aws::Error;

use super::Both;
use super::server::{Answer, Server};

fn json(status: u16, code: &str) -> Answer {
    Answer::Json(status, format!(r#"{{"__type":"{code}"}}"#))
}

#[tokio::test]
async fn what_passes_is_tried_once_more_with_the_same_token() {
    for answer in [
        json(503, "ServiceUnavailable"),
        json(400, "ThrottlingException"),
        json(400, "ProvisionedThroughputExceededException"),
        Answer::Json(502, "<html>".to_owned()),
        Answer::Hangup,
        Answer::Late(Duration::from_secs(2)),
    ] {
        let server = Server::start([answer]).await;
        let both = Both::of(&server.url);
        let answer = both
            .dynamodb
            .transact_write_items()
            .transact_items(Vec::new());
        answer.send().await.expect("the second try succeeds");
        let asked = server.asked();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0].body, asked[1].body);
        assert!(asked[0].body["ClientRequestToken"].is_string());
    }
}

#[tokio::test]
async fn what_lasts_is_not_tried_again() {
    let server = Server::start([json(400, "ConditionalCheckFailedException")]).await;
    let error = Both::of(&server.url).dynamodb.put_item().send().await;
    assert!(
        error
            .expect_err("a refusal")
            .is("ConditionalCheckFailedException")
    );
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_call_fails_with_its_second_try() {
    let server = Server::start([json(500, "A"), json(500, "B")]).await;
    let error = Both::of(&server.url).sqs.send_message().send().await;
    assert!(error.expect_err("a refusal").is("B"));
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn who_does_not_answer_is_not_waited_for() {
    let late = || Answer::Late(Duration::from_secs(30));
    let server = Server::start([late(), late()]).await;
    let calling = Both::of(&server.url);
    let answer = calling.sqs.send_message().send();
    let answer = tokio::time::timeout(Duration::from_secs(10), answer).await;
    let error = answer.expect("it ends").expect_err("nobody answered");
    assert!(matches!(error, Error::TimedOut), "{error}");
}

#[tokio::test]
async fn who_is_not_there_is_not_reached() {
    let both = Both::of("http://127.0.0.1:1");
    let error = both.secrets.get_secret_value().secret_id("s").send().await;
    let error = error.expect_err("nobody is there");
    assert!(matches!(error, Error::NotReached), "{error}");
    let both = Both::of("no address");
    let error = both
        .sqs
        .send_message()
        .send()
        .await
        .expect_err("no address");
    assert!(matches!(error, Error::NotSent), "{error}");
}

#[tokio::test]
async fn calls_share_a_connection_until_a_service_fails_over_it() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    for _ in 0..3 {
        both.sqs.send_message().send().await.expect("an answer");
        both.dynamodb.scan().send().await.expect("an answer");
    }
    assert_eq!(server.connections(), 1);

    let server = Server::start([json(503, "ServiceUnavailable")]).await;
    let both = Both::of(&server.url);
    both.sqs
        .send_message()
        .send()
        .await
        .expect("the second try");
    assert_eq!(server.connections(), 2);
}
