use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::Services;
use crate::faults::{Fate, When};
use crate::request::{Request, Service};
use crate::{s3, secrets, sqs};

/// DynamoDB's own limit, the largest of the services that are spoken to in JSON.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// S3 takes larger objects than this, and the gateway keeps none.
const MAX_OBJECT_BYTES: usize = 64 * 1024 * 1024;

const QUERY_ERROR: &str = "x-amzn-query-error";

type Response = http::Response<Full<Bytes>>;

/// Serves the endpoint until it is told to stop or forgotten, then closes every connection.
pub(crate) async fn serve(
    listener: TcpListener,
    services: Arc<Services>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection(stream, Arc::clone(&services)))),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, services: Arc<Services>) {
    // Answers are small: waiting to fill a packet costs 40 ms now and then.
    drop(stream.set_nodelay(true));
    let service = service_fn(|request| {
        let services = Arc::clone(&services);
        async move { Ok::<_, Infallible>(answer(&services, request).await) }
    });
    if let Err(error) = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await
    {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn answer(services: &Services, request: http::Request<Incoming>) -> Response {
    if request.method() == Method::GET && request.uri().path() == "/" {
        return plain(StatusCode::OK, "ready");
    }
    let (head, body) = request.into_parts();
    let limit = if head.method == Method::PUT {
        MAX_OBJECT_BYTES
    } else {
        MAX_BODY_BYTES
    };
    let Ok(body) = Limited::new(body, limit).collect().await else {
        return plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is too long or was cut off",
        );
    };
    let Some(request) = Request::parse(head, body.to_bytes()) else {
        return error(
            Service::SecretsManager,
            StatusCode::BAD_REQUEST,
            "UnknownOperationException",
        );
    };
    let call = request.call(services.clock.now());
    let is_allowed = services.guard.allows(&call);
    services.calls.record(call);
    if !is_allowed {
        return denied(request.service);
    }
    match services.faults.fate(&request) {
        Fate::Pass => perform(services, &request).await,
        Fate::Refuse => error(
            request.service,
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
        ),
        Fate::Throttle => error(
            request.service,
            StatusCode::BAD_REQUEST,
            throttling(request.service),
        ),
        Fate::Stall => std::future::pending().await,
        Fate::Crash(when) => {
            if when == When::After {
                perform(services, &request).await;
            }
            services.faults.kill(&request.caller);
            // A closed connection would be tried again by the SDK; a dead function tries nothing.
            std::future::pending().await
        }
    }
}

async fn perform(services: &Services, request: &Request) -> Response {
    let operation = request.operation.as_str();
    match request.service {
        Service::DynamoDb => of_tables(services, request).await,
        Service::Sqs => {
            let body = (request.caller.as_str(), request.body.as_ref());
            sqs::wire::call(&services.queues, operation, body)
                .await
                .map_or_else(
                    |error| sqs_error(&error),
                    |answer| json_answer(request.service, &answer),
                )
        }
        Service::SecretsManager => secrets::wire::call(&services.secrets, operation, &request.body)
            .map_or_else(
                |error| secrets_error(&error),
                |answer| json_answer(request.service, &answer),
            ),
        Service::S3 => s3::wire::call(&services.objects, request, services.clock.now()),
    }
}

async fn of_tables(services: &Services, request: &Request) -> Response {
    let metered = services.meter.asking(&request.body);
    let is_metered = metered.is_some();
    let body = metered.unwrap_or_else(|| request.body.clone());
    let answer = services.dynamodb.call(&request.headers, body).await;
    let answer = answer.unwrap_or_else(|failure| {
        tracing::error!(error = %failure, "the tables did not answer");
        error(
            Service::DynamoDb,
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
        )
    });
    if is_metered {
        let (caller, operation) = (&request.caller, &request.operation);
        return services.meter.noting(caller, operation, answer).await;
    }
    answer
}

fn sqs_error(failure: &sqs::SqsError) -> Response {
    let (status, side) = if failure.is_senders_fault() {
        (StatusCode::BAD_REQUEST, "Sender")
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, "Receiver")
    };
    let body = json!({ "__type": format!("com.amazonaws.sqs#{}", failure.name()), "message": failure.to_string() });
    let mut response = with_status(Service::Sqs, status, &body);
    let code = format!("{};{side}", failure.query_code());
    if let Ok(code) = HeaderValue::from_str(&code) {
        response.headers_mut().insert(QUERY_ERROR, code);
    }
    response
}

fn secrets_error(failure: &secrets::SecretsError) -> Response {
    let status = if failure.is_callers_fault() {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let body = json!({ "__type": failure.name(), "Message": failure.to_string() });
    with_status(Service::SecretsManager, status, &body)
}

/// What a caller is told whose role does not allow it.
fn denied(service: Service) -> Response {
    match service {
        Service::S3 => s3::wire::refusal(StatusCode::FORBIDDEN, "AccessDenied"),
        service => error(service, StatusCode::BAD_REQUEST, "AccessDeniedException"),
    }
}

/// What DynamoDB calls throttling has another name than everywhere else.
fn throttling(service: Service) -> &'static str {
    match service {
        Service::DynamoDb => "ProvisionedThroughputExceededException",
        Service::Sqs | Service::SecretsManager => "ThrottlingException",
        Service::S3 => "SlowDown",
    }
}

/// An error that is not in a service's model.
fn error(service: Service, status: StatusCode, name: &'static str) -> Response {
    let namespace = match service {
        Service::DynamoDb => "com.amazonaws.dynamodb.v20120810",
        Service::Sqs | Service::SecretsManager => "com.amazon.coral.service",
        Service::S3 => return s3::wire::refusal(StatusCode::SERVICE_UNAVAILABLE, name),
    };
    let body = json!({ "__type": format!("{namespace}#{name}"), "message": "The request was not performed." });
    let mut response = with_status(service, status, &body);
    if service == Service::Sqs {
        let side = if status.is_server_error() {
            "Receiver"
        } else {
            "Sender"
        };
        if let Ok(code) = HeaderValue::from_str(&format!("{name};{side}")) {
            response.headers_mut().insert(QUERY_ERROR, code);
        }
    }
    response
}

fn json_answer(service: Service, answer: &Value) -> Response {
    with_status(service, StatusCode::OK, answer)
}

fn with_status(service: Service, status: StatusCode, body: &Value) -> Response {
    let content_type = match service {
        Service::DynamoDb | Service::Sqs => "application/x-amz-json-1.0",
        Service::SecretsManager | Service::S3 => "application/x-amz-json-1.1",
    };
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::now_v7().to_string()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}
