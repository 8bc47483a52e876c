use jiff::ToSpan as _;
use proptest::prelude::*;

use super::*;
use crate::config::BusinessHours;
use crate::content::{Choice, Kind, Media};
use crate::control::Takeover;
use crate::conversation::tests::{config, conversation, heard, message};
use crate::decision::{Decision, decide};
use crate::event::{GroupId, InboundMessage};
use crate::ids::WabaId;
use crate::outbound::Origin;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// A conversation, one message after the other.
struct Talk {
    config: VendorConfig,
    conversation: Conversation,
    count: u32,
    now: Timestamp,
}

impl Talk {
    fn with(change: impl FnOnce(&mut VendorConfig)) -> Self {
        let mut config = config();
        change(&mut config);
        Self {
            config,
            conversation: conversation(),
            count: 0,
            now: NOW,
        }
    }

    fn new() -> Self {
        Self::with(|_| {})
    }

    /// What comes of a message: the outcome, and what is said. An engine answers "answer".
    fn hears(&mut self, content: Content) -> (&'static str, Vec<String>) {
        let message = InboundMessage {
            content,
            group: self.conversation.group.clone(),
            ..message()
        };
        let (outcome, decision) = self.decided(&message);
        self.conversation = decision.conversation;
        let said = decision
            .replies
            .into_iter()
            .filter_map(|it| it.content.text);
        (outcome, said.collect())
    }

    fn decided(&mut self, message: &InboundMessage) -> (&'static str, Decision) {
        self.count += 1;
        let id = MessageId::derived(&[&self.count.to_string()]);
        let waba = WabaId::parse("waba_a").unwrap();
        let heard = Heard {
            received_at: self.now,
            ..heard(&id, &waba, message)
        };
        let heard_it = self
            .conversation
            .clone()
            .hears(heard)
            .minding(&self.config, heard);
        let (answer, outcome) = match heard_it.plan(&self.config, heard) {
            Plan::Ask(_) => {
                let replies = vec![Content::text("answer")];
                let answer = Answer {
                    replies,
                    ..Answer::default()
                };
                (answer, "answered")
            }
            Plan::Say(answer, outcome) => (*answer, outcome),
            Plan::Quiet(reason) => (Answer::default(), reason.as_str()),
        };
        let decision = decide(heard_it, (&self.config, heard), answer, self.now);
        (outcome, decision)
    }

    fn says(&mut self, text: &str) -> (&'static str, Vec<String>) {
        self.hears(Content::text(text))
    }

    #[track_caller]
    fn check(&mut self, text: &str, outcome: &str, replies: usize) {
        let (came, said) = self.says(text);
        assert_eq!((came, said.len()), (outcome, replies), "{text}: {said:?}");
    }

    fn later(&mut self, seconds: i64) {
        self.now += seconds.seconds();
    }
}

#[test]
fn a_conversation_is_reminded_of_a_word_unless_it_knows_that_or_a_later_one() {
    let mut talk = Talk::new();
    talk.check("Bonjour", "answered", 1);
    let (later, begun) = (NOW + 1.hour(), talk.conversation.clone());
    assert_eq!(begun.reminded(true, later), None, "it may be written to");
    let silenced = begun.reminded(false, later).expect("it did not know");
    assert!(silenced.is_opted_out() && silenced.control_epoch > begun.control_epoch);
    assert_eq!(silenced.reminded(false, later), None);
    let earlier = NOW + 1.minute();
    assert_eq!(silenced.reminded(true, earlier), None, "it was said before");
    let again = silenced.reminded(true, later + 1.second());
    assert!(again.is_some_and(|it| !it.is_opted_out()));
    talk.conversation = silenced;
    talk.check("Bonjour", "opted_out", 0);
}

#[test]
fn a_word_that_is_the_whole_message_stops_everything_until_another_one() {
    let mut talk = Talk::new();
    talk.check("Bonjour", "answered", 1);
    talk.check("Stop !", "opted_out", 1);
    assert_eq!(talk.conversation.control_epoch, 1);
    assert_eq!(talk.conversation.rules.opted_out_at(), Some(NOW));
    talk.check("STOP", "opted_out", 0);
    talk.check("Bonjour", "opted_out", 0);
    assert_eq!(talk.conversation.control_epoch, 1, "it is so already");
    talk.later(10 * 365 * 24 * 3600);
    talk.check("Vous êtes là ?", "opted_out", 0);
    talk.check("Start", "opted_in", 1);
    assert_eq!(talk.conversation.control_epoch, 2);
    talk.check("Start", "answered", 1);
}

#[test]
fn a_confirmation_is_decided_under_the_epoch_that_it_raised() {
    let mut talk = Talk::new();
    let stop = InboundMessage {
        content: Content::text("stop"),
        ..message()
    };
    let (_, decision) = talk.decided(&stop);
    let Origin::Automatic { epoch, .. } = decision.replies[0].origin else {
        panic!("it is automatic")
    };
    assert_eq!((epoch, decision.conversation.control_epoch), (1, 1));
}

#[test]
fn words_that_stop_stand_alone_whatever_their_accents_case_and_punctuation() {
    let own = |config: &mut VendorConfig| {
        config.settings.opt_out_words = vec!["Ne m'écrivez plus".to_owned(), "Bàyyil".to_owned()];
    };
    for text in [
        "stop",
        "STOP",
        " Stop. ",
        "stop!!!",
        "STOP 🛑",
        "stop stop",
        "Arrêt",
        "arret",
        "Arrêter",
        "désabonner",
        "unsubscribe",
        "ne m’écrivez plus !",
        "bayyil",
    ] {
        let mut talk = Talk::with(own);
        talk.check(text, "opted_out", 1);
    }
    for text in [
        "stop it please",
        "ne vous arrêtez pas",
        "non-stop",
        "stopper",
        "l'arrêt de bus",
        "arrêt maladie",
        "je veux me désabonner demain",
        "",
        "🛑",
        "start",
        "reprendre",
    ] {
        let mut talk = Talk::with(own);
        talk.check(text, "answered", 1);
    }
}

#[test]
fn a_button_that_says_stop_stops_and_a_caption_does_not() {
    let choice = Choice {
        id: Some("optout".to_owned()),
        title: Some("STOP".to_owned()),
    };
    let button = Content {
        choice: Some(choice),
        ..Content::of(Kind::Choice)
    };
    assert_eq!(Talk::new().hears(button).0, "opted_out");
    let picture = Content::media(Kind::Image, Media::default(), Some("Stop".to_owned()));
    assert_eq!(Talk::new().hears(picture).0, "answered");
}

#[test]
fn a_stop_holds_where_nothing_may_be_said() {
    let changes: [fn(&mut VendorConfig); 2] = [
        |config| config.active = false,
        |config| config.auto_reply = false,
    ];
    for (change, outcome) in changes.into_iter().zip(["vendor_paused", "auto_reply_off"]) {
        let mut talk = Talk::with(change);
        talk.check("stop", outcome, 0);
        assert!(talk.conversation.is_opted_out());
        talk.config = config();
        talk.check("Bonjour", "opted_out", 0);
    }
    let mut talk = Talk::new();
    let takeover = Takeover {
        until: Attendant::UNTIL_RELEASED,
        by: "Fatou".to_owned(),
    };
    talk.conversation = talk.conversation.taken_over(&takeover).unwrap();
    talk.check("stop", "opted_out", 1);
    talk.conversation = talk.conversation.released(NOW).unwrap();
    talk.check("Bonjour", "opted_out", 0);
}

#[test]
fn in_a_group_a_stop_counts_where_groups_are_answered() {
    let group = Some(GroupId("120363000000000001".to_owned()));
    let mut talk = Talk::new();
    talk.conversation.group.clone_from(&group);
    talk.check("stop", "group", 0);
    assert!(!talk.conversation.is_opted_out());
    talk.config.answer_groups = true;
    talk.check("stop", "opted_out", 1);
}

#[test]
fn whoever_wants_silence_in_one_of_two_conversations_has_it_in_both() {
    let mut silent = Talk::new();
    silent.check("stop", "opted_out", 1);
    let mut other = Talk::new();
    other.later(60);
    other.check("Bonjour", "answered", 1);
    let joined = silent
        .conversation
        .clone()
        .joined(other.conversation.clone());
    assert_eq!(joined.rules.opted_out_at(), Some(NOW));
    let joined = other.conversation.joined(silent.conversation.clone());
    assert!(joined.is_opted_out());
    // A start that the other conversation knows of does not end a stop that it did not.
    let mut back = Talk::new();
    back.check("stop", "opted_out", 1);
    back.later(60);
    back.check("start", "opted_in", 1);
    assert!(back.conversation.joined(silent.conversation).is_opted_out());
}

#[test]
fn somebody_is_welcomed_once_and_before_anything_else_is_said() {
    let welcome = |config: &mut VendorConfig| config.settings.welcome_text = Some("Hi".to_owned());
    let mut talk = Talk::with(welcome);
    assert_eq!(
        talk.says("Bonjour"),
        ("answered", vec!["Hi".to_owned(), "answer".to_owned()])
    );
    assert_eq!(
        talk.says("Bonjour"),
        ("answered", vec!["answer".to_owned()])
    );
    let mut stopped = Talk::with(welcome);
    stopped.check("stop", "opted_out", 1);
    stopped.check("start", "opted_in", 1);
    stopped.check("Bonjour", "answered", 1);
    let mut called = Talk::with(welcome);
    assert_eq!(called.hears(Content::of(Kind::Call)).0, "call");
    assert_eq!(
        called.says("Bonjour").1,
        ["Hi", "answer"],
        "a call was not answered"
    );
    assert_eq!(called.says("Bonjour").1, ["answer"]);
    let mut late = Talk::new();
    late.check("Bonjour", "answered", 1);
    welcome(&mut late.config);
    late.check("Bonjour", "answered", 1);
}

#[test]
fn a_welcome_costs_no_reply_of_the_engines() {
    let mut talk = Talk::with(|config| config.settings.welcome_text = Some("Hi".to_owned()));
    let (id, waba, message) = (
        MessageId::derived(&["1"]),
        WabaId::parse("waba_a").unwrap(),
        message(),
    );
    let heard = heard(&id, &waba, &message);
    let replies = vec![Content::text("a"); limits::REPLIES_PER_DECISION];
    let answer = Answer {
        replies,
        ..Answer::default()
    };
    talk.conversation = talk.conversation.hears(heard).minding(&talk.config, heard);
    let decision = decide(talk.conversation, (&talk.config, heard), answer, NOW);
    let ids: Vec<_> = decision
        .replies
        .iter()
        .map(|reply| reply.id.clone())
        .collect();
    assert_eq!(ids, crate::decision::reply_ids(&id).collect::<Vec<_>>());
    assert!(
        decision
            .replies
            .windows(2)
            .all(|pair| pair[0].order < pair[1].order)
    );
}

fn opens_at_eight(config: &mut VendorConfig) {
    let day = serde_json::json!([{ "from": "08:00", "to": "18:00" }]);
    let hours = serde_json::json!({ "timeZone": "Africa/Dakar", "thursday": day, "friday": day, "monday": day });
    config.settings.business_hours = Some(serde_json::from_value::<BusinessHours>(hours).unwrap());
}

#[test]
fn in_a_closed_shop_it_is_said_once_when_it_opens_and_again_the_next_night() {
    // The first of January 1970 was a Thursday.
    let mut talk = Talk::with(opens_at_eight);
    let (outcome, said) = talk.says("Bonjour");
    assert_eq!(outcome, "outside_hours");
    assert!(said[0].contains("rouvre aujourd’hui à 08:00"), "{said:?}");
    talk.later(3600);
    talk.check("Il y a quelqu'un ?", "outside_hours", 0);
    talk.later(7 * 3600);
    talk.check("Bonjour", "answered", 1);
    talk.later(10 * 3600);
    let (_, said) = talk.says("Bonsoir");
    assert!(said[0].contains("rouvre demain à 08:00"), "{said:?}");
    talk.later(24 * 3600);
    let (_, said) = talk.says("Bonsoir");
    assert!(said[0].contains("rouvre lundi à 08:00"), "{said:?}");
    talk.later(24 * 3600);
    talk.check("Bonsoir", "outside_hours", 0);
}

#[test]
fn a_shop_without_hours_is_open_and_one_that_never_opens_says_so_once() {
    Talk::new().check("Bonjour", "answered", 1);
    let mut never = Talk::with(|config| {
        opens_at_eight(config);
        let hours = config.settings.business_hours.as_mut().unwrap();
        (hours.monday, hours.thursday, hours.friday) = (Vec::new(), Vec::new(), Vec::new());
    });
    never.check("Bonjour", "outside_hours", 1);
    never.later(30 * 24 * 3600);
    never.check("Bonjour", "outside_hours", 0);
}

#[test]
fn a_shops_own_words_and_language_are_used_outside_its_hours() {
    let mut own = Talk::with(|config| {
        opens_at_eight(config);
        config.settings.outside_hours_text = Some("Fermé".to_owned());
        config.settings.welcome_text = Some("Bienvenue".to_owned());
    });
    assert_eq!(own.says("Bonjour").1, ["Bienvenue", "Fermé"]);
    let mut english = Talk::with(|config| {
        opens_at_eight(config);
        config.language = "en".to_owned();
    });
    let said = english.says("Hello").1;
    assert!(said[0].contains("opens today at 08:00"), "{said:?}");
    english.check("stop", "opted_out", 1);
    english.later(12 * 3600);
    english.check("Hello", "opted_out", 0);
}

#[test]
fn a_handful_at_once_is_answered_and_a_flood_is_told_once() {
    let mut talk = Talk::new();
    for number in 0..limits::FLOOD_MESSAGES {
        talk.check(&format!("message {number}"), "answered", 1);
        talk.later(1);
    }
    talk.check("encore", "flood", 1);
    for number in 0..100 {
        talk.later(30);
        talk.check(&format!("message {number}"), "flood", 0);
    }
    talk.later(600);
    talk.check("Bonjour", "answered", 1);
}

#[test]
fn a_steady_talk_over_hours_floods_nothing() {
    let mut talk = Talk::new();
    for number in 0..500 {
        talk.check(&format!("message {number}"), "answered", 1);
        talk.later(20);
    }
}

#[test]
fn two_machines_that_answer_each_other_are_parted_however_slowly_they_do() {
    let away = "Je suis absent(e) jusqu'à lundi, merci de votre message.";
    let mut talk = Talk::new();
    for _ in 0..limits::FLOOD_REPEATS {
        talk.check(away, "answered", 1);
        talk.later(599);
    }
    talk.check(away, "flood", 1);
    for _ in 0..50 {
        talk.later(599);
        talk.check(away, "flood", 0);
    }
    for short in ["1", "Bonjour"] {
        let mut person = Talk::new();
        for _ in 0..10 {
            person.check(short, "answered", 1);
            person.later(30);
        }
    }
}

#[test]
fn a_person_who_steps_in_ends_a_flood() {
    let mut talk = Talk::new();
    for _ in 0..30 {
        talk.says("?");
    }
    let takeover = Takeover {
        until: Attendant::UNTIL_RELEASED,
        by: "Fatou".to_owned(),
    };
    talk.conversation = talk.conversation.taken_over(&takeover).unwrap();
    talk.check("?", "human", 0);
    talk.conversation = talk.conversation.released(NOW).unwrap();
    talk.check("?", "answered", 1);
}

#[test]
fn a_person_has_the_hours_that_the_vendor_gives_them() {
    for (hours, seconds) in [(None, 12 * 3600), (Some(2), 2 * 3600)] {
        let mut talk = Talk::with(|config| config.settings.handover_hours = hours);
        let pause = talk.config.handover();
        talk.conversation.left_to_a_person(pause, NOW);
        assert_eq!(talk.conversation.status(NOW), Status::Paused);
        talk.later(seconds - 1);
        talk.check("Allô ?", "human", 0);
        talk.later(1);
        talk.check("Allô ?", "answered", 1);
    }
}

#[test]
fn a_conversation_is_closed_after_a_week_without_a_word_and_active_with_the_next() {
    let mut talk = Talk::new();
    talk.check("Bonjour", "answered", 1);
    let closes = NOW + limits::CONVERSATION_CLOSES;
    assert_eq!(
        talk.conversation.status(closes - 1.second()),
        Status::Active
    );
    assert_eq!(talk.conversation.status(closes), Status::Closed);
    talk.now = closes;
    talk.check("Bonjour", "answered", 1);
    assert_eq!(talk.conversation.status(closes), Status::Active);
    talk.check("stop", "opted_out", 1);
    assert_eq!(talk.conversation.status(closes), Status::Paused);
}

#[test]
fn what_the_rules_remember_is_small_and_read_back() {
    let mut talk = Talk::with(opens_at_eight);
    talk.check("Bonjour", "outside_hours", 1);
    talk.later(9 * 3600);
    for _ in 0..40 {
        talk.says("Je suis absent(e) jusqu'à lundi.");
    }
    talk.check("stop", "opted_out", 1);
    let kept = serde_json::to_string(&talk.conversation.rules).unwrap();
    assert!(kept.len() < 700, "{} bytes: {kept}", kept.len());
    assert!(!kept.contains("absent"), "{kept}");
    assert_eq!(
        serde_json::from_str::<Memory>(&kept).unwrap(),
        talk.conversation.rules
    );
    assert_eq!(
        serde_json::from_str::<Memory>("{}").unwrap(),
        Memory::default()
    );
    assert_eq!(serde_json::to_string(&Memory::default()).unwrap(), "{}");
}

proptest! {
    /// Whatever is said in whatever order: nothing automatic is said to whoever asked for silence, but for the word itself.
    #[test]
    fn nobody_who_asked_for_silence_hears_more_than_that_it_was_heard(
        script in prop::collection::vec((0_usize..6, 0_i64..20_000), 1..60),
        closes in any::<bool>(),
    ) {
        let mut talk = Talk::with(|config| {
            config.settings.welcome_text = Some("Hi".to_owned());
            if closes { opens_at_eight(config); }
        });
        let mut silent = false;
        for (what, pause) in script {
            talk.later(pause);
            let text = ["stop", "start", "Bonjour", "Je voudrais deux pains.", "1", "arrêt"][what];
            let asks = matches!(text, "stop" | "arrêt");
            let (_, said) = talk.says(text);
            if silent {
                prop_assert_eq!(said.len(), usize::from(text == "start"), "{}", text);
                silent = text != "start";
            } else if asks {
                prop_assert_eq!(said.len(), 1);
                silent = true;
            }
            prop_assert_eq!(talk.conversation.is_opted_out(), silent);
        }
    }
}

#[test]
fn a_vendors_texts_name_the_customer_and_the_shop() {
    let mut talk = Talk::with(|config| {
        opens_at_eight(config);
        config.settings.welcome_text =
            Some("Bienvenue {customerName} chez {businessName} !".to_owned());
        config.settings.outside_hours_text = Some("{businessName} est ouvert {hours}.".to_owned());
    });
    talk.conversation.contact.name = Some("Awa Diop".to_owned());
    let said = talk.says("Bonjour").1;
    assert!(
        said[0].starts_with("Bienvenue Awa chez My Shop A"),
        "{said:?}"
    );
    assert!(
        said[1].starts_with("My Shop A est ouvert le lundi"),
        "{said:?}"
    );
    let mut nameless = Talk::with(|config| {
        config.settings.welcome_text = Some("{customerName}".to_owned());
    });
    assert_eq!(
        nameless.says("Bonjour").1,
        ["answer"],
        "nothing is left of the welcome"
    );
}
