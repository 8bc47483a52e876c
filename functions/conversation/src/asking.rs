//! An engine over HTTP is asked, if it may be and as long as the customer can wait; then the message is answered without it.

use std::time::Duration;

use domain::burst::Burst;
use domain::conversation::{Conversation, Heard, Quiet};
use domain::engine::breaker::{Admission, Sign};
use domain::engine::{Answer, Asked, Question, Trouble};
use domain::outage::{GivenUp, Obstacle, Patience, Stuck};
use domain::{MessageId, VendorConfig, limits};
use jiff::Timestamp;
use platform::AwsError;
use platform::tables::{Claimed, EngineKey, KeptBreaker, Place, Places};
use platform::telemetry::{Metric, count_for};

use crate::App;

/// What comes of a message.
#[derive(Debug)]
pub(crate) enum Said {
    Decided(Verdict),
    /// It waits for its engine, and comes back after so long.
    Waits(Duration),
    /// It waits to be answered with the next.
    Gathers(Burst),
}

/// What is answered to a message, and what the ledger keeps of why.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) answer: Answer,
    pub(crate) outcome: &'static str,
    /// What was wrong with the engine's answer.
    pub(crate) reason: Option<String>,
    /// The message before it that waited to be answered with it.
    pub(crate) joined: Option<MessageId>,
}

impl Verdict {
    pub(crate) const fn new(answer: Answer, outcome: &'static str) -> Self {
        Self {
            answer,
            outcome,
            reason: None,
            joined: None,
        }
    }

    /// Kept without an answer.
    pub(crate) fn quiet(reason: Quiet) -> Self {
        Self::new(Answer::default(), reason.as_str())
    }
}

/// A message in its vendor's hands, whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InHand<'a> {
    pub(crate) config: &'a VendorConfig,
    pub(crate) heard: Heard<'a>,
    pub(crate) claimed: &'a Claimed,
}

impl InHand<'_> {
    /// The place that it has while it waits; the same each time.
    fn waiting_place(self) -> Place {
        let until = after(self.heard.received_at, limits::ENGINE_WAITING_LIVES);
        Place::until(until, self.heard.id)
    }
}

impl App {
    /// Asks whichever engine answers for the vendor.
    pub(crate) async fn ask(
        &self,
        question: &Question,
        conversation: &mut Conversation,
        hand: InHand<'_>,
    ) -> Result<Said, AwsError> {
        let waited = hand.claimed.waited.as_ref();
        if waited.is_some_and(|waited| waited.is_superseded(conversation)) {
            return Ok(Said::Decided(Verdict::quiet(Quiet::Human)));
        }
        let Some(service) = self.engine.service(hand.config) else {
            let asked = self.engine.ask(question, hand.config).await;
            return self.came_of(asked, conversation, hand, None).await;
        };
        let engine = EngineKey::of(service);
        let breaker = self.breakers.of(&self.platform, &engine).await?;
        let failing_since = breaker.breaker.failing_since;
        let may = self.may_ask((&engine, &breaker), conversation, hand);
        let place = match may.await? {
            Ok(place) => place,
            Err(obstacle) => {
                return self
                    .stuck(obstacle, conversation, hand, failing_since)
                    .await;
            }
        };
        let asked = self.engine.ask(question, hand.config).await;
        let known = self.learnt(&asked, conversation, (&engine, &place)).await;
        // What is not known of the engine for a moment costs no answer.
        let failing_since = known.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "what an engine did is not noted");
            failing_since
        });
        self.came_of(asked, conversation, hand, failing_since).await
    }

    /// Takes one of the vendor's places at the engine, or says what is in the way.
    async fn may_ask(
        &self,
        (engine, breaker): (&EngineKey, &KeptBreaker),
        conversation: &Conversation,
        hand: InHand<'_>,
    ) -> Result<Result<Place, Obstacle>, AwsError> {
        let (tables, now) = (&self.platform.tables, self.platform.clock.now());
        let admission = breaker.breaker.admits(now);
        if let Admission::LeftAloneUntil(until) = admission {
            return Ok(Err(Obstacle::LeftAlone { until }));
        }
        let asking = (&conversation.vendor, Places::Asking);
        let place = Place::until(after(now, limits::CLAIM_LEASE), hand.heard.id);
        let taking = tables.take_place(asking, &place, self.engine_in_flight, now);
        if !taking.await? {
            return Ok(Err(Obstacle::Busy));
        }
        if let Admission::Probes(probing) = admission {
            let probing = (breaker, probing);
            let probes = self.breakers.probes(&self.platform, engine, probing);
            if !probes.await? {
                tables.leave_place(asking, &place, None, now).await?;
                let until = after(now, limits::ENGINE_CACHE);
                return Ok(Err(Obstacle::LeftAlone { until }));
            }
        }
        Ok(Ok(place))
    }

    /// Keeps what the engine did, and gives the place at it back; answers with when its trouble began.
    async fn learnt(
        &self,
        asked: &Asked,
        conversation: &Conversation,
        (engine, place): (&EngineKey, &Place),
    ) -> Result<Option<Timestamp>, AwsError> {
        let vendor = &conversation.vendor;
        let (sign, failure) = match asked {
            Asked::Answered(_) | Asked::Later => (Sign::Answer, None),
            Asked::Failed(Trouble::Invalid { reason }) => (Sign::Nonsense, Some(short(reason))),
            Asked::Failed(Trouble::Unavailable { .. }) => {
                (Sign::Nothing, Some("it gave no answer".to_owned()))
            }
        };
        let now = self.platform.clock.now();
        let asking = (vendor, Places::Asking);
        let tables = &self.platform.tables;
        let left = tables.leave_place(asking, place, failure.as_deref(), now);
        let (left, noted) = tokio::join!(
            left,
            self.breakers
                .note_sign(&self.platform, (engine, vendor), sign)
        );
        left?;
        noted
    }

    async fn came_of(
        &self,
        asked: Asked,
        conversation: &mut Conversation,
        hand: InHand<'_>,
        failing_since: Option<Timestamp>,
    ) -> Result<Said, AwsError> {
        let verdict = match asked {
            Asked::Answered(answer) => Verdict::new(answer, "answered"),
            Asked::Later => Verdict::new(Answer::default(), "deferred"),
            Asked::Failed(Trouble::Unavailable { retry_after }) => {
                let obstacle = Obstacle::Unavailable { retry_after };
                return self
                    .stuck(obstacle, conversation, hand, failing_since)
                    .await;
            }
            Asked::Failed(Trouble::Invalid { reason }) => {
                let why = (GivenUp::Invalid, failing_since);
                let mut verdict = self.without_engine(conversation, hand, why);
                verdict.reason = Some(short(&reason));
                return Ok(Said::Decided(verdict));
            }
        };
        conversation.engine_answered();
        Ok(Said::Decided(verdict))
    }

    /// The message waits, if it may still and has a place to.
    async fn stuck(
        &self,
        obstacle: Obstacle,
        conversation: &mut Conversation,
        hand: InHand<'_>,
        failing_since: Option<Timestamp>,
    ) -> Result<Said, AwsError> {
        let now = self.platform.clock.now();
        let stuck = Stuck {
            id: hand.heard.id,
            received_at: hand.heard.received_at,
            conversation,
            waited: hand.claimed.waited.as_ref(),
        };
        let give_up = match stuck.patience(obstacle, now) {
            Patience::Ends => GivenUp::Waited,
            Patience::Waits(waited, wait) => {
                let vendor = &conversation.vendor;
                let tables = &self.platform.tables;
                let most = limits::ENGINE_WAITING;
                let (waiting, place) = ((vendor, Places::Waiting), hand.waiting_place());
                if hand.claimed.waited.is_some()
                    || tables.take_place(waiting, &place, most, now).await?
                {
                    let message = (vendor, hand.heard.id);
                    tables
                        .waits_for_engine(message, hand.claimed, &waited)
                        .await?;
                    count_for(Metric::EngineWait, obstacle.as_str(), vendor);
                    tracing::info!(
                        message.id = %hand.heard.id,
                        reason = obstacle.as_str(),
                        times = waited.times,
                        seconds = wait.as_secs(),
                        "a message waits for its engine"
                    );
                    return Ok(Said::Waits(wait));
                }
                GivenUp::TooMany
            }
        };
        let verdict = self.without_engine(conversation, hand, (give_up, failing_since));
        Ok(Said::Decided(verdict))
    }

    fn without_engine(
        &self,
        conversation: &mut Conversation,
        hand: InHand<'_>,
        why: (GivenUp, Option<Timestamp>),
    ) -> Verdict {
        let now = self.platform.clock.now();
        let (answer, outcome) = conversation.without_engine(hand.config, why, now);
        count_for(Metric::EngineGivenUp, why.0.as_str(), &conversation.vendor);
        tracing::warn!(
            message.id = %hand.heard.id,
            reason = why.0.as_str(),
            outcome,
            "a message is left to a person, for its engine gave no answer"
        );
        Verdict::new(answer, outcome)
    }

    /// A message that waited for its engine is decided: its place is free.
    pub(crate) async fn waits_no_more(&self, conversation: &Conversation, hand: InHand<'_>) {
        if hand.claimed.waited.is_none() {
            return;
        }
        let waiting = (&conversation.vendor, Places::Waiting);
        let (place, now) = (hand.waiting_place(), self.platform.clock.now());
        let tables = &self.platform.tables;
        if let Err(error) = tables.leave_place(waiting, &place, None, now).await {
            tracing::warn!(error = %error, "a message counts as waiting until its place is free by itself");
        }
    }
}

fn after(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn short(reason: &str) -> String {
    reason.chars().take(limits::ENGINE_REASON_CHARS).collect()
}
