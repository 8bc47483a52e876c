//! Whatever is done in whatever order: no reply begins to leave after a takeover, a release, a STOP or a START that was written before.
//!
//! A small world in every order that its steps can have: messages are heard and decided, replies enqueued, delivered twice, taken and
//! sent, people take over and give back, functions die. The decisions are the real ones of this crate; the conditional writes between
//! them are told here once more, and must be kept as `platform` makes them.

use std::collections::BTreeSet;

use domain::conversation::{Attendant, Conversation, Heard, Plan};
use domain::decision::decide;
use domain::engine::Answer;
use domain::turn::{Entry, Turn, turn};
use domain::{
    CatalogueSize, Contact, Content, Dispatch, Fingerprint, Identity, InboundMessage, Lane,
    MessageId, Origin, Outbound, PhoneNumber, ProviderMessageId, VendorConfig, VendorId, WabaId,
    control,
};
use jiff::Timestamp;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// Whoever does something, and how far they are. Each step reads or writes once.
#[derive(Clone, Debug)]
enum Actor {
    /// A message comes to the conversation function; its number, and its text.
    Hears(usize, &'static str),
    /// It is decided on what was read, and not written yet.
    Decides(usize, &'static str, Box<Conversation>),
    /// It is decided, its replies are perhaps not in the queue yet.
    Enqueues(usize),
    /// A person changes who attends; `true` takes over.
    Attends(bool),
    AttendsHaving(bool, Box<Conversation>),
    /// A sender that is given so many entries more.
    Waits(u8),
    HasRead(u8, Box<Outbound>),
    /// The transaction found the conversation changed.
    Superseded(u8, Box<Outbound>),
    Sends(u8, MessageId),
    Done,
}

#[derive(Clone, Debug)]
struct World {
    conversation: Conversation,
    /// Messages that are decided.
    decided: BTreeSet<usize>,
    /// Replies, each with the moment in which it was decided.
    replies: Vec<(Outbound, usize)>,
    queue: BTreeSet<MessageId>,
    /// How many decisions and changes of control were written, and when the last that holds replies back was.
    moment: usize,
    controlled: usize,
    sent: Vec<MessageId>,
    actors: Vec<Actor>,
}

fn config() -> VendorConfig {
    VendorConfig {
        vendor_id: VendorId::parse("vendor_001").expect("an id"),
        business_name: "My Shop A".to_owned(),
        active: true,
        auto_reply: true,
        language: "fr".to_owned(),
        answer_groups: false,
        typed_pause_minutes: 60,
        settings: domain::config::Settings::default(),
        catalogue: CatalogueSize::default(),
        revision: 0,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn message(text: &str) -> InboundMessage {
    let phone = PhoneNumber::from_provider("221700000001").expect("a number");
    InboundMessage {
        key_id: ProviderMessageId::parse("3EB0").expect("an id"),
        msg_id: None,
        contact: Contact::by_phone(phone),
        group: None,
        content: Content::text(text),
        reply_to: None,
        occurred_at: None,
    }
}

fn answers(reply: &Outbound, question: &MessageId) -> bool {
    matches!(&reply.origin, Origin::Automatic { in_reply_to, .. } if in_reply_to == question)
}

fn id(number: usize) -> MessageId {
    MessageId::derived(&["question", &number.to_string()])
}

impl World {
    fn of(actors: Vec<Actor>) -> Self {
        let phone = PhoneNumber::from_provider("221700000001").expect("a number");
        let vendor = VendorId::parse("vendor_001").expect("an id");
        Self {
            conversation: Conversation::begin(&vendor, &Identity::Phone(phone)),
            decided: BTreeSet::new(),
            replies: Vec::new(),
            queue: BTreeSet::new(),
            moment: 0,
            controlled: 0,
            sent: Vec::new(),
            actors,
        }
    }

    fn with(&self, who: usize, actor: Actor) -> Self {
        let mut world = self.clone();
        world.actors[who] = actor;
        world
    }

    /// The worlds that one step of an actor can lead to: it goes on, or dies where that makes a difference.
    fn steps(&self, who: usize) -> Vec<Self> {
        let mut went = self.clone();
        match self.actors[who].clone() {
            Actor::Hears(number, _) if self.decided.contains(&number) => {
                vec![self.with(who, Actor::Enqueues(number))]
            }
            Actor::Hears(number, text) => {
                let read = Box::new(self.conversation.clone());
                vec![self.with(who, Actor::Decides(number, text, read))]
            }
            Actor::Decides(number, text, read) => {
                let next = if went.decide(number, text, *read) {
                    Actor::Enqueues(number)
                } else {
                    Actor::Hears(number, text)
                };
                vec![went.with(who, next)]
            }
            // Whoever dies here has the sweep enqueue later, at the end.
            Actor::Enqueues(number) => {
                let replies = self.replies.iter().map(|(reply, _)| reply);
                let asked = replies.filter(|reply| answers(reply, &id(number)));
                went.queue.extend(asked.map(|reply| reply.id.clone()));
                vec![went.with(who, Actor::Done), self.with(who, Actor::Done)]
            }
            Actor::Attends(takes) => {
                let read = Box::new(self.conversation.clone());
                vec![self.with(who, Actor::AttendsHaving(takes, read))]
            }
            Actor::AttendsHaving(takes, read) => {
                let next = if went.attend(takes, &read) {
                    Actor::Done
                } else {
                    Actor::Attends(takes)
                };
                vec![went.with(who, next)]
            }
            sender => self.sender_steps(who, sender),
        }
    }

    fn sender_steps(&self, who: usize, sender: Actor) -> Vec<Self> {
        let mut went = self.clone();
        match sender {
            Actor::Waits(more) if more > 0 => {
                let read = |reply: &MessageId| Box::new(self.reply(reply).clone());
                let entries = self.queue.iter();
                let given =
                    entries.map(|reply| self.with(who, Actor::HasRead(more - 1, read(reply))));
                given.collect()
            }
            Actor::HasRead(more, read) => {
                let next = went.take(more, &read);
                let is_taken = matches!(next, Actor::Sends(..));
                let dies = is_taken.then(|| went.with(who, Actor::Waits(more)));
                let goes_on = went.with(who, next);
                std::iter::once(goes_on).chain(dies).collect()
            }
            Actor::Superseded(more, read) => {
                went.supersede(&read);
                vec![went.with(who, Actor::Waits(more))]
            }
            Actor::Sends(more, reply) => {
                went.queue.remove(&reply);
                went.sent.push(reply);
                vec![went.with(who, Actor::Waits(more))]
            }
            _ => Vec::new(),
        }
    }

    fn reply(&self, id: &MessageId) -> &Outbound {
        let found = self.replies.iter().find(|(reply, _)| reply.id == *id);
        &found.expect("it was decided").0
    }

    /// One transaction: the claim, the conversation on the version that was read, its replies.
    fn decide(&mut self, number: usize, text: &str, read: Conversation) -> bool {
        let (id, waba, message) = (
            id(number),
            WabaId::parse("waba_a").expect("an id"),
            message(text),
        );
        let heard = Heard {
            id: &id,
            waba: &waba,
            message: &message,
            received_at: NOW,
            quoted: None,
        };
        let (version, config) = (read.version, config());
        let conversation = read.hears(heard).minding(&config, heard);
        let answer = match conversation.plan(&config, heard) {
            Plan::Ask(_) => Answer {
                replies: vec![Content::text("answer")],
                requires_human: text == "humain",
                ..Answer::default()
            },
            Plan::Say(answer, _) => *answer,
            Plan::Quiet(_) => Answer::default(),
        };
        let decision = decide(conversation, (&config, heard), answer, NOW);
        if self.conversation.version != version || !self.decided.insert(number) {
            return false;
        }
        self.moment += 1;
        if decision.conversation.rules.is_changed_by(&id) {
            self.controlled = self.moment;
        }
        self.conversation = decision.conversation;
        let replies = decision
            .replies
            .into_iter()
            .map(|reply| (reply, self.moment));
        self.replies.extend(replies);
        true
    }

    /// The conversation on the version that was read, under a new epoch.
    fn attend(&mut self, takes: bool, read: &Conversation) -> bool {
        let takeover = control::Takeover {
            until: Attendant::UNTIL_RELEASED,
            by: "Fatou".to_owned(),
        };
        let next = if takes {
            read.taken_over(&takeover)
        } else {
            read.released(NOW)
        };
        let Some(next) = next else { return true };
        if self.conversation.version != read.version {
            return false;
        }
        self.moment += 1;
        self.controlled = self.moment;
        self.conversation = next;
        true
    }

    /// One transaction: the reply as it was read, and the conversation under the epoch that the reply was decided under.
    fn take(&mut self, more: u8, read: &Outbound) -> Actor {
        let Origin::Automatic { epoch, .. } = read.origin else {
            unreachable!("replies are automatic")
        };
        let entry = Entry {
            generation: read.generation,
            control_epoch: epoch,
            ..Entry::default()
        };
        let Turn::Send { message, .. } = turn(read, &Lane::default(), entry, NOW) else {
            return Actor::Waits(more);
        };
        let (stored, decided) = self
            .replies
            .iter_mut()
            .find(|(reply, _)| reply.id == read.id)
            .expect("it was decided");
        if stored.revision != read.revision {
            return Actor::Waits(more);
        }
        if self.conversation.control_epoch != epoch {
            return Actor::Superseded(more, Box::new(read.clone()));
        }
        assert!(
            *decided >= self.controlled,
            "a reply leaves that was decided before the last word about it"
        );
        let is_silent = self.conversation.is_opted_out();
        let word = |id: &MessageId| self.conversation.rules.is_changed_by(id);
        let confirms =
            matches!(&read.origin, Origin::Automatic { in_reply_to, .. } if word(in_reply_to));
        assert!(
            !is_silent || confirms,
            "somebody who asked for silence is written to"
        );
        *stored = *message;
        Actor::Sends(more, read.id.clone())
    }

    fn supersede(&mut self, read: &Outbound) {
        let entry = Entry {
            generation: read.generation,
            control_epoch: self.conversation.control_epoch,
            ..Entry::default()
        };
        let Turn::End(ended) = turn(read, &Lane::default(), entry, NOW) else {
            return;
        };
        let stored = self
            .replies
            .iter_mut()
            .find(|(reply, _)| reply.id == read.id);
        let (stored, _) = stored.expect("it was decided");
        if stored.revision == read.revision {
            *stored = *ended;
            self.queue.remove(&read.id);
        }
    }

    /// Once nobody does anything any more: the sweep enqueues what a death left, and what is in the queue comes to its turn.
    fn settles(mut self) {
        let open: Vec<_> = self
            .replies
            .iter()
            .map(|(reply, _)| reply.id.clone())
            .collect();
        for reply in open {
            while self.reply(&reply).dispatch == Dispatch::Queued {
                let read = self.reply(&reply).clone();
                match self.take(0, &read) {
                    Actor::Sends(_, reply) => self.sent.push(reply),
                    Actor::Superseded(_, read) => self.supersede(&read),
                    other => panic!("a reply is stuck: {other:?}"),
                }
            }
        }
        let once: BTreeSet<_> = self.sent.iter().collect();
        assert_eq!(once.len(), self.sent.len(), "a reply was sent twice");
        for (reply, decided) in &self.replies {
            if *decided >= self.controlled {
                let left = matches!(reply.dispatch, Dispatch::Sending);
                assert!(left, "nobody held this reply back: {:?}", reply.dispatch);
            }
        }
    }
}

/// Takes every order of every step, and answers with how many worlds there are.
fn explored(actors: Vec<Actor>) -> usize {
    let mut seen = BTreeSet::new();
    let mut open = vec![World::of(actors)];
    while let Some(world) = open.pop() {
        if !seen.insert(Fingerprint::of(&[&format!("{world:?}")]).short()) {
            continue;
        }
        let steps = (0..world.actors.len()).flat_map(|who| world.steps(who));
        let next: Vec<_> = steps.collect();
        if next.is_empty() {
            world.settles();
        } else {
            open.extend(next);
        }
    }
    seen.len()
}

#[test]
fn a_takeover_and_its_release_hold_back_what_was_decided_before_in_every_order() {
    for controls in [vec![true], vec![true, false], vec![true, true]] {
        let mut actors = vec![Actor::Hears(0, "Bonjour"), Actor::Waits(1), Actor::Waits(1)];
        actors.extend(controls.into_iter().map(Actor::Attends));
        assert!(explored(actors) > 50);
    }
}

#[test]
fn a_stop_and_a_start_hold_back_what_was_decided_before_in_every_order() {
    for words in [&["Stop !"][..], &["STOP", "start"], &["stop", "arrêt"]] {
        let mut actors = vec![Actor::Hears(0, "Bonjour"), Actor::Waits(1)];
        let words = words.iter().enumerate();
        actors.extend(words.map(|(number, word)| Actor::Hears(number + 1, word)));
        assert!(explored(actors) > 50);
    }
}

#[test]
fn a_stop_and_a_takeover_at_once_hold_back_what_was_decided_before_in_every_order() {
    for messages in [["Bonjour", "stop"], ["humain", "Bonjour"]] {
        for takes in [true, false] {
            let mut actors = vec![Actor::Attends(takes), Actor::Waits(1)];
            let messages = messages.into_iter().enumerate();
            actors.extend(messages.map(|(number, text)| Actor::Hears(number, text)));
            assert!(explored(actors) > 50);
        }
    }
}

#[test]
fn a_message_that_comes_twice_is_decided_once_in_every_order() {
    let actors = vec![
        Actor::Hears(0, "stop"),
        Actor::Hears(0, "stop"),
        Actor::Waits(1),
        Actor::Waits(1),
    ];
    assert!(explored(actors) > 50);
}
