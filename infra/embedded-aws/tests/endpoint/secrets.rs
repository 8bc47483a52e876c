use aws_sdk_secretsmanager::error::ProvideErrorMetadata as _;

use crate::stack::Stack;

#[tokio::test]
async fn a_secret_is_created_read_overwritten_and_described() {
    let stack = Stack::in_memory().await;
    let secrets = stack.clients("admin").secrets;
    let created = secrets
        .create_secret()
        .name("s/vendor/v")
        .secret_string("one")
        .send()
        .await
        .unwrap();
    let read = secrets
        .get_secret_value()
        .secret_id("s/vendor/v")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (read.secret_string(), read.version_id()),
        (Some("one"), created.version_id())
    );
    secrets
        .put_secret_value()
        .secret_id(created.arn().unwrap())
        .secret_string("two")
        .send()
        .await
        .unwrap();
    let current = secrets
        .get_secret_value()
        .secret_id("s/vendor/v")
        .send()
        .await
        .unwrap();
    assert_eq!(current.secret_string(), Some("two"));
    let previous = secrets
        .get_secret_value()
        .secret_id("s/vendor/v")
        .version_stage("AWSPREVIOUS")
        .send()
        .await
        .unwrap();
    assert_eq!(previous.secret_string(), Some("one"));
    let described = secrets
        .describe_secret()
        .secret_id("s/vendor/v")
        .send()
        .await
        .unwrap();
    assert_eq!(described.version_ids_to_stages().unwrap().len(), 2);
    assert!(described.created_date().is_some());
}

#[tokio::test]
async fn a_name_in_its_recovery_window_is_taken_until_it_is_restored() {
    let stack = Stack::in_memory().await;
    let secrets = stack.clients("admin").secrets;
    let create = || {
        secrets
            .create_secret()
            .name("v")
            .secret_string("one")
            .send()
    };
    create().await.unwrap();
    assert!(
        create()
            .await
            .unwrap_err()
            .into_service_error()
            .is_resource_exists_exception()
    );
    secrets
        .delete_secret()
        .secret_id("v")
        .recovery_window_in_days(7)
        .send()
        .await
        .unwrap();
    assert!(
        create()
            .await
            .unwrap_err()
            .into_service_error()
            .is_invalid_request_exception()
    );
    let read = || secrets.get_secret_value().secret_id("v").send();
    assert!(
        read()
            .await
            .unwrap_err()
            .into_service_error()
            .is_invalid_request_exception()
    );
    secrets
        .restore_secret()
        .secret_id("v")
        .send()
        .await
        .unwrap();
    assert_eq!(read().await.unwrap().secret_string(), Some("one"));
}

#[tokio::test]
async fn a_forced_deletion_frees_the_name_at_once_and_can_be_repeated() {
    let stack = Stack::in_memory().await;
    let secrets = stack.clients("admin").secrets;
    let create = || {
        secrets
            .create_secret()
            .name("v")
            .secret_string("one")
            .send()
    };
    let delete = || {
        secrets
            .delete_secret()
            .secret_id("v")
            .force_delete_without_recovery(true)
            .send()
    };
    create().await.unwrap();
    delete().await.unwrap();
    delete().await.unwrap();
    let read = secrets
        .get_secret_value()
        .secret_id("v")
        .send()
        .await
        .unwrap_err();
    assert!(read.into_service_error().is_resource_not_found_exception());
    create().await.unwrap();
}

#[tokio::test]
async fn a_list_comes_in_pages_without_the_deleted() {
    let stack = Stack::in_memory().await;
    let secrets = stack.clients("admin").secrets;
    for name in ["a", "b", "c", "d"] {
        secrets
            .create_secret()
            .name(name)
            .secret_string("x")
            .send()
            .await
            .unwrap();
    }
    secrets.delete_secret().secret_id("b").send().await.unwrap();
    let first = secrets.list_secrets().max_results(2).send().await.unwrap();
    let names: Vec<_> = first
        .secret_list()
        .iter()
        .filter_map(|secret| secret.name())
        .collect();
    assert_eq!(names, ["a", "c"]);
    let last = secrets
        .list_secrets()
        .max_results(2)
        .set_next_token(first.next_token)
        .send()
        .await
        .unwrap();
    assert_eq!((last.secret_list().len(), last.next_token()), (1, None));
    assert_eq!(stack.aws.secrets().names(), ["a", "c", "d"]);
}

#[tokio::test]
async fn a_refused_parameter_has_its_exception() {
    let stack = Stack::in_memory().await;
    let secrets = stack.clients("admin").secrets;
    secrets
        .create_secret()
        .name("v")
        .secret_string("x")
        .send()
        .await
        .unwrap();
    let error = secrets
        .delete_secret()
        .secret_id("v")
        .recovery_window_in_days(6)
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterException"));
}
