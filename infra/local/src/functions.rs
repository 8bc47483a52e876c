//! The gateway's functions in this process, each with its own clients and its name as access key id, so that the endpoint knows who calls.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use domain::limits;
use domain::restore::Restore;
use embedded_aws::{EmbeddedAws, EventSourceMapping, Handler, MappingHandle};
use http_api::{Request, Response};
use lambda_runtime::Context;
use platform::{Clock, Config, Credentials, DeadQueueUrls, QueueUrls, Roots};
use serde_json::Value;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};

use crate::resources::{MEDIA_BUCKET, RECORDS_BUCKET, STACK};

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
    deployed: Arc<std::sync::RwLock<Arc<Deployed>>>,
    /// Held while a vendor is registered and linked: a provider's session is there before anybody registers its number.
    linking: Arc<RwLock<()>>,
}

/// The functions as they were deployed last.
struct Deployed {
    messages: messages::App,
    status: status::App,
    connection: connection::App,
    admin: admin::App,
    conversation: conversation::App,
    sender: sender::App,
    sweep: sweep::App,
}

impl Deployed {
    fn new(urls: Urls<'_>, clock: &Clock, made: Made) -> Self {
        let config = |function: &str| Config {
            repair_drift: made.repairs_drift,
            restore: made.restore,
            ..config(function, urls)
        };
        Self {
            messages: messages::App::new("messages", &config("messages"), clock.clone()),
            status: status::App::new("status", &config("status"), clock.clone()),
            connection: connection::App::new("connection", &config("connection"), clock.clone()),
            admin: admin::App::new(&config("admin"), clock.clone()),
            conversation: conversation::App::new(&config("conversation"), clock.clone()),
            sender: sender::App::new(&config("sender"), clock.clone()),
            sweep: sweep::App::new(&config("sweep"), clock.clone()),
        }
    }
}

/// What a deployment's parameters say of its functions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    pub(crate) repairs_drift: bool,
    /// The restore from backup that is to be worked through.
    pub(crate) restore: Option<Restore>,
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
    pub(crate) fn new(urls: Urls<'_>, clock: &Clock, made: Made) -> Self {
        let deployed = Arc::new(Deployed::new(urls, clock, made));
        Self {
            deployed: Arc::new(std::sync::RwLock::new(deployed)),
            linking: Arc::default(),
        }
    }

    /// Deploys all functions anew: what runs goes on to its end, and what begins is new.
    pub(crate) fn deploy(&self, urls: Urls<'_>, clock: &Clock, made: Made) {
        let deployed = Arc::new(Deployed::new(urls, clock, made));
        *self
            .deployed
            .write()
            .unwrap_or_else(PoisonError::into_inner) = deployed;
    }

    fn deployed(&self) -> Arc<Deployed> {
        Arc::clone(&self.deployed.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) async fn http(&self, function: Http, request: Request) -> Response {
        let deployed = self.deployed();
        match function {
            Http::Messages => deployed.messages.handle(request).await,
            Http::Status => deployed.status.handle(request).await,
            Http::Connection => deployed.connection.handle(request).await,
            Http::Admin => deployed.admin.handle(request).await,
        }
    }

    /// Keeps the sweep from asking the provider for a session that is about to be linked.
    pub(crate) async fn linking(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.linking).write_owned().await
    }

    /// Invokes the sweep with an event.
    pub(crate) async fn sweep(&self, event: Value) -> Result<Value, String> {
        let _linked = self.linking.read().await;
        let deployed = self.deployed();
        let answer = deployed.sweep.handle(event, &context()).await;
        let answer = answer.map_err(|error| error.to_string())?;
        serde_json::to_value(answer).map_err(|error| error.to_string())
    }

    /// The mappings of `template.yaml`: inbound, outbound, later.
    pub(crate) fn mappings(&self, aws: &EmbeddedAws, inbound: usize) -> Vec<MappingHandle> {
        let conversation: Handler = {
            let functions = self.clone();
            Arc::new(move |event| {
                let deployed = functions.deployed();
                Box::pin(async move {
                    let app = &deployed.conversation;
                    to_value(app.handle(sqs_event(event)?, &context()).await)
                })
            })
        };
        let sender: Handler = {
            let functions = self.clone();
            Arc::new(move |event| {
                let deployed = functions.deployed();
                Box::pin(async move {
                    let app = &deployed.sender;
                    to_value(app.handle(sqs_event(event)?, &context()).await)
                })
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
        records_bucket: Some(RECORDS_BUCKET.to_owned()),
        restore: None,
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
