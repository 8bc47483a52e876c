use proptest::prelude::*;

use super::*;
use crate::builtin::Segment;
use crate::builtin::tests::question;
use crate::conversation::tests::config;
use crate::limits;
use crate::vendor::VendorConfig;

/// What was understood, of a message that says nothing else.
fn understood(intent: Intent) -> Understood {
    Understood {
        intent,
        score: 1,
        language: None,
        command: None,
        subject: String::new(),
        order_number: None,
        urgent: false,
        answers_step: false,
    }
}

fn at_step(step: &str) -> Question {
    let mut asked = question(Content::text("demain à 10 h"));
    asked.context.current_step = Some(step.to_owned());
    asked
}

/// The answer of a shop that has no records.
fn said(question: &Question, understood: &Understood, config: &VendorConfig) -> Answer {
    answer(question, understood, &Shop::of(config), || None)
}

fn answered(question: &Question, understood: &Understood) -> Answer {
    said(question, understood, &config())
}

fn text(answer: &Answer) -> String {
    let text = answer.replies[0].text.as_deref().expect("a text");
    text.replace('\u{a0}', " ")
}

#[test]
fn every_intent_is_answered_in_every_segment_and_language() {
    let segments = std::iter::once(None).chain(Segment::ALL.map(Some));
    for segment in segments {
        for language in ["fr", "en", "wo"] {
            let config = VendorConfig {
                settings: crate::config::Settings {
                    segment: segment.map(|segment| segment.as_str().to_owned()),
                    ..crate::config::Settings::default()
                },
                ..config()
            };
            for intent in Intent::ALL {
                let mut question = question(Content::text("?"));
                question.language = language.to_owned();
                let answer = said(&question, &understood(intent), &config);
                let said = text(&answer);
                assert_eq!(answer.replies.len(), 1);
                assert!(!said.contains('{') && !said.contains("  "), "{said}");
                assert_eq!(answer.intent.as_deref(), Some(intent.as_str()));
                let spoken = if language == "en" { "en" } else { "fr" };
                assert_eq!(answer.language.as_deref(), Some(spoken));
                let mut words = said.split(|c: char| !c.is_alphabetic());
                let is_english = words.any(|word| ["you", "You", "your", "the"].contains(&word));
                assert_eq!(is_english, language == "en", "{said}");
            }
        }
    }
}

#[test]
fn a_person_is_called_where_only_a_person_can_answer() {
    for intent in Intent::ALL {
        let answer = answered(&question(Content::text("?")), &understood(intent));
        let needs_person = matches!(intent, Intent::Payment | Intent::Complaint | Intent::Human);
        assert_eq!(answer.requires_human, needs_person, "{intent:?}");
        let is_high = answer.priority == Priority::High;
        assert_eq!(is_high, intent == Intent::Complaint, "{intent:?}");
    }
}

#[test]
fn ways_to_pay_are_the_vendors_words_or_a_persons() {
    let asked = question(Content::text("Je peux payer par Wave ?"));
    let usual = text(&answered(&asked, &understood(Intent::Payment)));
    for invented in ["Wave", "Orange", "espèces"] {
        assert!(!usual.contains(invented), "{usual}");
    }
    let mut config = config();
    let own = ("payment".to_owned(), "Wave ou espèces.".to_owned());
    config.settings.templates = [own].into();
    let said = said(&asked, &understood(Intent::Payment), &config);
    assert_eq!(
        (text(&said).as_str(), said.requires_human),
        ("Wave ou espèces.", false)
    );
}

#[test]
fn an_appointment_is_asked_for_noted_and_confirmed_by_a_person() {
    let asked = answered(
        &question(Content::text("rdv")),
        &understood(Intent::Appointment),
    );
    assert_eq!(asked.next_step.as_deref(), Some("appointment"));
    assert!(text(&asked).contains("Quel jour"));
    for intent in [Intent::Unknown, Intent::Appointment] {
        let told = answered(&at_step("appointment"), &understood(intent));
        assert_eq!(told.intent.as_deref(), Some("appointment"));
        assert!(
            told.requires_human && text(&told).contains("confirme"),
            "{}",
            text(&told)
        );
        assert_eq!(told.next_step, None);
    }
}

#[test]
fn whatever_else_a_customer_wants_leads_out_of_a_step() {
    for step in [
        "appointment",
        "complaint",
        "product_info",
        "order_status",
        "menu",
    ] {
        for intent in [
            Intent::Menu,
            Intent::Help,
            Intent::Thanks,
            Intent::Greeting,
            Intent::Human,
        ] {
            let answer = answered(&at_step(step), &understood(intent));
            assert_eq!(answer.intent.as_deref(), Some(intent.as_str()), "{step}");
        }
    }
}

#[test]
fn a_complaint_asks_for_its_order_once() {
    let complained = answered(
        &question(Content::text("cassé")),
        &understood(Intent::Complaint),
    );
    assert!(complained.requires_human && text(&complained).contains("numéro de votre commande"));
    assert_eq!(complained.next_step.as_deref(), Some("complaint"));
    let told = answered(&at_step("complaint"), &understood(Intent::Unknown));
    assert_eq!(
        (told.intent.as_deref(), told.next_step),
        (Some("complaint"), None)
    );
    assert_eq!(told.priority, Priority::High);
    let named = Understood {
        order_number: Some("CMD-1042".to_owned()),
        ..understood(Intent::Complaint)
    };
    let named = answered(&question(Content::text("cassé")), &named);
    assert!(text(&named).contains("CMD-1042 :"), "{}", text(&named));
    assert_eq!((named.next_step, named.priority), (None, Priority::High));
}

#[test]
fn what_cannot_wait_calls_a_person_and_a_courtesy_never_does() {
    for intent in Intent::ALL {
        let urgent = Understood {
            urgent: true,
            ..understood(intent)
        };
        let answer = answered(&question(Content::text("!")), &urgent);
        assert_eq!(answer.requires_human, !is_courtesy(intent), "{intent:?}");
        let is_high = answer.priority == Priority::High;
        assert_eq!(is_high, !is_courtesy(intent), "{intent:?}");
    }
}

#[test]
fn what_the_records_know_is_told_and_a_person_called_if_it_cannot_wait() {
    let known = || {
        Some(Answer {
            intent: Some("product_info".to_owned()),
            ..super::said("12 500 FCFA".to_owned())
        })
    };
    let of_product = |urgent| Understood {
        urgent,
        ..understood(Intent::ProductInfo)
    };
    let (config, asked) = (config(), question(Content::text("?")));
    let shop = Shop::of(&config);
    let calm = answer(&asked, &of_product(false), &shop, known);
    assert_eq!((calm.replies.len(), calm.requires_human), (1, false));
    let urgent = answer(&asked, &of_product(true), &shop, known);
    assert_eq!((urgent.replies.len(), urgent.requires_human), (2, true));
    assert_eq!(urgent.priority, Priority::High);
    let day = answer(
        &at_step("appointment"),
        &understood(Intent::Unknown),
        &shop,
        known,
    );
    assert_eq!(
        day.intent.as_deref(),
        Some("appointment"),
        "no product is looked for"
    );
}

#[test]
fn whoever_is_not_understood_twice_in_a_row_gets_a_person() {
    let mut asked = question(Content::text("asdf"));
    let first = answered(&asked, &understood(Intent::Unknown));
    assert!(!first.requires_human && first.replies[0].menu.is_some());
    asked.context.current_intent = first.intent;
    let second = answered(&asked, &understood(Intent::Unknown));
    assert!(second.requires_human && second.replies[0].menu.is_none());
    asked.context.current_intent = Some("thanks".to_owned());
    assert!(!answered(&asked, &understood(Intent::Unknown)).requires_human);
}

#[test]
fn an_answer_is_in_the_language_of_the_message_or_of_the_talk_or_of_the_vendor() {
    let in_language = |language| Understood {
        language,
        ..understood(Intent::Help)
    };
    for (message, so_far, vendor, expected) in [
        (None, None, "fr", "fr"),
        (None, None, "en", "en"),
        (None, None, "wo", "fr"),
        (Some(Language::English), None, "fr", "en"),
        (Some(Language::French), Some("en"), "en", "fr"),
        (None, Some("en"), "fr", "en"),
        (Some(Language::Wolof), Some("en"), "fr", "en"),
    ] {
        let mut asked = question(Content::text("?"));
        asked.language = vendor.to_owned();
        asked.context.language = so_far.map(str::to_owned);
        let said = answered(&asked, &in_language(message));
        assert_eq!(
            said.language.as_deref(),
            Some(expected),
            "{message:?} {so_far:?} {vendor}"
        );
    }
}

#[test]
fn a_greeting_in_wolof_gets_one_and_then_french() {
    for (written, intent, begins) in [
        (
            "Nanga def",
            Intent::Greeting,
            "Maa ngi fi rekk, jërëjëf !\nBonjour Awa !",
        ),
        (
            "Asalaa maalekum",
            Intent::Greeting,
            "Maaleekum salaam !\nBonjour Awa !",
        ),
        (
            "Jërëjëf",
            Intent::Thanks,
            "Ñoo ko bokk !\nAvec plaisir, Awa !",
        ),
        (
            "Ba beneen",
            Intent::Goodbye,
            "Ba beneen yoon !\nAu revoir, Awa",
        ),
    ] {
        let wolof = Understood {
            language: Some(Language::Wolof),
            ..understood(intent)
        };
        let said = text(&answered(&question(Content::text(written)), &wolof));
        assert!(said.starts_with(begins), "{said}");
    }
}

#[test]
fn hours_are_told_where_somebody_waits_for_a_person() {
    let mut config = config();
    let day = serde_json::json!([{ "from": "08:00", "to": "18:00" }]);
    let hours = serde_json::json!({ "timeZone": "Africa/Dakar", "monday": day });
    config.settings.business_hours = serde_json::from_value(hours).unwrap();
    for intent in [Intent::Human, Intent::Appointment, Intent::Help] {
        let said = said(&question(Content::text("?")), &understood(intent), &config);
        let said = text(&said);
        assert!(
            said.ends_with("\nNos horaires : le lundi de 8 h à 18 h."),
            "{said}"
        );
    }
}

proptest! {
    #[test]
    fn it_is_never_silent_never_too_long_and_never_shows_a_brace(
        written in ".{0,200}",
        name in proptest::option::of(".{0,60}"),
        template in proptest::option::of("([a-z]{1,9}|\\{customerName\\}|\\{hours\\}|é| |\n){1,900}"),
        intent in proptest::sample::select(Intent::ALL.to_vec()),
        step in proptest::option::of(proptest::sample::select(Intent::ALL.to_vec())),
        segment in proptest::option::of(proptest::sample::select(Segment::ALL.to_vec())),
        (urgent, answers_step, english) in any::<(bool, bool, bool)>(),
        number in proptest::option::of(".{1,60}"),
    ) {
        let mut config = config();
        config.settings.segment = segment.map(|segment| segment.as_str().to_owned());
        if let Some(template) = template {
            config.settings.templates.insert(intent.as_str().to_owned(), template);
        }
        let mut asked = question(Content::text(written));
        asked.from.name = name;
        asked.context.current_step = step.map(|step| step.as_str().to_owned());
        let understood = Understood {
            urgent,
            answers_step,
            language: english.then_some(Language::English),
            order_number: number,
            ..understood(intent)
        };
        let answer = said(&asked, &understood, &config);
        prop_assert_eq!(answer.replies.len(), 1);
        let said = answer.replies[0].text.as_deref().unwrap_or_default();
        let has_brace = said.contains('{');
        prop_assert!(!said.trim().is_empty() && said.len() <= limits::REPLY_TEXT_BYTES && !has_brace);
    }
}
