use std::time::Duration;

use domain::VendorId;
use domain::restore::record::{CHANGES, Record, What};
use platform::{Clock, Config, Credentials, Http, Platform, QueueUrls, Roots};

use crate::stack::Stack;

/// A function with a bucket of this name.
fn function(stack: &Stack, bucket: &str) -> Platform {
    let config = Config {
        stack: "local".to_owned(),
        region: "eu-west-1".to_owned(),
        credentials: Credentials {
            access_key_id: "admin".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: None,
        },
        endpoint_url: Some(stack.aws.url().to_owned()),
        roots: Roots::default(),
        queues: QueueUrls::default(),
        wasender_api_url: String::new(),
        media_bucket: Some(bucket.to_owned()),
        records_bucket: Some(bucket.to_owned()),
        restore: None,
        media_hosts: String::new(),
        log_level: "info".to_owned(),
        log_sample: 1,
        vendor_metrics: String::new(),
        public_url: None,
        repair_drift: true,
        default_country: "SN".to_owned(),
        vendor_cache: Duration::from_mins(5),
        redis_url: None,
        engine_in_flight: 3,
        engine_url: None,
        actions_url: None,
        engine_origins: String::new(),
    };
    Platform::new(&config, stack.clock.clone())
}

async fn ask(method: &str, url: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = Http::new()
        .perform(request.body(Vec::new()).unwrap())
        .await
        .unwrap();
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    (answer.status().as_u16(), body)
}

const SIGNED: (&str, &str) = (
    "authorization",
    "AWS4-HMAC-SHA256 Credential=test/1/2/s3/aws4_request",
);

async fn create_bucket(stack: &Stack) {
    let url = format!("{}/files", stack.aws.url());
    assert_eq!(ask("PUT", &url, &[SIGNED]).await.0, 200);
}

#[tokio::test]
async fn an_object_is_read_through_a_link_until_it_ends() {
    let stack = Stack::in_memory().await;
    create_bucket(&stack).await;
    let media = function(&stack, "files").media;
    let now = stack.clock.now();
    media
        .put("v/m", "image/png", b"picture".to_vec(), now)
        .await
        .unwrap();
    let link = media.link("v/m", "image/png", "a.png", now).unwrap();
    let get = async |url: &str| ask("GET", url, &[]).await;
    assert_eq!(get(&link.url).await, (200, "picture".to_owned()));
    let bare = link.url.split('?').next().unwrap();
    let unsigned = link.url.replace("X-Amz-Signature", "Other");
    for url in [bare, &unsigned] {
        assert_eq!(get(url).await.0, 403, "{url}");
    }
    let absent = media.link("v/other", "image/png", "a.png", now).unwrap();
    assert_eq!(get(&absent.url).await.0, 404);
    stack.advance(15 * 60);
    assert_eq!(get(&link.url).await.0, 403);
}

#[tokio::test]
async fn nothing_is_put_or_deleted_without_a_signature_or_a_bucket() {
    let stack = Stack::in_memory().await;
    let now = stack.clock.now();
    let file = || b"picture".to_vec();
    let elsewhere = function(&stack, "nowhere").media;
    let refused = elsewhere.put("v/m", "image/png", file(), now).await;
    assert!(refused.unwrap_err().to_string().ends_with("404"));
    create_bucket(&stack).await;
    let url = format!("{}/files/v/m", stack.aws.url());
    assert_eq!(ask("PUT", &url, &[]).await.0, 403);
    let media = function(&stack, "files").media;
    media.put("v/m", "image/png", file(), now).await.unwrap();
    assert_eq!(ask("DELETE", &url, &[]).await.0, 403);
    assert_eq!(stack.aws.objects().names(), ["files/v/m"]);
    assert_eq!(ask("DELETE", &url, &[SIGNED]).await.0, 200);
    assert!(stack.aws.objects().names().is_empty());
}

#[tokio::test]
async fn objects_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Clock::skewable();
    let stack = Stack::start(clock.clone(), Some(directory.path()))
        .await
        .unwrap();
    create_bucket(&stack).await;
    let media = function(&stack, "files").media;
    media
        .put("v/m", "image/png", b"picture".to_vec(), clock.now())
        .await
        .unwrap();
    stack.aws.shutdown().await;
    drop(stack);
    let stack = Stack::start(clock.clone(), Some(directory.path()))
        .await
        .unwrap();
    create_bucket(&stack).await;
    let media = function(&stack, "files").media;
    let link = media
        .link("v/m", "image/png", "a.png", clock.now())
        .unwrap();
    assert_eq!(ask("GET", &link.url, &[]).await.1, "picture");
}

#[tokio::test]
async fn a_large_object_is_taken() {
    let stack = Stack::in_memory().await;
    create_bucket(&stack).await;
    let media = function(&stack, "files").media;
    let large = vec![7; 32 * 1024 * 1024];
    let put = media.put("v/m", "video/mp4", large.clone(), stack.clock.now());
    tokio::time::timeout(Duration::from_secs(30), put)
        .await
        .unwrap()
        .unwrap();
    assert!(stack.aws.objects().get("files/v/m").unwrap() == large);
}

#[tokio::test]
async fn a_record_is_kept_once_and_records_are_listed_behind_one_another() {
    let stack = Stack::in_memory().await;
    create_bucket(&stack).await;
    let (records, now) = (function(&stack, "files").records, stack.clock.now());
    let made = ["v2", "v1"].map(|vendor| Record {
        at: now,
        what: What::VendorDeleted(VendorId::parse(vendor).unwrap()),
    });
    for record in made.iter().chain(&made) {
        records.keep(record, now).await.unwrap();
    }
    let listed = async |behind: Option<&str>| records.names(CHANGES, behind, now).await.unwrap();
    let names = [made[1].name(), made[0].name()];
    assert_eq!(listed(None).await, names);
    assert_eq!(listed(Some(&names[0])).await, names[1..]);
    assert_eq!(listed(Some(&names[1])).await, Vec::<String>::new());
    let url = format!("{}/files/{}", stack.aws.url(), names[0]);
    let only_new = [SIGNED, ("if-none-match", "*")];
    let (status, body) = ask("PUT", &url, &only_new).await;
    assert_eq!(status, 412);
    assert!(body.contains("PreconditionFailed"), "{body}");
}
