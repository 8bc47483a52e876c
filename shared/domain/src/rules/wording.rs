//! What the rules say, in French or, to a vendor whose language it is, in English. The vendor's own texts go before.

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};

use crate::contact::Contact;
use crate::template::{self, Placeholder, Values};
use crate::vendor::VendorConfig;

fn is_english(config: &VendorConfig) -> bool {
    config.language.split('-').next() == Some("en")
}

/// A text of the vendor's with what is known of the customer; `None` if nothing is left of it.
pub(super) fn filled(text: &str, config: &VendorConfig, customer: &Contact) -> Option<String> {
    let hours = config.settings.business_hours.as_ref();
    let hours = hours.map(|hours| hours.shown(&config.language));
    let name = customer.name.as_deref().unwrap_or_default();
    let values = Values::default()
        .with(Placeholder::CustomerName, name)
        .with(Placeholder::BusinessName, &config.business_name)
        .with(Placeholder::Hours, &hours.unwrap_or_default());
    Some(template::fill(text, &values)).filter(|text| !text.is_empty())
}

/// The text of the vendor's language, with the shop's name.
fn said(config: &VendorConfig, french: &str, english: &str) -> String {
    let text = if is_english(config) { english } else { french };
    let values = Values::default().with(Placeholder::BusinessName, &config.business_name);
    template::fill(text, &values)
}

/// To somebody who asked to be written to no more.
pub(super) fn opted_out(config: &VendorConfig) -> String {
    let french = "C’est noté : vous ne recevrez plus de messages automatiques de {businessName}. Pour les recevoir à nouveau, écrivez START.";
    let english = "Done: you will get no more automatic messages from {businessName}. To get them again, write START.";
    said(config, french, english)
}

/// To somebody who asked to be written to again.
pub(super) fn opted_in(config: &VendorConfig) -> String {
    let french = "Merci ! {businessName} vous répond à nouveau. Pour arrêter, écrivez STOP.";
    let english = "Thank you! {businessName} answers you again. To stop, write STOP.";
    said(config, french, english)
}

/// To somebody who writes more than a person does.
pub(super) fn flooded(config: &VendorConfig) -> String {
    let french = "Vos messages sont bien arrivés. Les réponses automatiques font une pause ; l’équipe de {businessName} les lira.";
    let english = "Your messages arrived. Automatic answers pause for a while; the team of {businessName} will read them.";
    said(config, french, english)
}

/// To somebody who writes while nobody is there.
pub(super) fn closed(config: &VendorConfig, customer: &Contact, now: Timestamp) -> String {
    let own = config.settings.outside_hours_text.as_ref();
    own.and_then(|text| filled(text, config, customer))
        .unwrap_or_else(|| usual(config, now))
}

fn usual(config: &VendorConfig, now: Timestamp) -> String {
    let Some(opens) = opens(config, now) else {
        let french = "Merci pour votre message. {businessName} est fermé pour le moment et vous répondra dès que possible.";
        let english = "Thank you for your message. {businessName} is closed at the moment and will answer as soon as possible.";
        return said(config, french, english);
    };
    let french = format!(
        "Merci pour votre message. {{businessName}} est fermé pour le moment et rouvre {opens}. Nous vous répondrons dès que possible."
    );
    let english = format!(
        "Thank you for your message. {{businessName}} is closed at the moment and opens {opens}. We will answer as soon as possible."
    );
    said(config, &french, &english)
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
