use std::time::{Duration, Instant};

use domain::VendorId;
use serde_json::json;
use tokio::net::TcpListener;
use wabactl::{AdminClient, Ask, ClientError, Direction, Patience, Registered};

use crate::gateway::{Behaviour, Gateway, KEY, rows};

fn vendor(id: &str) -> VendorId {
    VendorId::parse(id).expect("an id")
}

#[tokio::test]
async fn registering_again_updates_and_carries_the_sheets_names() {
    let gateway = Gateway::start(Behaviour::default()).await;
    let client = gateway.client();
    let row = &rows(1)[0];
    assert_eq!(client.register(row).await, Ok(Registered::Created));
    assert_eq!(client.register(row).await, Ok(Registered::Updated));
    let expected = json!({"vendorId": "v_1", "businessName": "Shop 1", "phoneNumber": "+221770000001", "provider": "wasender",
        "wasenderInstanceId": "i_1", "wasenderWebhookSecret": "webhook_secret_1", "wasenderApiKey": "api_key_1"});
    assert_eq!(gateway.asked()[0].body, expected);
}

#[tokio::test]
async fn a_refusal_keeps_its_status_code_and_reason() {
    let gateway = Gateway::start(Behaviour::default()).await;
    let error = gateway.client().vendor(&vendor("v_9")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.code()),
        (Some(404), "no_such_vendor")
    );
    let stranger = AdminClient::new(&gateway.url, "another_key").unwrap();
    let error = stranger.vendors(None).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(401), "unauthorized"));
}

#[tokio::test]
async fn lists_are_asked_for_page_by_page() {
    let gateway = Gateway::start(Behaviour::default()).await;
    let (client, id) = (gateway.client(), vendor("v_1"));
    let first = client
        .messages(&id, Some(Direction::Outbound), Some(10), None)
        .await
        .unwrap();
    let cursor = first.next_cursor.as_deref();
    let second = client.messages(&id, None, None, cursor).await.unwrap();
    assert_eq!(
        (&first.items[0]["id"], &second.items[0]["id"]),
        (&json!("msg_2"), &json!("msg_1"))
    );
    assert_eq!(second.next_cursor, None);
    let asked: Vec<_> = gateway
        .asked()
        .into_iter()
        .map(|asked| asked.path_and_query)
        .collect();
    assert_eq!(
        asked,
        [
            "/api/admin/vendors/v_1/messages?direction=outbound&limit=10",
            "/api/admin/vendors/v_1/messages?cursor=a%26b",
        ]
    );
}

#[tokio::test]
async fn a_send_carries_its_key_and_answers_its_id() {
    let gateway = Gateway::start(Behaviour::default()).await;
    let sent = gateway
        .client()
        .send(&vendor("v_1"), "+221700000001", "Bonjour", Some("key_1"))
        .await;
    assert_eq!(sent.as_deref(), Ok("msg_1"));
    let asked = &gateway.asked()[0];
    assert_eq!(asked.idempotency_key.as_deref(), Some("key_1"));
    assert_eq!(
        asked.body,
        json!({"to": "+221700000001", "message": "Bonjour"})
    );
    let sent = gateway
        .client()
        .send(&vendor("v_1"), "+221700000001", "Bonjour", Some("a\nb"))
        .await;
    assert_eq!(sent, Err(ClientError::Header("idempotency-key")));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let behaviour = Behaviour {
        always: Some((307, "")),
        ..Behaviour::default()
    };
    let gateway = Gateway::start(behaviour).await;
    let error = gateway.client().vendors(None).await.unwrap_err();
    assert_eq!((error.status(), gateway.asked().len()), (Some(307), 1));
}

#[tokio::test]
async fn an_answer_that_is_not_the_admin_apis_is_an_error() {
    for body in ["<html>", "[]", "{}", "null", r#"{"vendors":{}}"#] {
        let behaviour = Behaviour {
            always: Some((200, body)),
            ..Behaviour::default()
        };
        let client = Gateway::start(behaviour).await.client();
        let unreadable = ClientError::Unreadable { status: 200 };
        assert_eq!(
            client.vendors(None).await,
            Err(unreadable.clone()),
            "{body}"
        );
        assert_eq!(
            client.send(&vendor("v_1"), "", "", None).await,
            Err(unreadable),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_gateway_that_is_away_differs_from_one_that_broke_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = AdminClient::new(&url, KEY).unwrap();
    let breaking_off = tokio::spawn(async move {
        let (connection, _) = listener.accept().await.unwrap();
        connection.readable().await.unwrap();
    });
    assert_eq!(client.vendors(None).await, Err(ClientError::Lost));
    breaking_off.await.unwrap();
    assert_eq!(client.vendors(None).await, Err(ClientError::NotReached));
}

#[tokio::test]
async fn what_may_pass_is_asked_again_and_then_given_up() {
    let behaviour = Behaviour {
        first: vec![503, 502, 429],
        ..Behaviour::default()
    };
    let gateway = Gateway::start(behaviour).await;
    let patience = Patience::new(2, Duration::from_millis(1));
    let client = gateway.client().patient(patience);
    assert_eq!(client.register(&rows(1)[0]).await, Ok(Registered::Created));
    assert_eq!(gateway.asked().len(), 4);
    let behaviour = Behaviour {
        first: vec![503; 9],
        ..Behaviour::default()
    };
    let gateway = Gateway::start(behaviour).await;
    let client = gateway.client().patient(patience);
    let error = client.vendors(None).await.unwrap_err();
    assert_eq!((error.status(), gateway.asked().len()), (Some(503), 3));
    let once = client.call(&Ask::post(&["vendors", "v_1", "pause"])).await;
    assert_eq!(once.unwrap_err().status(), Some(503));
    assert_eq!(gateway.asked().len(), 4);
}

#[tokio::test]
async fn a_gateway_that_asks_to_wait_is_waited_for() {
    let behaviour = Behaviour {
        first: vec![429],
        retry_after: Some("1"),
        ..Behaviour::default()
    };
    let gateway = Gateway::start(behaviour).await;
    let patience = Patience::new(1, Duration::ZERO);
    let client = gateway.client().patient(patience);
    let begun = Instant::now();
    let (first, second) = (vendor("v_1"), vendor("v_1"));
    let both = tokio::join!(client.vendor(&first), client.vendor(&second));
    assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
    assert!(begun.elapsed() >= Duration::from_secs(1));
}
