use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use platform::Clock;

/// The personal access token that the simulator accepts unless [`Options`] names another.
pub const DEFAULT_PERSONAL_ACCESS_TOKEN: &str = "personal_access_token_local";

/// How a simulator behaves; make it with [`Options::new`] and change the fields that matter.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// Drives delays, limits and time stamps.
    pub clock: Clock,
    /// Base of the webhook URL of a session that set none: `<gateway_url>/api/webhooks/wasender/<vendor id>`.
    pub gateway_url: String,
    /// Where the journal lives; `None` keeps everything in memory.
    pub data_dir: Option<PathBuf>,
    /// Opens everything under `/api/whatsapp-sessions`.
    pub personal_access_token: String,
    /// The pace of what follows an accepted send.
    pub delays: Delays,
    /// Puts Wasender's `msgId` beside `key` in the events of a send. Integrators saw it; the documentation does not print it.
    pub msg_id_in_events: bool,
    /// Posts a `messages.upsert` with `fromMe` after every accepted send, even to a session without subscriptions.
    pub echo: bool,
    /// Refuses sends beyond the documented rate with 429.
    pub enforce_limits: bool,
    /// Writes `X-RateLimit-*` headers; some answers were seen without them.
    pub rate_limit_headers: bool,
    /// Makes another webhook secret whenever a session's webhooks are switched on. The help pages say that the secret is made then; that it
    /// is another one each time is a guess.
    pub secret_when_switched_on: bool,
    /// Takes a `…@lid` as `to`. The documentation promises nothing, so the default refuses it.
    pub allow_lid_recipients: bool,
    /// The account's subscription, which decides the rate limits.
    pub plan: Plan,
    /// What `X-RateLimit-Reset` means; the provider's own pages disagree.
    pub reset_header: ResetHeader,
    /// How many requests of one session may be under way at once, over all endpoints; the next one is answered 429. The real cap is not
    /// published, the advice is "1 to 5".
    pub concurrency: u32,
    /// How many sessions the account may have.
    pub session_limit: Option<usize>,
}

impl Options {
    /// Wasender's behaviour on a paid plan, in memory, posting to the gateway at `gateway_url`.
    pub fn new(clock: Clock, gateway_url: impl Into<String>) -> Self {
        Self {
            clock,
            gateway_url: gateway_url.into().trim_end_matches('/').to_owned(),
            data_dir: None,
            personal_access_token: DEFAULT_PERSONAL_ACCESS_TOKEN.to_owned(),
            delays: Delays::default(),
            msg_id_in_events: true,
            echo: false,
            enforce_limits: true,
            rate_limit_headers: true,
            secret_when_switched_on: true,
            allow_lid_recipients: false,
            plan: Plan::Paid,
            reset_header: ResetHeader::SecondsLeft,
            concurrency: 5,
            session_limit: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("gateway_url", &self.gateway_url)
            .field("data_dir", &self.data_dir)
            .field("delays", &self.delays)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

/// The waits before each event of an accepted send, each counted from the event before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// From acceptance to `message.sent`.
    pub message_sent: Duration,
    /// From `message.sent` to status 2.
    pub sent: Duration,
    /// From status 2 to status 3.
    pub delivered: Duration,
    /// From status 3 to status 4.
    pub read: Duration,
}

impl Delays {
    /// The same wait before each event.
    pub fn each(delay: Duration) -> Self {
        Self {
            message_sent: delay,
            sent: delay,
            delivered: delay,
            read: delay,
        }
    }
}

impl Default for Delays {
    fn default() -> Self {
        Self::each(Duration::from_millis(5))
    }
}

/// Wasender's subscriptions, as far as they change the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plan {
    /// 256 sends a minute, or one in 5 s with account protection.
    #[default]
    Paid,
    /// One send a minute and 50 a day.
    Trial,
    /// Neither subscription nor trial: every call with a session's key is refused, and no session is linked.
    Ended,
}

/// The two meanings of `X-RateLimit-Reset` and `X-RateLimit-Daily-Reset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResetHeader {
    /// Seconds until the window ends: the rate-limits page.
    #[default]
    SecondsLeft,
    /// When the window ends, in seconds of Unix time: the response-headers page.
    UnixTime,
}
