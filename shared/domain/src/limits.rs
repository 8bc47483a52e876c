//! Every bound and time-out of the gateway in one place, because they depend on each other; a test keeps the arithmetic.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::SignedDuration;

/// The largest webhook body of a provider that posts one event at a time (Wasender), in bytes.
pub const WEBHOOK_BODY_BYTES: usize = 1024 * 1024;
/// The largest body of an admin request, in bytes.
pub const ADMIN_BODY_BYTES: usize = 256 * 1024;
/// The longest name of an admin key, in characters.
pub const KEY_NAME_CHARS: usize = 60;
/// Vendors that one admin key may be bound to.
pub const KEY_VENDORS: usize = 50;
/// Requests of one admin key in a minute of the clock, unless it was given more.
pub const KEY_REQUESTS_PER_MINUTE: u32 = 100;
/// The most requests in a minute that an admin key can be given, and what the bootstrap key has.
pub const KEY_REQUESTS_PER_MINUTE_MOST: u32 = 6_000;
/// Requests about one vendor in a second, whoever makes them.
pub const VENDOR_REQUESTS_PER_SECOND: u32 = 10;
/// Full windows that an environment remembers.
pub const FULL_WINDOWS: usize = 1_000;
/// How long it is known who changed what, in days.
pub const AUDIT_DAYS: i64 = 400;
/// What is kept of what a change found, and of what it left, in bytes of JSON each.
pub const AUDIT_VALUE_BYTES: usize = 8 * 1024;
/// The longest parameter of a path that is kept, in characters.
pub const AUDIT_PARAMETER_CHARS: usize = 64;
/// The largest text that a customer can be sent, in bytes.
pub const REPLY_TEXT_BYTES: usize = 4096;
/// The longest first name that a customer is called by, in characters.
pub const FIRST_NAME_CHARS: usize = 30;
/// The longest number of an order that is said back, in characters.
pub const ORDER_NUMBER_CHARS: usize = 40;
/// The longest caption of a file, in characters: what WhatsApp shows.
pub const CAPTION_CHARS: usize = 1024;
/// The longest address of a file to send, in bytes.
pub const MEDIA_URL_BYTES: usize = 2048;
/// The longest file name, in characters.
pub const FILE_NAME_CHARS: usize = 255;
/// Options of a poll, at least and at most: Wasender's own bounds.
pub const POLL_OPTIONS: RangeInclusive<usize> = 2..=12;
/// The longest question of a poll, in characters.
pub const POLL_QUESTION_CHARS: usize = 255;
/// The longest option of a poll, in characters.
pub const POLL_OPTION_CHARS: usize = 100;
/// Buttons below a text: as many as WhatsApp shows where a provider has them.
pub const BUTTONS: usize = 3;
/// Options of a list: as many as WhatsApp shows where a provider has lists.
pub const LIST_OPTIONS: usize = 10;
/// The longest id of an option, in characters.
pub const OPTION_ID_CHARS: usize = 256;
/// The longest title of an option, in characters.
pub const OPTION_TITLE_CHARS: usize = 60;
/// The longest description of an option, in characters.
pub const OPTION_DESCRIPTION_CHARS: usize = 72;
/// The longest name of a person or a place, in characters.
pub const NAME_CHARS: usize = 120;
/// The longest address of a place, in characters.
pub const ADDRESS_CHARS: usize = 500;
/// People that one message to a group may call by name.
pub const MENTIONS: usize = 50;
/// Replies of one engine answer that are kept; a welcome may go before them.
pub const REPLIES_PER_DECISION: usize = 10;
/// Messages of the quarantine, or of a dead-letter queue, that one request shows, by default.
pub const SHELF_PAGE: usize = 20;
/// The most that it shows, or deals with.
pub const SHELF_MOST: usize = 100;
/// Quarantined webhooks that are shown with what they hold: an answer may have 6 MB.
pub const SHELF_PAYLOADS: usize = 20;
/// The most that it looks at for them.
pub const SHELF_LOOKED_AT: usize = 300;
/// How long nobody else sees what a request looks at.
pub const SHELF_HIDES: Duration = Duration::from_secs(20);
/// How long something may be out of sight because of a request: it receives as long as its function runs, and clocks differ.
pub const SHELF_LOOK: Duration = Duration::from_secs(40);
/// When a request that deals with them ends, be there more or not: the function has ten seconds.
pub const SHELF_WORKS: Duration = Duration::from_secs(5);
/// How long a queue that should hold more is waited for, in seconds: SQS then asks all of its servers.
pub const SHELF_POLL_SECONDS: i32 = 1;
/// Entries of one SQS batch.
pub const QUEUE_BATCH: usize = 10;
/// Bytes of one SQS batch, below SQS's own 262,144 so that attributes fit too.
pub const QUEUE_BATCH_BYTES: usize = 240 * 1024;
/// Parked messages moved by one drain transaction (three writes each, and SQS and DynamoDB bound both).
pub const DRAIN_BATCH: usize = 25;

/// One attempt of an AWS call on the webhook path.
pub const AWS_ATTEMPT: Duration = Duration::from_millis(1_500);
/// An AWS call on the webhook path with its one retry.
pub const AWS_CALL: Duration = Duration::from_millis(3_200);
/// All AWS work of one webhook: the second store has its turn within it.
pub const WEBHOOK_BUDGET: Duration = Duration::from_secs(4);
/// A provider's patience with a webhook, by the owner's rule.
pub const WEBHOOK_ANSWER: Duration = Duration::from_millis(4_500);

/// How long a conversation's claim keeps others away from an inbound message.
pub const CLAIM_LEASE: Duration = Duration::from_secs(19);
/// How long the engine may take to answer.
pub const ENGINE_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a connection to an engine may take, within that.
pub const ENGINE_CONNECT: Duration = Duration::from_secs(2);
/// The longest answer of an engine that is read, in bytes.
pub const ENGINE_ANSWER_BYTES: usize = 256 * 1024;
/// The longest intent, step or action type that an engine may name, in bytes.
pub const ENGINE_NAME_BYTES: usize = 64;
/// Actions of one engine answer.
pub const ENGINE_ACTIONS: usize = 10;
/// All actions of one engine answer together, in bytes of JSON.
pub const ENGINE_ACTIONS_BYTES: usize = 16 * 1024;
/// How deep the data of an action may be nested.
pub const ENGINE_ACTION_DEPTH: usize = 8;
/// How long an engine may have its replies wait before they leave.
pub const ENGINE_DELAY: Duration = Duration::from_secs(10);
/// How long an engine may ask to be left alone; longer is cut to it.
pub const ENGINE_RETRY_AFTER: Duration = Duration::from_mins(5);
/// How old a secret must be before an engine's refusal has it read again.
pub const ENGINE_SECRET_FRESH: Duration = Duration::from_secs(10);
/// How long after its receipt a message waits for an engine that can't be asked, before it is answered without it.
pub const ENGINE_AWAITED: Duration = Duration::from_mins(5);
/// How often a message waits for the engine at most, whatever it waits for.
pub const ENGINE_WAITS: u32 = 14;
/// The longest wait that grows by itself, before what spreads it: 2 s at first, doubling.
pub const ENGINE_WAIT_MOST: Duration = Duration::from_secs(30);
/// The longest wait that an engine may ask for.
pub const ENGINE_ASKS_TO_WAIT_MOST: Duration = Duration::from_mins(1);
/// Messages of one vendor that may wait for the engine; what comes above is answered without it at once.
pub const ENGINE_WAITING: usize = 100;
/// How long a message counts as waiting whose decision was not seen: longer than it waits, with the time of a crash.
pub const ENGINE_WAITING_LIVES: Duration = Duration::from_mins(10);
/// Questions of one vendor that are under way at an engine, unless the operator says otherwise.
pub const ENGINE_IN_FLIGHT: usize = 3;
/// Failures in a row that have an engine left alone, and the time in which they must come together.
pub const ENGINE_FAILURES: u32 = 5;
/// See [`ENGINE_FAILURES`].
pub const ENGINE_WINDOW: Duration = Duration::from_mins(1);
/// How long an engine is left alone at first, and at most.
pub const ENGINE_LEFT_ALONE: Duration = Duration::from_secs(10);
/// See [`ENGINE_LEFT_ALONE`].
pub const ENGINE_LEFT_ALONE_MOST: Duration = Duration::from_secs(30);
/// How long the message that finds out whether an engine is back keeps others from asking.
pub const ENGINE_PROBE: Duration = CLAIM_LEASE;
/// How long an environment may not know that an engine is left alone.
pub const ENGINE_CACHE: Duration = Duration::from_secs(2);
/// Engines that an environment remembers.
pub const ENGINES_REMEMBERED: usize = 1_000;
/// How long it is known what an engine did last.
pub const ENGINE_KNOWN: Duration = Duration::from_hours(48);
/// After this time a customer is told again that the engine is out, be it the same outage or not.
pub const OUTAGE_TOLD_AGAIN: Duration = Duration::from_hours(24);
/// The longest reason why an engine's answer is of no use, in characters.
pub const ENGINE_REASON_CHARS: usize = 300;
/// Groups that the customers of one vendor share in the inbound queue, and so most of `InboundConcurrency` that one vendor takes. With fewer,
/// more customers wait for each other; with more, fewer vendors in trouble take all of it.
pub const VENDOR_SHARES: u32 = 8;
/// How long an entry that was set aside keeps its customer's next ones behind it, if nobody sees its end: longer than it comes back.
pub const ASIDE_LIVES: Duration = Duration::from_hours(1);
/// Entries of one customer that are known to be set aside.
pub const ASIDE_MOST: usize = 1_000;
/// Receives of an inbound entry after which the dead-letter queue takes it.
pub const INBOUND_RECEIVES: u32 = 20;
/// How long after its time a message that waited is remembered by its conversation: as long as it takes the sweep to
/// find a message that is not in its queue.
pub const HELD_REMEMBERED: Duration = Duration::from_mins(2);
/// Messages that a conversation remembers to wait.
pub const HELD_MOST: usize = 40;
/// How long an engine that answers later may take.
pub const ANSWER_WITHIN: Duration = Duration::from_mins(5);
/// How long it is known what became of a question that was answered later, in days.
pub const DEFERRED_DAYS: i64 = 7;
/// How long whoever takes actions may take to answer.
pub const ACTIONS_TIMEOUT: Duration = Duration::from_secs(5);
/// How long whoever tells actions keeps others away from them.
pub const ACTIONS_LEASE: Duration = Duration::from_secs(90);
/// Actions that nobody told for this long are told by the timer.
pub const ACTIONS_TOLD_WITHIN: Duration = Duration::from_mins(1);
/// How late in an invocation a delivery may begin; after that it is left to the timer.
pub const ACTIONS_BEGIN: Duration = Duration::from_secs(25);
/// Waits between the attempts to tell actions; the last is repeated.
pub const ACTIONS_WAITS: [Duration; 5] = [
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(8),
    Duration::from_mins(30),
    Duration::from_hours(1),
];
/// How long after their decision actions are told.
pub const ACTIONS_LIVE: Duration = Duration::from_hours(24);
/// How long it may take to learn whose number is behind a linked id, before the engine is asked.
pub const LOOK_UP: Duration = Duration::from_millis(2_500);
pub const CONVERSATION_FUNCTION_TIMEOUT: Duration = Duration::from_secs(18);
pub const INBOUND_VISIBILITY: Duration = Duration::from_secs(108);

/// How long the provider may take to answer a send.
pub const PROVIDER_TIMEOUT: Duration = Duration::from_secs(8);
pub const SENDER_FUNCTION_TIMEOUT: Duration = Duration::from_secs(12);
/// A send starts only with more than this left of the invocation.
pub const SEND_NEEDS: Duration = Duration::from_secs(10);
/// The call itself starts only with more than this left: its time-out, and the writing of what came of it.
pub const CALL_NEEDS: Duration = Duration::from_secs(9);
/// A message due within this is waited for inside the sender; one due later goes back to the queue.
pub const SENDER_WAITS: Duration = Duration::from_millis(1_800);
/// How long a send is taken for alive; after it the outcome is unknown.
pub const SEND_LEASE: Duration = Duration::from_secs(17);
pub const OUTBOUND_VISIBILITY: Duration = Duration::from_secs(72);
/// A message due within this goes back to the queue until then; one due later is parked.
pub const REQUEUE_WAITS: Duration = Duration::from_secs(30);

/// Tries of one message that surely did not reach the provider's acceptance, before it fails or its lane stops.
pub const ATTEMPTS: u32 = 8;
/// Refusals in a row after which a lane that is asked to wait stands still for [`PROBE_AFTER`] at least, out of the queue: a queue entry
/// that comes back for ever would reach the dead-letter queue.
pub const REFUSALS_IN_A_ROW: u32 = 10;
/// The largest daily cap that a number can be registered with; without one a session can send more in a day.
pub const DAILY_CAP_MOST: u32 = 100_000;
/// The longest gap between two sends that refusals may teach.
pub const LEARNED_GAP_MOST: Duration = Duration::from_mins(1);
/// Receives of an outbound entry after which the dead-letter queue takes it.
pub const OUTBOUND_RECEIVES: u32 = 1_000;

/// A reply that was decided but not enqueued for this long is enqueued by the sweep.
pub const UNDISPATCHED_AFTER: Duration = Duration::from_mins(1);
/// A message that is `queued` for this long is asked after.
pub const QUEUED_TOO_LONG: Duration = Duration::from_hours(1);
/// How long a parked automatic reply is worth sending.
pub const PARKED_REPLY_LIVES: Duration = Duration::from_mins(15);
/// How long a parked message of the vendor's staff is worth sending.
pub const PARKED_STAFF_LIVES: Duration = Duration::from_hours(24);
/// How soon a session that reported itself down is asked whether that is still so.
pub const PROBE_AFTER: Duration = Duration::from_mins(1);
/// How long a drainer keeps others away from a lane.
pub const DRAIN_LEASE: Duration = Duration::from_secs(30);
/// How long an echo that fits no send waits for one before it counts as typed by the vendor.
pub const ECHO_HELD: Duration = Duration::from_mins(1);

/// How long a change of a message waits for the message, each time that it is not there.
pub const CHANGE_HELD: Duration = Duration::from_mins(1);
/// How often a change of a message waits for the message before it is dropped.
pub const CHANGE_WAITS: u8 = 6;

/// How long a code that links a session is kept if the provider does not say until when it is good.
pub const PAIRING_LIVES: Duration = Duration::from_mins(2);
/// How long it is kept whatever the provider says.
pub const PAIRING_LIVES_AT_MOST: Duration = Duration::from_mins(15);
/// The largest code that links a session, in bytes: some integrators have it as a picture.
pub const PAIRING_CODE_BYTES: usize = 32 * 1024;
/// How long a code that was asked for is shown again before it is asked for anew; the provider draws a new one every 20 to 60 seconds.
pub const QR_CODE_LIVES: Duration = Duration::from_secs(20);
/// How long one call with the account's token may take while somebody waits for it.
pub const OWNER_CALL: Duration = Duration::from_secs(4);
/// How long all such calls of one request may take together.
pub const OWNER_WAITS: Duration = Duration::from_secs(8);
pub const ADMIN_FUNCTION_TIMEOUT: Duration = Duration::from_secs(10);
/// Members of a group whose receipts of one message are counted: as many as a group of WhatsApp may have.
pub const RECEIPTS_COUNTED: i32 = 1024;
/// The least time between two calls with a session's key that send nothing (240 a minute; sends are counted apart).
pub const SIDE_GAP: Duration = Duration::from_millis(250);
/// The longest that a provider's wait holds such calls.
pub const SIDE_HELD_MOST: Duration = Duration::from_hours(1);
/// Waits before each look at a send in doubt: 15 s, 1 min, 5 min, 30 min and 3 h after the doubt. After the last a person decides.
pub const UNKNOWN_LOOKS: [Duration; 5] = [
    Duration::from_secs(15),
    Duration::from_secs(45),
    Duration::from_mins(4),
    Duration::from_mins(25),
    Duration::from_mins(150),
];
/// Waits before each look at an accepted send that WhatsApp's id is not known of.
pub const UNJOINED_LOOKS: [Duration; 4] = [
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_hours(1),
];
/// How long the next message of a conversation waits for evidence of one in doubt.
pub const DOUBT_HOLDS: Duration = Duration::from_mins(1);
/// How soon it is looked at again, so that evidence lets it go at once.
pub const DOUBT_LOOK: Duration = Duration::from_secs(5);
/// A send in doubt that is younger than this is left to its evidence.
pub const SETTLES_WITHIN: Duration = Duration::from_mins(2);
/// Rows of a provider's message log that one look reads at most: pages, and rows of a page.
pub const LOG_PAGES: u32 = 5;
/// See [`LOG_PAGES`].
pub const LOG_ROWS: u32 = 100;
/// Doubts over all lanes that hold the platform, and the time in which they must come together.
pub const PLATFORM_DOUBTS: u64 = 20;
/// See [`PLATFORM_DOUBTS`].
pub const PLATFORM_WINDOW: Duration = Duration::from_mins(1);
/// How long the platform is held before a lane is probed, and after a probe that failed.
pub const PLATFORM_HOLDS: Duration = Duration::from_mins(1);
/// How long a sender may not know that the platform is held.
pub const PLATFORM_CACHE: Duration = Duration::from_secs(5);
/// How often the sweep looks at each session's settings and silence.
pub const WATCH_EVERY: Duration = Duration::from_mins(5);
/// How often settings that drifted are put back within a day, before a person has to see who else changes them.
pub const REPAIRS: u32 = 5;
/// See [`REPAIRS`].
pub const REPAIRS_WITHIN: Duration = Duration::from_hours(24);
/// The wait after the first of them; each waits twice as long as the one before.
pub const REPAIR_WAITS: Duration = Duration::from_mins(10);
/// Looks that come further apart than this leave a gap: nobody would have noticed anything between them.
pub const WATCH_LAPSE: Duration = Duration::from_mins(15);
/// How soon a session's word about itself is confirmed by asking it.
pub const CONFIRM_AFTER: Duration = Duration::from_secs(30);
/// For how long a confirmation counts as under way, so that a storm of words is confirmed once.
pub const CONFIRM_PENDING: Duration = Duration::from_secs(50);
/// For how long a verification counts as under way.
pub const VERIFY_PENDING: Duration = Duration::from_secs(5);
/// How often one verification begins anew because the session was linked anew meanwhile.
pub const VERIFY_TRIES: usize = 4;
/// No silence shorter than this is reported, however busy a session is.
pub const SILENCE_AT_LEAST: Duration = Duration::from_hours(1);
/// Times between messages that must have been seen before a silence is told from a rest.
pub const RHYTHM_SEEN: u32 = 5;
/// For how long a session must have been heard before that: a few nights.
pub const RHYTHM_KNOWN: Duration = Duration::from_hours(72);
/// How long the longest rest is remembered: it fades over this time.
pub const RHYTHM_MEMORY: Duration = Duration::from_hours(24 * 20);
/// How long a gap in hearing that ended is kept, in days.
pub const GAP_DAYS: i64 = 90;
/// Gaps that one answer shows.
pub const GAPS_SHOWN: usize = 20;
/// Vendors whose refused webhooks one environment remembers.
pub const REFUSALS_REMEMBERED: usize = 1_000;

/// How long a conversation that asked for a person is left to one before the engine answers again.
pub const HUMAN_ATTENDS: Duration = Duration::from_hours(12);
/// For how many minutes the engine leaves a conversation alone in which the vendor typed, if the vendor does not say otherwise.
pub const TYPED_PAUSE_MINUTES: u32 = 60;
/// The most minutes that a vendor may ask for: a week.
pub const TYPED_PAUSE_MINUTES_MOST: u32 = 7 * 24 * 60;
/// After how long without a message of the customer's a conversation counts as closed.
pub const CONVERSATION_CLOSES: Duration = Duration::from_hours(7 * 24);
/// Messages of one conversation that are answered within [`FLOOD_WINDOW`]; a handful at once is usual, more is a machine or a mishap.
pub const FLOOD_MESSAGES: u32 = 20;
pub const FLOOD_WINDOW: Duration = Duration::from_mins(5);
/// How often one long text may come in a row: out-of-office replies say the same each time.
pub const FLOOD_REPEATS: u32 = 5;
/// From how many characters on a text is long; a greeting or a choice is repeated by people too.
pub const FLOOD_TEXT_CHARS: usize = 20;
/// A flood is over once nothing was heard for so long.
pub const FLOOD_CALM: Duration = Duration::from_mins(10);
/// The most minutes that a person may take a conversation over for, if not until they give it back: 30 days.
pub const TAKEOVER_MINUTES_MOST: u32 = 30 * 24 * 60;
/// The longest name of whoever takes a conversation over, in characters.
pub const TAKEN_BY_CHARS: usize = 80;
/// Messages of a conversation that are shown with it.
pub const CONVERSATION_MESSAGES: usize = 20;
/// How old a message may be that is looked for among those that still are to be sent: as old as the oldest entry of a queue.
pub const OPEN_SENDS_LIVE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Messages of a conversation among which those are looked for that still are to be sent, the newest.
pub const OPEN_SENDS_LOOKED_AT: usize = 500;
/// Messages that one request cancels.
pub const CANCELLED_AT_ONCE: usize = 100;
/// How long a message does not ask again for a number that the provider did not tell.
pub const LOOK_UP_AGAIN: Duration = Duration::from_mins(10);
/// The waits before a look-up that failed is made again; then it is given up until the person writes again.
pub const LOOK_UP_WAITS: [Duration; 5] = [
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(8),
    Duration::from_mins(9),
    Duration::from_mins(9),
];
/// Conversations that one remembers to have been joined with.
pub const MERGED_FROM: usize = 16;

/// By how much the clocks of two functions may differ.
pub const CLOCKS_DIFFER: Duration = Duration::from_secs(2);
/// For how many seconds a short message may wait for the next; 0 for not at all.
pub const BURST_SECONDS: RangeInclusive<u32> = 0..=10;
/// How often the answer to a burst of messages is put off by another one.
pub const BURST_PUT_OFF: u32 = 3;
/// Messages that are answered together.
pub const BURST_MESSAGES: usize = 10;
/// The longest text that may be one of several, in characters.
pub const BURST_CHARS: usize = 160;

/// How long a customer's "2" chooses from the menu that was last sent.
pub const MENU_OPEN: Duration = Duration::from_hours(24);
/// How long after a customer's last message the next one continues it: what was asked for is still known.
pub const STEP_LIVES: Duration = Duration::from_hours(6);

/// The largest file that is fetched and kept, in bytes.
pub const MEDIA_BYTES: u64 = 32 * 1024 * 1024;
/// How long one download of a file may take.
pub const MEDIA_DOWNLOAD: Duration = Duration::from_secs(10);
/// How long the store may take to accept a file.
pub const MEDIA_STORE: Duration = Duration::from_secs(9);
/// All work for one file: two downloads, the provider's help between them, and the store.
pub const MEDIA_JOB: Duration = Duration::from_secs(38);
/// A file is begun only within this time of its invocation; a later one waits for the timer.
pub const MEDIA_BEGINS: Duration = Duration::from_secs(15);
pub const SWEEP_FUNCTION_TIMEOUT: Duration = Duration::from_mins(1);
/// How long whoever fetches a file keeps others away from it.
pub const MEDIA_LEASE: Duration = Duration::from_secs(90);
/// A file that nobody fetched for this long is asked after.
pub const MEDIA_ASKED_AFTER: Duration = Duration::from_mins(2);
/// How often a file is tried to be fetched.
pub const MEDIA_ATTEMPTS: u32 = 6;
/// The longest wait between two attempts.
pub const MEDIA_WAITS: Duration = Duration::from_hours(1);
/// How long after its message a file is given up, however often the provider asked to wait.
pub const MEDIA_GIVEN_UP: SignedDuration = SignedDuration::from_hours(48);
/// How long a link to a file can be used.
pub const MEDIA_LINK: Duration = Duration::from_mins(15);

/// How long the ledger keeps a message, in days.
pub const MESSAGE_DAYS: i64 = 180;
/// How long a claim must outlive the provider's repeats, in days.
pub const CLAIM_DAYS: i64 = 30;
/// How long a status without its message is kept, in hours.
pub const ORPHAN_STATUS_HOURS: i64 = 48;
/// Ids of sent messages that an environment remembers the message of.
pub const LEADS_REMEMBERED: usize = 2_000;
/// How long it does: most statuses of a message come within minutes.
pub const LEAD_REMEMBERED: Duration = Duration::from_mins(10);
/// How long an idempotency key is remembered, in days.
pub const IDEMPOTENCY_DAYS: i64 = 7;

/// The largest body of a request that configures a vendor, in bytes: the catalogue with room for its form.
pub const CONFIG_BODY_BYTES: usize = 3 * 1024 * 1024;
/// The largest configuration without its catalogue, in bytes: every message to the vendor reads it.
pub const SETTINGS_BYTES: usize = 32 * 1024;
/// For how many hours a conversation may be left to a person.
pub const HANDOVER_HOURS: RangeInclusive<u32> = 1..=168;
/// Words by which somebody may ask to be written to no more.
pub const OPT_OUT_WORDS: usize = 30;
/// The longest keyword or opt-out word, in characters.
pub const WORD_CHARS: usize = 40;
/// Business hours' intervals of one weekday.
pub const INTERVALS_A_DAY: usize = 8;
/// Products of a catalogue.
pub const PRODUCTS: usize = 5_000;
/// Keywords of a product.
pub const KEYWORDS: usize = 20;
/// The longest description of a product, in bytes.
pub const DESCRIPTION_BYTES: usize = 2_000;
/// The largest catalogue, in bytes of JSON.
pub const CATALOGUE_BYTES: usize = 1_500 * 1024;
/// The largest part of a catalogue that one item holds, in bytes, below DynamoDB's own 400 KiB.
pub const CATALOGUE_PART_BYTES: usize = 300 * 1024;
/// Items of a catalogue.
pub const CATALOGUE_PARTS: usize = 10;
/// Orders that one request tells of.
pub const ORDERS_AT_ONCE: usize = 100;
/// Items of an order.
pub const ORDER_ITEMS: usize = 30;
/// The longest text in the place of an order's status, in bytes.
pub const ORDER_TEXT_BYTES: usize = 1_000;
/// The longest address at which an order is followed, in bytes: it is said beside everything else.
pub const TRACKING_URL_BYTES: usize = 500;
/// How long an order is kept after it was last written, in days.
pub const ORDER_DAYS: i64 = 400;
/// Orders of a customer that are told of, the newest.
pub const CUSTOMER_ORDERS: usize = LIST_OPTIONS;
/// Vendors whose catalogues an environment keeps at hand.
pub const CACHED_CATALOGUES: usize = 1_000;
/// The memory that they may take together, in bytes: several of the largest.
pub const CACHED_CATALOGUES_BYTES: usize = 32 * 1024 * 1024;
/// Wrong parts of one document that are named.
pub const WRONG_PARTS_NAMED: usize = 50;
/// Numbers that a vendor may have.
pub const NUMBERS: usize = 20;
/// How long a webhook secret that was replaced stays good: what the provider had under way is still accepted.
pub const PREVIOUS_SECRET_LIVES: SignedDuration = SignedDuration::from_hours(24);
/// How long one request may keep others from changing a vendor's secrets; longer than the admin function runs.
pub const SECRETS_LEASE: Duration = Duration::from_secs(15);
/// How long a request waits for another one that changes the vendor's secrets.
pub const SECRETS_WAIT: Duration = Duration::from_secs(3);
/// How old a message is when it is first counted: by then most are settled, and the ledger's list shows it.
pub const COUNTED_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// Days before today that may still have to be counted; what the sweep missed for longer stays uncounted.
pub const COUNTED_AGAIN_DAYS: i8 = 7;
/// How long counts are kept, in days.
pub const COUNT_DAYS: i64 = 400;
/// Days that one question about counts may span.
pub const COUNTS_ASKED_DAYS: i32 = 366;
/// Messages that failed lately, as the fleet's counts show them.
pub const RECENT_FAILURES: usize = 20;
/// How old the counts of numbers may be before the sweep counts them anew.
pub const FLEET_COUNTED: SignedDuration = SignedDuration::from_mins(10);
/// How old the count of sends may be that a restore brought into doubt and nobody decided on.
pub const HELD_COUNTED: SignedDuration = SignedDuration::from_mins(5);

/// How long an unknown vendor is remembered as unknown.
pub const NEGATIVE_CACHE: Duration = Duration::from_secs(5);
/// Vendors that an environment remembers at most, and as many that do not exist.
pub const CACHED_VENDORS: usize = 10_000;
/// How long a connection to the shared cache may take.
pub const REDIS_CONNECT: Duration = Duration::from_millis(80);
/// How long its answer may take.
pub const REDIS_ANSWER: Duration = Duration::from_millis(40);
/// How long it is left alone after it did not answer.
pub const REDIS_LEFT_ALONE: Duration = Duration::from_secs(10);
/// How old a cached secret may be before a webhook reads it again; a rotation waits as long for every environment to have read it.
pub const SECRET_CACHE: Duration = Duration::from_mins(5);
/// How far back sends are looked for that are not settled, before a number is deleted: longer than any may wait.
pub const ACTIVE_SENDS_WITHIN: SignedDuration = SignedDuration::from_hours(72);
/// How long after a vendor's deletion something may still come of what knew it: cached secrets, functions and looks that run.
pub const ERASURE_SETTLES: SignedDuration = SignedDuration::from_mins(15);
/// How long a pass of an erasure keeps others away; it ends long before.
pub const ERASURE_LEASE: SignedDuration = SignedDuration::from_mins(2);
/// How long a pass may work before it leaves the rest to the next.
pub const ERASURE_PASS: Duration = Duration::from_secs(15);
/// How often a send is looked at that waits for a restore from backup to be worked through; its queue allows 1,000 receives.
pub const RESTORE_LOOK: Duration = Duration::from_secs(30);
/// How late in an invocation a pass may begin; after that it is left to the timer.
pub const ERASURE_BEGINS: Duration = Duration::from_secs(25);
/// How long one pass of an erasure waits for the one before to be seen everywhere.
pub const ERASURE_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// How long entries of the quarantine and of dead-letter queues are out of sight once a pass looked at them.
pub const SCRUB_HIDES: Duration = Duration::from_mins(10);
/// How long a deleted vendor's id is remembered after its erasure, so that what comes late brings nothing back.
pub const ERASED_REMEMBERED: SignedDuration = SignedDuration::from_hours(48);
/// A mismatch has a vendor's secrets read again at most this often.
pub const SECRET_FRESH: Duration = Duration::from_secs(1);
/// How long before a webhook secret is replaced at the provider that is stored and announced: longer than a reading counts as fresh, so that
/// whoever read before that reads again.
pub const ROTATION_LEAD: Duration = Duration::from_secs(2);
/// How long the provider may take to answer one question of the admin API.
pub const ADMIN_PROVIDER_CALL: Duration = Duration::from_secs(4);
/// How long all that a request asks of the provider may take; the admin function has 10 s.
pub const ADMIN_PROVIDER_CALLS: Duration = Duration::from_secs(8);
/// How long the provider is given at least to switch a session's webhooks off, and as long to switch them on again.
pub const ROTATION_SWITCH: Duration = Duration::from_secs(2);
/// When a renewal is looked after whose caller may have died.
pub const RENEWAL_SETTLES: Duration = Duration::from_secs(30);
/// How long one look after a number's renewals may take; whoever looks has the vendor's secrets for longer.
pub const RENEWAL_LOOK: Duration = Duration::from_secs(8);
/// How long after it was begun the request that began a renewal may still be at work on it.
pub const RENEWAL_WORKS: Duration = ADMIN_FUNCTION_TIMEOUT;
/// How long a webhook is held that may be signed with a secret that such a request is about to store.
pub const RENEWAL_HOLDS: Duration = Duration::from_millis(1_500);
/// How often it is looked meanwhile whether the secrets may be read again.
pub const RENEWAL_HOLD_STEP: Duration = Duration::from_millis(250);
/// How long a renewal is waited for whose outcome the provider does not tell.
pub const RENEWAL_LIVES: Duration = Duration::from_hours(1);
/// Reads of secrets that mismatches may cause in one second, over all vendors of an environment.
pub const SECRET_READS_PER_SECOND: u32 = 5;
/// How long it may take to learn whose a session is that a webhook names.
pub const SESSION_KEY_LOOK: Duration = Duration::from_millis(800);
/// Sessions of one vendor that an environment looks up in one second because its webhooks name them.
pub const SESSION_KEYS_PER_SECOND: u32 = 5;
/// Sessions that an environment remembers the vendor of.
pub const SESSION_KEYS_REMEMBERED: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pacing::PROTECTED_GAP;

    #[test]
    fn a_send_ends_before_its_function_its_lease_and_its_visibility() {
        assert!(
            PROVIDER_TIMEOUT < SEND_NEEDS,
            "an answer is recorded in what the call leaves"
        );
        assert!(SEND_NEEDS + SENDER_WAITS < SENDER_FUNCTION_TIMEOUT);
        assert!(PROVIDER_TIMEOUT < CALL_NEEDS && CALL_NEEDS < SEND_NEEDS);
        assert!(
            SENDER_FUNCTION_TIMEOUT < SEND_LEASE,
            "a lease ends after the invocation that holds it"
        );
        assert!(
            SEND_LEASE < OUTBOUND_VISIBILITY,
            "a redelivery finds the lease ended"
        );
        assert!(OUTBOUND_VISIBILITY >= SENDER_FUNCTION_TIMEOUT * 6);
        assert!(SENDER_WAITS < REQUEUE_WAITS);
    }

    #[test]
    fn what_is_put_off_is_parked_long_before_the_dead_letter_queue_takes_it() {
        // A refusal, the visit that finds its wait not over by a hair, and the tries that fail.
        const { assert!(2 * (REFUSALS_IN_A_ROW + ATTEMPTS) < OUTBOUND_RECEIVES / 10) };
    }

    #[test]
    fn a_lane_with_account_protection_waits_in_the_queue_and_is_not_parked() {
        let margin_and_jitter = PROTECTED_GAP / 20 + PROTECTED_GAP / 4;
        assert!(PROTECTED_GAP + margin_and_jitter < REQUEUE_WAITS);
        assert!(PROTECTED_GAP < LEARNED_GAP_MOST);
    }

    #[test]
    fn a_send_in_doubt_is_asked_after_before_its_conversation_goes_on_and_before_a_person_decides()
    {
        assert!(DOUBT_LOOK < UNKNOWN_LOOKS[0] && UNKNOWN_LOOKS[0] < DOUBT_HOLDS);
        assert!(
            UNKNOWN_LOOKS[0] + UNKNOWN_LOOKS[1] <= DOUBT_HOLDS,
            "two looks fall into the wait"
        );
        assert!(DOUBT_HOLDS < SETTLES_WITHIN);
        assert!(
            DOUBT_LOOK > SENDER_WAITS && DOUBT_LOOK <= REQUEUE_WAITS,
            "it is waited for in the queue and not parked"
        );
        assert!(PLATFORM_CACHE < PLATFORM_HOLDS && PLATFORM_HOLDS <= PROBE_AFTER);
    }

    #[test]
    fn a_conversation_ends_before_its_lease_and_its_visibility() {
        assert!(ENGINE_TIMEOUT + LOOK_UP + Duration::from_secs(5) < CONVERSATION_FUNCTION_TIMEOUT);
        assert!(CONVERSATION_FUNCTION_TIMEOUT < CLAIM_LEASE);
        assert!(CLAIM_LEASE < INBOUND_VISIBILITY);
        assert!(INBOUND_VISIBILITY >= CONVERSATION_FUNCTION_TIMEOUT * 6);
    }

    #[test]
    fn a_message_that_waits_for_its_engine_never_reaches_the_dead_letter_queue() {
        // The visit that ends it, the one that finds it set aside, and as many that fail for other reasons as waits are left.
        const { assert!(ENGINE_WAITS + 1 + 5 <= INBOUND_RECEIVES) };
        assert!(ENGINE_WAITING_LIVES > ENGINE_AWAITED + INBOUND_VISIBILITY);
    }

    #[test]
    fn what_was_set_aside_keeps_its_place_for_as_long_as_it_comes_back() {
        assert!(INBOUND_VISIBILITY * INBOUND_RECEIVES < ASIDE_LIVES);
        assert!(ENGINE_AWAITED < ASIDE_LIVES);
    }

    #[test]
    fn an_engine_that_is_back_is_asked_again_before_anybody_gave_up() {
        let comes_back = ENGINE_WAIT_MOST + ENGINE_WAIT_MOST / 4;
        let longest = ENGINE_LEFT_ALONE_MOST + ENGINE_PROBE + comes_back;
        assert!(longest < ENGINE_AWAITED);
        assert!(ENGINE_TIMEOUT + AWS_CALL < ENGINE_PROBE && ENGINE_CACHE < ENGINE_LEFT_ALONE);
        assert!(ENGINE_ASKS_TO_WAIT_MOST < ENGINE_AWAITED);
        assert!(ENGINE_LEFT_ALONE_MOST < ENGINE_WINDOW);
    }

    #[test]
    fn a_delivery_ends_before_its_invocation_and_its_lease() {
        assert!(ACTIONS_BEGIN + ACTIONS_TIMEOUT + AWS_CALL * 2 < SWEEP_FUNCTION_TIMEOUT);
        assert!(SWEEP_FUNCTION_TIMEOUT < ACTIONS_LEASE);
    }

    #[test]
    fn what_waits_is_remembered_until_the_sweep_found_it() {
        assert!(SENDER_WAITS < ENGINE_DELAY && ENGINE_DELAY < UNDISPATCHED_AFTER);
        assert!(UNDISPATCHED_AFTER * 2 <= HELD_REMEMBERED + ENGINE_DELAY);
        let longest_delay_of_a_queue = Duration::from_mins(15);
        assert!(ANSWER_WITHIN < longest_delay_of_a_queue);
    }

    #[test]
    fn the_largest_menu_fits_into_a_text_with_room_for_its_body() {
        let accented = 2 * (OPTION_TITLE_CHARS + OPTION_DESCRIPTION_CHARS);
        let line = "10. ".len() + accented + " — \n".len();
        const { assert!(BUTTONS <= LIST_OPTIONS) };
        assert!(LIST_OPTIONS * line < REPLY_TEXT_BYTES);
    }

    #[test]
    fn a_change_waits_until_what_the_vendor_typed_is_kept() {
        assert!(ECHO_HELD < CHANGE_HELD * u32::from(CHANGE_WAITS));
        assert!(ENGINE_AWAITED < CHANGE_HELD * u32::from(CHANGE_WAITS));
    }

    #[test]
    fn whoever_waits_for_the_account_is_answered_before_the_function_ends() {
        assert!(OWNER_CALL <= OWNER_WAITS);
        assert!(OWNER_WAITS + AWS_ATTEMPT < ADMIN_FUNCTION_TIMEOUT);
        assert!(QR_CODE_LIVES < PAIRING_LIVES);
    }

    #[test]
    fn a_pairing_fits_into_an_item() {
        assert!(PAIRING_LIVES < PAIRING_LIVES_AT_MOST);
        const { assert!(2 * PAIRING_CODE_BYTES < 400 * 1024) };
    }

    #[test]
    fn a_file_is_fetched_and_kept_within_its_invocation_and_its_lease() {
        let steps = MEDIA_DOWNLOAD * 2 + PROVIDER_TIMEOUT + MEDIA_STORE;
        assert!(steps < MEDIA_JOB);
        assert!(MEDIA_BEGINS + MEDIA_JOB + AWS_CALL < SWEEP_FUNCTION_TIMEOUT);
        assert!(SWEEP_FUNCTION_TIMEOUT < MEDIA_LEASE && MEDIA_LEASE < MEDIA_ASKED_AFTER);
    }

    #[test]
    fn while_a_look_up_is_repeated_no_message_begins_another() {
        assert!(LOOK_UP_WAITS.iter().all(|wait| *wait < LOOK_UP_AGAIN));
        let longest_delay_of_a_queue = Duration::from_mins(15);
        assert!(
            LOOK_UP_WAITS
                .iter()
                .all(|wait| *wait <= longest_delay_of_a_queue)
        );
    }

    #[test]
    fn a_sessions_word_is_confirmed_within_a_minute_and_its_silence_is_seen_in_time() {
        assert!(CONFIRM_AFTER < CONFIRM_PENDING, "a storm is confirmed once");
        assert!(CONFIRM_PENDING < Duration::from_mins(1));
        assert_eq!(WATCH_LAPSE, WATCH_EVERY * 3);
        assert!(WATCH_EVERY < SILENCE_AT_LEAST && SILENCE_AT_LEAST < RHYTHM_KNOWN);
    }

    #[test]
    fn a_rotation_is_announced_before_it_begins_and_looked_after_when_its_caller_is_gone() {
        assert!(SECRET_FRESH < ROTATION_LEAD);
        assert!(ROTATION_LEAD + ROTATION_SWITCH * 2 < ADMIN_PROVIDER_CALLS);
        assert!(RENEWAL_LOOK + AWS_CALL * 2 < SECRETS_LEASE);
        assert!(SECRETS_LEASE < RENEWAL_SETTLES && RENEWAL_SETTLES < RENEWAL_LIVES);
        let lives = PREVIOUS_SECRET_LIVES.unsigned_abs();
        assert!(SECRET_CACHE < lives && RENEWAL_LIVES < lives);
    }

    #[test]
    fn an_erasure_outlasts_what_knew_the_vendor_before() {
        let settles = ERASURE_SETTLES.unsigned_abs();
        assert!(SECRET_CACHE + SWEEP_FUNCTION_TIMEOUT < settles);
        assert!(SCRUB_HIDES + SWEEP_FUNCTION_TIMEOUT < settles);
        assert!(ADMIN_FUNCTION_TIMEOUT + SHELF_HIDES < SHELF_LOOK);
        assert!(ERASURE_BEGINS + ERASURE_PASS + AWS_CALL * 2 < SWEEP_FUNCTION_TIMEOUT);
        assert!(SWEEP_FUNCTION_TIMEOUT < ERASURE_LEASE.unsigned_abs());
    }

    #[test]
    fn a_webhook_is_answered_in_time_whatever_its_stores_do() {
        assert!(AWS_ATTEMPT * 2 <= AWS_CALL);
        assert!(AWS_CALL < WEBHOOK_BUDGET && WEBHOOK_BUDGET < WEBHOOK_ANSWER);
    }
}
