//! The whole gateway in one process: its functions, an AWS endpoint and a provider simulator, on three loopback ports.

#![recursion_limit = "256"]

mod api_gateway;
mod demo;
mod event;
mod functions;
mod resources;
pub mod roles;
pub mod templates;

pub use resources::write_secret;

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use api_gateway::Gateway;
use domain::restore::Restore;
use embedded_aws::{EmbeddedAws, MappingHandle};
use functions::{Functions, Made, Urls};
use platform::Clock;
use simulator::Simulator;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How a stack is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// The gateway's port, with the AWS endpoint's and the simulator's after it; `None` takes three that are free.
    pub port_base: Option<u16>,
    /// Where everything survives the process; without it everything lives in memory.
    pub data_dir: Option<PathBuf>,
    pub clock: Clock,
    /// Whether the sweep's timer runs.
    pub sweeps: bool,
    /// Whether the sweep puts settings of sessions back that drifted.
    pub repairs_drift: bool,
    /// The engine that answers for vendors that name none; without it the built-in one does.
    pub engine_url: Option<String>,
    /// Messages that are worked on at once.
    pub inbound_concurrency: usize,
    /// Where the actions of engines' answers are told; without it they are recorded alone.
    pub actions_url: Option<String>,
    /// Changes of the simulator's behaviour.
    pub simulator: fn(&mut simulator::Options),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port_base: None,
            data_dir: None,
            clock: Clock::system(),
            sweeps: true,
            repairs_drift: true,
            engine_url: None,
            inbound_concurrency: 50,
            actions_url: None,
            simulator: |_| {},
        }
    }
}

/// A running stack. It stops with [`Stack::shutdown`].
pub struct Stack {
    gateway_url: String,
    engine_url: Option<String>,
    actions_url: Option<String>,
    keys: resources::Keys,
    data_dir: Option<PathBuf>,
    aws: EmbeddedAws,
    simulator: Simulator,
    functions: Functions,
    mappings: Vec<MappingHandle>,
    ready: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Makes folders that are not there.
fn made(folders: &[Option<PathBuf>]) -> Result<()> {
    for folder in folders.iter().flatten() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    Ok(())
}

/// The AWS endpoint, under the functions' roles.
fn endpoint(listener: TcpListener, data_dir: Option<PathBuf>, clock: Clock) -> Result<EmbeddedAws> {
    let options = embedded_aws::Options {
        data_dir,
        clock,
        release_in_flight: true,
        roles: roles::enforced()?,
        ..embedded_aws::Options::default()
    };
    EmbeddedAws::start(listener, options)
}

/// How often the sweep runs by its timer.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

impl Stack {
    /// Starts everything; when it returns, the gateway answers, and `/health` is 503 until the demo vendors are there.
    pub async fn start(options: Options) -> Result<Self> {
        let [gateway, aws, simulator] = listeners(options.port_base).await?;
        let gateway_url = format!("http://{}", gateway.local_addr()?);
        let within = |name: &str| options.data_dir.as_ref().map(|dir| dir.join(name));
        made(&[within("aws"), within("simulator")])?;
        let aws = endpoint(aws, within("aws"), options.clock.clone())?;
        let mut simulated = simulator::Options::new(options.clock.clone(), &gateway_url);
        simulated.data_dir = within("simulator");
        (options.simulator)(&mut simulated);
        let account_token = simulated.personal_access_token.clone();
        let simulator = Simulator::start(simulator, simulated)?;
        let data_dir = options.data_dir.as_deref();
        let keys = resources::create(&aws, data_dir, &account_token).await?;
        let provider_url = format!("{}/api", simulator.url());
        let urls = Urls {
            aws: aws.url(),
            provider: &provider_url,
            gateway: &gateway_url,
            engine: options.engine_url.as_deref(),
            actions: options.actions_url.as_deref(),
        };
        let made = Made {
            repairs_drift: options.repairs_drift,
            restore: None,
        };
        let functions = Functions::new(urls, &options.clock, made);
        let ready = Arc::new(AtomicBool::new(false));
        let behind = Gateway {
            functions: functions.clone(),
            faults: aws.faults().clone(),
            simulator: simulator.clone(),
            ready: Arc::clone(&ready),
        };
        let mut tasks = vec![tokio::spawn(api_gateway::serve(gateway, behind))];
        if options.sweeps {
            tasks.push(tokio::spawn(sweep_now_and_then(
                functions.clone(),
                options.clock,
            )));
        }
        let mappings = functions.mappings(&aws, options.inbound_concurrency);
        Ok(Self {
            gateway_url,
            engine_url: options.engine_url,
            actions_url: options.actions_url,
            keys,
            data_dir: options.data_dir,
            aws,
            simulator,
            functions,
            mappings,
            ready,
            tasks,
        })
    }

    /// Where the gateway answers.
    pub fn gateway_url(&self) -> &str {
        &self.gateway_url
    }

    /// The key of the admin API.
    pub fn admin_key(&self) -> &str {
        &self.keys.admin
    }

    /// What engines without a secret of their own are called with, as `whsec_` and base64.
    pub fn engine_secret(&self) -> &str {
        &self.keys.engine
    }

    pub fn aws(&self) -> &EmbeddedAws {
        &self.aws
    }

    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Consumes no queue any more: what lies there is for functions that run elsewhere.
    pub fn leave_queues(&mut self) {
        self.mappings.clear();
    }

    /// The event-source mappings: inbound, outbound, later.
    pub fn mappings(&self) -> &[MappingHandle] {
        &self.mappings
    }

    /// One more environment of the admin function, for there are several on AWS.
    pub fn another_admin(&self, clock: &Clock) -> admin::App {
        functions::admin(self.urls(&self.provider_url()), clock)
    }

    /// Deploys all functions anew, to work through a restore of the tables, or without one.
    pub fn deploy(&self, clock: &Clock, restore: Option<Restore>) {
        self.deploy_for(&self.provider_url(), clock, restore);
    }

    /// Deploys all functions anew, for a provider's API that is elsewhere.
    pub fn deploy_for(&self, provider_url: &str, clock: &Clock, restore: Option<Restore>) {
        let made = Made {
            repairs_drift: true,
            restore,
        };
        self.functions.deploy(self.urls(provider_url), clock, made);
    }

    fn provider_url(&self) -> String {
        format!("{}/api", self.simulator.url())
    }

    fn urls<'a>(&'a self, provider: &'a str) -> Urls<'a> {
        Urls {
            aws: self.aws.url(),
            provider,
            gateway: &self.gateway_url,
            engine: self.engine_url.as_deref(),
            actions: self.actions_url.as_deref(),
        }
    }

    /// One pass of the sweep, now.
    pub async fn sweep(&self) -> Result<(), String> {
        let passing = self.functions.sweep(serde_json::json!({ "job": "sweep" }));
        tokio::select! {
            passed = passing => passed.map(|_| ()),
            () = self.aws.faults().crashed("sweep") => Err("the sweep crashed".to_owned()),
        }
    }

    /// Registers the demo vendors as the migration does, once in the life of a data directory; then `/health` is 200.
    pub async fn import_demo_vendors(&self) -> Result<Vec<wabactl::Registration>> {
        let dir = self.data_dir.as_deref();
        let vendors = demo::import(&self.gateway_url, self.admin_key(), dir).await?;
        self.ready.store(true, Ordering::SeqCst);
        Ok(vendors)
    }

    /// Stops everything; what is in a data directory stays there.
    pub async fn shutdown(self) {
        drop(self.mappings);
        for task in &self.tasks {
            task.abort();
        }
        self.simulator.shutdown().await;
        self.aws.shutdown().await;
    }
}

/// One pass at the start, for what a dead process left undone, and then by the timer.
async fn sweep_now_and_then(functions: Functions, clock: Clock) {
    loop {
        if let Err(error) = functions.sweep(serde_json::json!({ "job": "sweep" })).await {
            tracing::error!(error, "the sweep failed");
        }
        let next = clock
            .now()
            .checked_add(SWEEP_EVERY)
            .unwrap_or(jiff::Timestamp::MAX);
        clock.sleep_until(next).await;
    }
}

async fn listeners(port_base: Option<u16>) -> Result<[TcpListener; 3]> {
    let bind = async |offset: u16, what: &str| {
        let port = match port_base {
            Some(base) => base
                .checked_add(offset)
                .context("the port base leaves no room for three ports")?,
            None => 0,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        listener.with_context(|| format!("cannot listen on 127.0.0.1:{port} for {what}; is it in use? choose other ports with --port-base N"))
    };
    Ok([
        bind(0, "the gateway").await?,
        bind(1, "the AWS endpoint").await?,
        bind(2, "the simulator").await?,
    ])
}
