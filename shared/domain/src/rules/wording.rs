//! What the rules say, in French or, to a vendor whose language it is, in English. The vendor's own texts go before.

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};

use crate::vendor::VendorConfig;

fn is_english(config: &VendorConfig) -> bool {
    config.language.split('-').next() == Some("en")
}

/// The text of the vendor's language, with the shop's name.
fn said(config: &VendorConfig, french: &str, english: &str) -> String {
    let text = if is_english(config) { english } else { french };
    text.replace("{shop}", &config.business_name)
}

/// To somebody who asked to be written to no more.
pub(super) fn opted_out(config: &VendorConfig) -> String {
    let french = "C’est noté\u{a0}: vous ne recevrez plus de messages automatiques de {shop}. Pour les recevoir à nouveau, écrivez START.";
    let english = "Done: you will get no more automatic messages from {shop}. To get them again, write START.";
    said(config, french, english)
}

/// To somebody who asked to be written to again.
pub(super) fn opted_in(config: &VendorConfig) -> String {
    let french = "Merci\u{202f}! {shop} vous répond à nouveau. Pour arrêter, écrivez STOP.";
    let english = "Thank you! {shop} answers you again. To stop, write STOP.";
    said(config, french, english)
}

/// To somebody who writes more than a person does.
pub(super) fn flooded(config: &VendorConfig) -> String {
    let french = "Vos messages sont bien arrivés. Les réponses automatiques font une pause\u{202f}; l’équipe de {shop} les lira.";
    let english = "Your messages arrived. Automatic answers pause for a while; the team of {shop} will read them.";
    said(config, french, english)
}

/// To somebody who writes while nobody is there.
pub(super) fn closed(config: &VendorConfig, now: Timestamp) -> String {
    if let Some(text) = &config.settings.outside_hours_text {
        return text.clone();
    }
    let Some(opens) = opens(config, now) else {
        let french = "Merci pour votre message. {shop} est fermé pour le moment et vous répondra dès que possible.";
        let english = "Thank you for your message. {shop} is closed at the moment and will answer as soon as possible.";
        return said(config, french, english);
    };
    let french = "Merci pour votre message. {shop} est fermé pour le moment et rouvre {opens}. Nous vous répondrons dès que possible.";
    let english = "Thank you for your message. {shop} is closed at the moment and opens {opens}. We will answer as soon as possible.";
    said(config, french, english).replace("{opens}", &opens)
}

/// When the shop opens next, as one says it at this time.
fn opens(config: &VendorConfig, now: Timestamp) -> Option<String> {
    let hours = config.settings.business_hours.as_ref()?;
    let next = hours.on_the_wall(hours.opens_after(now)?)?;
    let today = hours.on_the_wall(now)?.date();
    let (day, time) = (next.date(), next.time().strftime("%H:%M"));
    Some(if is_english(config) {
        format!("{} at {time}", english_day(day, today))
    } else {
        format!("{} à {time}", french_day(day, today))
    })
}

fn french_day(day: Date, today: Date) -> String {
    match distance(day, today) {
        Some(0) => "aujourd’hui".to_owned(),
        Some(1) => "demain".to_owned(),
        Some(_) => weekday(day, &FRENCH).to_owned(),
        None => format!("le {}", day.strftime("%d/%m")),
    }
}

fn english_day(day: Date, today: Date) -> String {
    match distance(day, today) {
        Some(0) => "today".to_owned(),
        Some(1) => "tomorrow".to_owned(),
        Some(_) => format!("on {}", weekday(day, &ENGLISH)),
        None => format!("on {}", day.strftime("%d/%m")),
    }
}

/// Days from now, as far as a weekday's name alone says which is meant.
fn distance(day: Date, today: Date) -> Option<i64> {
    (0..7).find(|days| today.checked_add(days.days()).is_ok_and(|it| it == day))
}

const FRENCH: [&str; 7] = [
    "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
];
const ENGLISH: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

fn weekday(day: Date, names: &[&'static str; 7]) -> &'static str {
    names[match day.weekday() {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }]
}
