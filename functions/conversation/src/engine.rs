use domain::VendorConfig;
use domain::contract::{self, NoReply, Reply, SigningSecrets};
use domain::engine::service::Service;
use domain::engine::{Asked, Question, Trouble};
use domain::limits;
use platform::telemetry::Metric;
use platform::{Clock, Config, Engines, Platform, Secrets, telemetry};
use tokio::time::Instant;

use crate::built_in::BuiltIn;

/// Who decides on an answer: the service that the vendor names, else the platform's, else the built-in engine.
#[derive(Clone, Debug)]
pub struct Engine {
    built_in: BuiltIn,
    secrets: Secrets,
    engines: Engines,
    clock: Clock,
    /// The service of every vendor that names none.
    platform_url: Option<String>,
}

impl Engine {
    pub fn new(config: &Config, platform: &Platform) -> Self {
        Self {
            built_in: BuiltIn::new(platform),
            secrets: platform.secrets.clone(),
            engines: Engines::new(config.engine_origins()),
            clock: platform.clock.clone(),
            platform_url: config.engine_url.clone(),
        }
    }

    /// The service that answers for a vendor; `None` if the built-in engine does.
    pub fn service<'a>(&'a self, config: &'a VendorConfig) -> Option<Service<'a>> {
        Service::of(config, self.platform_url.as_deref())
    }

    /// Asks for an answer to one message.
    pub async fn ask(&self, question: &Question, config: &VendorConfig) -> Asked {
        let Some(service) = self.service(config) else {
            return self.built_in.ask(question, config).await;
        };
        let begun = Instant::now();
        let end = begun + service.timeout;
        let asked = match self.posted(question, service, end).await {
            Ok(Ok(reply)) => reply.asked(),
            Ok(Err(none)) => none.asked(),
            Err(Unsigned) => Asked::Failed(Trouble::Unavailable { retry_after: None }),
        };
        let vendor = &config.vendor_id;
        telemetry::timed(
            Metric::EngineLatency,
            outcome(&asked),
            begun.elapsed(),
            vendor,
        );
        asked
    }

    /// Posts the question; again if the engine does not believe it and there is a newer secret, within the same time.
    async fn posted(
        &self,
        question: &Question,
        service: Service<'_>,
        end: Instant,
    ) -> Result<Result<Reply, NoReply>, Unsigned> {
        let at_hand = self.secrets.signing(service.secret).await;
        let at_hand = at_hand.map_err(|error| unsigned(service, &error))?;
        let used = at_hand.secrets.ok_or_else(|| no_secret(service))?;
        let reply = self.post(question, service, (&used, end)).await;
        let age = self.clock.now().duration_since(at_hand.read_at);
        let is_fresh = age.unsigned_abs() < limits::ENGINE_SECRET_FRESH;
        if is_fresh || !reply.as_ref().is_ok_and(Reply::is_refusal) {
            return Ok(reply);
        }
        let again = self.secrets.signing_again(service.secret).await;
        let again = again.map_err(|error| unsigned(service, &error))?;
        match again.secrets.filter(|newer| newer.differ(&used)) {
            Some(newer) => Ok(self.post(question, service, (&newer, end)).await),
            None => Ok(reply),
        }
    }

    async fn post(
        &self,
        question: &Question,
        service: Service<'_>,
        (secrets, end): (&SigningSecrets, Instant),
    ) -> Result<Reply, NoReply> {
        let left = end.saturating_duration_since(Instant::now());
        let request = contract::request(question, secrets, self.clock.now());
        self.engines.post(service.url, request, left).await
    }
}

/// How it ended, in the metric's word.
const fn outcome(asked: &Asked) -> &'static str {
    match asked {
        Asked::Answered(_) => "answered",
        Asked::Later => "later",
        Asked::Failed(Trouble::Unavailable { .. }) => "unavailable",
        Asked::Failed(Trouble::Invalid { .. }) => "invalid",
    }
}

/// There is nothing to sign with: the engine is not called.
struct Unsigned;

fn unsigned(service: Service<'_>, error: &platform::AwsError) -> Unsigned {
    tracing::warn!(secret = name(service), error = %error, "an engine's signing secret could not be read");
    Unsigned
}

fn no_secret(service: Service<'_>) -> Unsigned {
    tracing::error!(
        secret = name(service),
        "there is no such secret <stack>/engine/<name>: nothing can be signed, and the engine is not called"
    );
    Unsigned
}

fn name(service: Service<'_>) -> &str {
    service.secret.unwrap_or("platform")
}
