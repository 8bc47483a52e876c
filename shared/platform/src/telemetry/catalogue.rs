//! Every metric that there is. What is not in this list can't be counted, and what is counted is in the documents, the alarms and the bill.

/// What a metric is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of something; the line names no unit.
    Count,
    Milliseconds,
}

/// What is fixed of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    pub unit: Unit,
    /// The words of the dimension `reason`: how it ended, or why; none if the metric has no such dimension.
    pub reasons: &'static [&'static str],
    /// The words of the dimension `provider`, beside `reason`.
    pub providers: &'static [&'static str],
    /// Whether it is counted in nearly every invocation: then it is gathered and written with others at the invocation's end, and its line
    /// names no invocation.
    pub is_everyday: bool,
    /// Whether chosen vendors have it by themselves.
    pub is_of_vendors: bool,
}

impl Spec {
    const fn new(unit: Unit) -> Self {
        Self {
            unit,
            reasons: &[],
            providers: &[],
            is_everyday: false,
            is_of_vendors: false,
        }
    }

    const fn by(self, reasons: &'static [&'static str]) -> Self {
        Self { reasons, ..self }
    }

    const fn everyday(self) -> Self {
        Self {
            is_everyday: true,
            ..self
        }
    }

    const fn of_vendors(self) -> Self {
        Self {
            is_of_vendors: true,
            ..self
        }
    }

    const fn of_providers(self) -> Self {
        Self {
            providers: &["wasender"],
            ..self
        }
    }
}

const COUNT: Spec = Spec::new(Unit::Count);
const MILLISECONDS: Spec = Spec::new(Unit::Milliseconds);

/// Why a lane stands still, and a message with it.
const STOPS: &[&str] = &[
    "not_connected",
    "rate_limited",
    "daily_cap",
    "credentials",
    "doubt",
    "platform",
    "identity",
];

macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident: $spec:expr;)*) => {
        /// What is counted or timed. A metric's name is the variant's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Metric {
            $($(#[$doc])* $name,)*
        }

        impl Metric {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            pub const fn spec(self) -> Spec {
                match self {
                    $(Self::$name => $spec,)*
                }
            }
        }
    };
}

catalogue! {
    /// Elements of webhooks that were proved genuine and could be read.
    Received: COUNT.everyday().of_vendors();
    /// Webhooks that were not answered 200.
    Refused: COUNT.by(&["unauthorized", "foreign_session", "malformed", "body_too_large", "invalid_vendor_id", "method_not_allowed", "not_durable", "rotating"]);
    /// What came before: an event that told nothing new, a message that was claimed already.
    Duplicate: COUNT.by(&["event", "message"]).everyday();
    /// Elements that are known to be harmless.
    Ignored: COUNT.everyday();
    /// Elements in the inbound queue, or in the ledger where the queue refused them.
    Enqueued: COUNT.everyday();
    /// Events applied to the ledger, a lane or an instance, or kept in the `later` queue where the table refused them.
    Applied: COUNT.everyday();
    /// Elements that were not understood, and kept.
    Quarantined: COUNT.of_vendors();
    /// Elements that no store took: their webhook is answered 503.
    NotKept: COUNT;
    /// Elements that the inbound queue refused and the ledger keeps for the sweep.
    Undispatched: COUNT;
    /// Elements received less those that ended in one of the ways above. It is 0 unless there is a fault in the program; a 0 is written in
    /// sampled invocations alone.
    ConservationDifference: COUNT.everyday();
    /// Webhooks taken in again after some of their vendor could not be kept: each is a gap in hearing.
    IngestGap: COUNT;
    /// Webhooks that came while it could not be told whose they are, for the vendor's secrets were being changed.
    WebhookWhileRotating: COUNT;
    /// Webhooks held for a moment, until the secret that proved them was stored.
    WebhookHeld: COUNT;
    /// Webhooks refused because they name another vendor's session.
    ForeignSession: COUNT;
    /// Webhooks taken in though nobody could tell whose session they name.
    SessionUnchecked: COUNT;
    /// Time until an engine reached over HTTP had answered or failed.
    EngineLatency: MILLISECONDS.by(&["answered", "later", "unavailable", "invalid"]).everyday();
    /// Times that a message went back to wait for its engine.
    EngineWait: COUNT.by(&["unavailable", "left_alone", "busy"]);
    /// Messages decided without the engine that was to answer them.
    EngineGivenUp: COUNT.by(&["waited", "too_many_waiting", "invalid_answer"]);
    /// Engines that are left alone from then on, and that answer again.
    EngineBreaker: COUNT.by(&["opened", "closed"]);
    /// Questions whose engine answered 202 and nothing within their time.
    AnswerMissed: COUNT.by(&["missed", "superseded"]);
    /// Deliveries of actions that were given up.
    ActionsFailed: COUNT.by(&["no_receiver", "no_secret", "refused", "failed", "unreachable"]);
    /// Answers after which a person has to go on.
    PersonCalled: COUNT.by(&["normal", "high"]);
    /// Replies that were decided.
    Replies: COUNT.everyday();
    /// Messages that the provider took.
    SendAccepted: COUNT.everyday().of_vendors();
    /// Messages that ended `rejected`.
    SendRejected: COUNT.by(&["invalid", "no_route", "subscription", "too_large", "unsendable", "unavailable", "other"]).of_vendors();
    /// Messages that ended `unknown`: nobody can say whether they were sent.
    SendUnknown: COUNT.of_vendors();
    /// Sends that the provider put off.
    SendDeferred: COUNT;
    /// Messages put on their lane's list, by why the lane stands still; `behind` others that it is going on with.
    SendParked: COUNT.by(&["not_connected", "rate_limited", "daily_cap", "credentials", "doubt", "platform", "identity", "behind"]);
    /// Messages that will not be sent: their time was over, somebody spoke before them or paused the vendor, or asked that they are not.
    SendCancelled: COUNT.by(&["expired", "superseded", "asked"]);
    /// Time that the provider took over a send.
    ProviderLatency: MILLISECONDS.by(&["accepted", "rejected", "retry_later", "unavailable", "not_connected", "unauthorized", "unknown", "not_reached"]).of_providers().everyday();
    /// Time from a customer's message at the webhook until the provider took the reply, whatever it waited for.
    DwellToAccepted: MILLISECONDS.everyday().of_vendors();
    /// Time that something waited, by what it waited for longest.
    Dwell: MILLISECONDS.by(&["queue", "paced", "parked", "held", "engine"]).everyday();
    /// Lanes that went and stand still now.
    LaneStopped: COUNT.by(STOPS);
    /// Numbers whose session is connected, as they were counted last.
    InstancesConnected: COUNT;
    /// Numbers whose session is not connected, as they were counted last.
    InstancesNotConnected: COUNT;
    /// Looks at connected sessions that are silent for much longer than usual.
    SessionSilent: COUNT;
    /// Looks at sessions whose settings are not those that the gateway needs.
    SettingsDrift: COUNT;
    /// Sessions whose settings were put back.
    SettingsRepaired: COUNT;
    /// Sessions that are another number than the registered one.
    IdentityMismatch: COUNT;
    /// Sessions of which the provider does not tell whose number they are.
    IdentityUnverified: COUNT;
    /// Sessions that nobody looked at for much longer than is meant.
    ObserverLapse: COUNT;
    /// Renewals of secrets whose end nobody tells.
    RenewalGivenUp: COUNT;
    /// Whether a restore from backup is not worked through (1), while which nothing leaves and nothing is decided; told only if there is one.
    RestoreRunning: COUNT;
    /// Sends that a restore brought into doubt and on which nobody decided, as they were counted last; told only if there was one.
    RestorePending: COUNT;
    /// Customers' files that were given up.
    FileFailed: COUNT.by(&["no_source", "too_large", "forbidden_address", "not_available", "damaged", "unreachable", "executable", "store_failed", "not_configured"]);
    /// Requests of the admin API that were let through uncounted, because the count could not be kept.
    RequestNotCounted: COUNT;
    /// Changes whose records stay `begun`, because their end could not be written.
    ChangeNotRecorded: COUNT;
}

impl Metric {
    /// The metric's sets of dimensions, beside those of chosen vendors.
    pub const fn dimensions(self) -> &'static [&'static [&'static str]] {
        let spec = self.spec();
        match (spec.reasons, spec.providers) {
            ([], _) => &[&["stack"]],
            (_, []) => &[&["stack"], &["stack", "reason"]],
            (_, _) => &[&["stack"], &["stack", "provider", "reason"]],
        }
    }

    /// The word as the metric has it; a word that the catalogue lacks is `other`, so that no metric grows by what somebody else says.
    pub(super) fn reason(self, word: &'static str) -> &'static str {
        let is_known = self.spec().reasons.contains(&word);
        debug_assert!(is_known, "{} knows no reason {word}", self.name());
        if is_known { word } else { "other" }
    }
}

/// Vendors that may have metrics by themselves.
pub const MOST_VENDORS: usize = 20;

/// Custom metrics that a stack has at most, without and with as many vendors of their own. Each costs by the month in which it is written.
pub fn combinations(vendors: usize) -> usize {
    let of = |metric: &Metric| {
        let spec = metric.spec();
        let words = spec.reasons.len() * spec.providers.len().max(1);
        let vendors = vendors.min(MOST_VENDORS);
        1 + words + if spec.is_of_vendors { vendors } else { 0 }
    };
    Metric::ALL.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use domain::{ParkReason, RejectClass};

    use super::*;

    #[test]
    fn the_number_of_custom_metrics_is_bounded() {
        let (plain, most) = (combinations(0), combinations(MOST_VENDORS));
        println!("{plain} custom metrics, and {most} with {MOST_VENDORS} vendors of their own");
        assert!(plain <= 150 && most <= 300, "{plain} and {most}");
        assert_eq!(combinations(1_000), most);
    }

    #[test]
    fn a_metric_has_its_name_once_and_words_that_cloudwatch_takes() {
        for (place, metric) in Metric::ALL.iter().enumerate() {
            let name = metric.name();
            assert!(
                Metric::ALL[..place]
                    .iter()
                    .all(|other| other.name() != name)
            );
            let spec = metric.spec();
            let is_word =
                |word: &&str| word.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
            assert!(spec.reasons.iter().all(is_word), "{name}");
            assert!(
                spec.providers.is_empty() || !spec.reasons.is_empty(),
                "{name}"
            );
        }
    }

    #[test]
    fn the_words_are_those_of_the_domain() {
        let stops = ParkReason::ALL.map(ParkReason::as_str);
        assert_eq!(Metric::LaneStopped.spec().reasons, stops);
        let classes = RejectClass::ALL.map(RejectClass::as_str);
        assert_eq!(Metric::SendRejected.spec().reasons, classes);
    }
}
