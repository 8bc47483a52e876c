//! The gateway's functions in this process, each with its own clients and its name as access key id, so that the endpoint knows who calls.

use std::sync::Arc;
use std::time::Duration;

use domain::limits;
use embedded_aws::{EmbeddedAws, EventSourceMapping, Handler, MappingHandle};
use lambda_http::aws_lambda_events::event::sqs::SqsEvent;
use lambda_http::{Body, Request, Response};
use lambda_runtime::Context;
use platform::{Clock, Config, Credentials, DeadQueueUrls, QueueUrls, Roots};
use serde_json::Value;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};

use crate::resources::{MEDIA_BUCKET, STACK};

/// The country of numbers without a country code.
pub(crate) const COUNTRY: &str = "SN";

/// Where engines of the local stack may be: on this machine.
const ENGINE_ORIGINS: &str = "http://127.0.0.1:*,http://localhost:*,http://[::1]:*";

/// Where everything is that functions call, and where they are reached themselves.
#[derive(Clone, Copy)]
pub(crate) struct Urls<'a> {
    pub(crate) aws: &'a str,
    /// The provider's API.
    pub(crate) provider: &'a str,
    pub(crate) gateway: &'a str,
    /// The engine of vendors that name none.
    pub(crate) engine: Option<&'a str>,
    /// Where the actions of engines' answers are told.
    pub(crate) actions: Option<&'a str>,
}

/// Every function of the stack. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Functions {
    messages: Arc<messages::App>,
    status: Arc<status::App>,
    connection: Arc<connection::App>,
    admin: Arc<admin::App>,
    conversation: Arc<conversation::App>,
    sender: Arc<sender::App>,
    sweep: Arc<sweep::App>,
    /// Held while a vendor is registered and linked: a provider's session is there before anybody registers its number.
    linking: Arc<RwLock<()>>,
}

/// A function that answers HTTP requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Http {
    Messages,
    Status,
    Connection,
    Admin,
}

impl Http {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Status => "status",
            Self::Connection => "connection",
            Self::Admin => "admin",
        }
    }

    /// The function's time-out in `template.yaml`.
    pub(crate) const fn timeout(self) -> Duration {
        match self {
            Self::Messages | Self::Status | Self::Connection => Duration::from_secs(5),
            Self::Admin => Duration::from_secs(10),
        }
    }
}

impl Functions {
    pub(crate) fn new(urls: Urls<'_>, clock: &Clock, repair_drift: bool) -> Self {
        let config = |function: &str| Config {
            repair_drift,
            ..config(function, urls)
        };
        Self {
            messages: Arc::new(messages::App::new(
                "messages",
                &config("messages"),
                clock.clone(),
            )),
            status: Arc::new(status::App::new("status", &config("status"), clock.clone())),
            connection: Arc::new(connection::App::new(
                "connection",
                &config("connection"),
                clock.clone(),
            )),
            admin: Arc::new(admin(urls, clock)),
            conversation: Arc::new(conversation::App::new(
                &config("conversation"),
                clock.clone(),
            )),
            sender: Arc::new(sender::App::new(&config("sender"), clock.clone())),
            sweep: Arc::new(sweep::App::new(&config("sweep"), clock.clone())),
            linking: Arc::default(),
        }
    }

    pub(crate) async fn http(&self, function: Http, request: Request) -> Response<Body> {
        match function {
            Http::Messages => self.messages.handle(request).await,
            Http::Status => self.status.handle(request).await,
            Http::Connection => self.connection.handle(request).await,
            Http::Admin => self.admin.handle(request).await,
        }
    }

    /// Keeps the sweep from asking the provider for a session that is about to be linked.
    pub(crate) async fn linking(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.linking).write_owned().await
    }

    /// Invokes the sweep with an event.
    pub(crate) async fn sweep(&self, event: Value) -> Result<Value, String> {
        let _linked = self.linking.read().await;
        let answer = self
            .sweep
            .handle(event, &context())
            .await
            .map_err(|error| error.to_string())?;
        serde_json::to_value(answer).map_err(|error| error.to_string())
    }

    /// The mappings of `template.yaml`: inbound, outbound, later.
    pub(crate) fn mappings(&self, aws: &EmbeddedAws, inbound: usize) -> Vec<MappingHandle> {
        let conversation: Handler = {
            let app = Arc::clone(&self.conversation);
            Arc::new(move |event| {
                let app = Arc::clone(&app);
                Box::pin(async move { to_value(app.handle(sqs_event(event)?, &context()).await) })
            })
        };
        let sender: Handler = {
            let app = Arc::clone(&self.sender);
            Arc::new(move |event| {
                let app = Arc::clone(&app);
                Box::pin(async move { to_value(app.handle(sqs_event(event)?, &context()).await) })
            })
        };
        let sweep: Handler = {
            let functions = self.clone();
            Arc::new(move |event| {
                let functions = functions.clone();
                Box::pin(async move { functions.sweep(event).await })
            })
        };
        let mapping = |queue: &str,
                       function: &str,
                       (batch_size, max_concurrency, seconds),
                       handler| EventSourceMapping {
            queue: format!("{STACK}-{queue}"),
            function: function.to_owned(),
            batch_size,
            max_concurrency,
            function_timeout: Duration::from_secs(seconds),
            handler,
        };
        [
            mapping(
                "inbound.fifo",
                "conversation",
                (1, inbound, 18),
                conversation,
            ),
            mapping("outbound.fifo", "sender", (1, 100, 12), sender),
            mapping("later", "sweep", (10, 10, 60), sweep),
        ]
        .map(|mapping| mapping.start(aws))
        .into()
    }
}

/// An environment of the admin function.
pub(crate) fn admin(urls: Urls<'_>, clock: &Clock) -> admin::App {
    admin::App::new(&config("admin", urls), clock.clone())
}

fn sqs_event(event: Value) -> Result<SqsEvent, String> {
    serde_json::from_value(event).map_err(|error| error.to_string())
}

fn to_value(answer: impl serde::Serialize) -> Result<Value, String> {
    serde_json::to_value(answer).map_err(|error| error.to_string())
}

/// What Lambda says of an invocation.
pub(crate) fn context() -> Context {
    let mut context = Context::default();
    context.request_id = uuid::Uuid::new_v4().to_string();
    context
}

fn config(function: &str, urls: Urls<'_>) -> Config {
    let (aws_url, wasender_url) = (urls.aws, urls.provider);
    let queue = |name: &str| format!("{aws_url}/000000000000/{STACK}-{name}");
    Config {
        stack: STACK.to_owned(),
        region: "eu-west-1".to_owned(),
        credentials: Credentials {
            access_key_id: function.to_owned(),
            secret_access_key: "local".to_owned(),
            session_token: None,
        },
        endpoint_url: Some(aws_url.to_owned()),
        roots: Roots::default(),
        queues: QueueUrls {
            inbound: queue("inbound.fifo"),
            outbound: queue("outbound.fifo"),
            later: queue("later"),
            quarantine: queue("quarantine"),
            dead: DeadQueueUrls {
                inbound: Some(queue("inbound-dead.fifo")),
                outbound: Some(queue("outbound-dead.fifo")),
                later: Some(queue("later-dead")),
            },
        },
        wasender_api_url: wasender_url.to_owned(),
        media_bucket: Some(MEDIA_BUCKET.to_owned()),
        // The simulator serves files by plain HTTP: its very address is named.
        media_hosts: format!("*.whatsapp.net,{}", wasender_url.trim_end_matches("/api")),
        public_url: Some(urls.gateway.to_owned()),
        repair_drift: true,
        log_level: "info".to_owned(),
        log_sample: 1,
        vendor_metrics: String::new(),
        default_country: COUNTRY.to_owned(),
        vendor_cache: limits::SECRET_CACHE,
        engine_in_flight: limits::ENGINE_IN_FLIGHT,
        redis_url: None,
        engine_url: urls.engine.map(str::to_owned),
        engine_origins: ENGINE_ORIGINS.to_owned(),
        actions_url: urls.actions.map(str::to_owned),
    }
}
