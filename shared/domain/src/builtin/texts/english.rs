//! What is said in English.

use super::Line;
use crate::builtin::Intent;
use crate::builtin::Segment::{self, B2b, Events, LiveSeller, Services, Shop};

pub(super) const fn menu(segment: Option<Segment>) -> &'static [(Intent, &'static str)] {
    match segment {
        None => &[
            (Intent::ProductInfo, "Our products"),
            (Intent::OrderStatus, "An order"),
            (Intent::Human, "Talk to somebody"),
        ],
        Some(LiveSeller) => &[
            (Intent::ProductInfo, "Items from the live"),
            (Intent::OrderStatus, "My order"),
            (Intent::Payment, "Pay"),
            (Intent::Human, "Talk to the seller"),
        ],
        Some(Shop) => &[
            (Intent::ProductInfo, "Our products"),
            (Intent::OrderStatus, "My order"),
            (Intent::Payment, "Ways to pay"),
            (Intent::Human, "Talk to somebody"),
        ],
        Some(Events) => &[
            (Intent::ProductInfo, "Events and tickets"),
            (Intent::OrderStatus, "My booking"),
            (Intent::Payment, "Ways to pay"),
            (Intent::Human, "Talk to the organisers"),
        ],
        Some(Services) => &[
            (Intent::ProductInfo, "Our services"),
            (Intent::Appointment, "Make an appointment"),
            (Intent::Payment, "Ways to pay"),
            (Intent::Human, "Talk to somebody"),
        ],
        Some(B2b) => &[
            (Intent::ProductInfo, "Products and prices"),
            (Intent::OrderStatus, "Track an order"),
            (Intent::Payment, "Payment and invoices"),
            (Intent::Appointment, "Make an appointment"),
            (Intent::Human, "Talk to our sales team"),
        ],
    }
}

pub(super) const fn text(line: Line, segment: Option<Segment>) -> &'static str {
    match line {
        Line::Answer(intent) => answer(intent, segment),
        Line::Noted => {
            "Thank you, {customerName}, we have noted that. Somebody from {businessName} will reply as soon as possible."
        }
        Line::AppointmentNoted => {
            "Thank you, {customerName}, we have noted that. Somebody from {businessName} will confirm the appointment as soon as possible."
        }
        Line::ComplaintWithOrder => {
            "We are truly sorry, {customerName}. We have noted number {orderNumber}, and a manager of {businessName} is looking into it first thing."
        }
        Line::NotUnderstoodAgain => {
            "We would rather not answer beside the point, {customerName}. Somebody from {businessName} reads your messages and will reply as soon as possible."
        }
        Line::Urgent => {
            "Noted, {customerName}: your message goes first. Somebody from {businessName} will reply as quickly as possible."
        }
        Line::Hours => "Our opening hours: {hours}.",
    }
}

const fn answer(intent: Intent, segment: Option<Segment>) -> &'static str {
    match intent {
        Intent::Greeting => greeting(segment),
        Intent::ProductInfo => product(segment),
        Intent::OrderStatus => order(segment),
        Intent::Payment => payment(segment),
        Intent::Complaint => complaint(segment),
        Intent::Appointment => appointment(segment),
        Intent::Human => person(segment),
        Intent::Menu => "Here is what {businessName} can do for you:",
        Intent::Help => help(segment),
        Intent::Thanks => thanks(segment),
        Intent::Goodbye => goodbye(segment),
        Intent::Unknown => {
            "Thank you for your message. So that {businessName} can help you best, please choose:"
        }
    }
}

const fn greeting(segment: Option<Segment>) -> &'static str {
    match segment {
        None => "Hello {customerName}! Welcome to {businessName}. How can we help you?",
        Some(LiveSeller) => {
            "Hello {customerName}! Welcome to {businessName}. Did you see something you like in the live? Send us its name, its code or a screenshot."
        }
        Some(Shop) => {
            "Hello {customerName}! Welcome to {businessName}. What are you looking for today?"
        }
        Some(Events) => {
            "Hello {customerName}! Welcome to {businessName}. A question about an event or your tickets? We are here for you."
        }
        Some(Services) => {
            "Hello {customerName}! Welcome to {businessName}. Would you like some information or an appointment?"
        }
        Some(B2b) => {
            "Hello {customerName}, thank you for contacting {businessName}. What do you need?"
        }
    }
}

const fn product(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(Shop) => {
            "Which product are you looking for? Write its name, size or colour, or send a picture, and {businessName} will reply."
        }
        Some(LiveSeller) => {
            "Which item of the live are you interested in? Send its name, its code or a screenshot, and {businessName} will reply."
        }
        Some(Events) => {
            "Which event is it about? Give us its name or date, and how many places you would like."
        }
        Some(Services) => {
            "Which service are you interested in? Describe what you need in a few words, and {businessName} will reply."
        }
        Some(B2b) => {
            "Which product are you interested in, and how many? Give its reference if you have it."
        }
    }
}

const fn order(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(Shop) => {
            "Write the number of your order, or the name and the date, and {businessName} will find it for you."
        }
        Some(LiveSeller) => {
            "Write the number of your order. Without a number, tell us the item and the date of the live."
        }
        Some(Events) => {
            "Write the number of your booking. Without a number, tell us the event and the name of the booking."
        }
        Some(Services) => {
            "Write the number of your file, or the name and the date of the appointment, and {businessName} will find it for you."
        }
        Some(B2b) => "Write the number of your order or invoice, with the name of your company.",
    }
}

const fn payment(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(LiveSeller | Shop | Services) => {
            "The team of {businessName} tells you itself how to pay. Somebody will reply here as soon as possible."
        }
        Some(Events) => {
            "The team of {businessName} tells you itself how to pay for your tickets. It will reply here as soon as possible."
        }
        Some(B2b) => {
            "The sales team of {businessName} tells you the terms of payment. It will reply here as soon as possible."
        }
    }
}

const fn complaint(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(LiveSeller | Shop) => {
            "We are truly sorry, {customerName}. A manager of {businessName} is looking into it first thing. To help us be quick, please send us the number of your order."
        }
        Some(Events) => {
            "We are truly sorry, {customerName}. A manager of {businessName} is looking into it first thing. To help us be quick, please send us the number of your booking."
        }
        Some(Services) => {
            "We are truly sorry, {customerName}. A manager of {businessName} is looking into it first thing. To help us be quick, please tell us the date of the service."
        }
        Some(B2b) => {
            "Please accept our apologies, {customerName}. A manager of {businessName} is looking into it first thing. To help us be quick, please send us the number of the order or invoice."
        }
    }
}

const fn appointment(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(LiveSeller | Shop | Services) => {
            "With pleasure, {customerName}! On which day and at what time would you like to come?"
        }
        Some(Events) => {
            "With pleasure, {customerName}! On which day and at what time would you like to meet us?"
        }
        Some(B2b) => {
            "With pleasure, {customerName}! Which day and time would suit you for a conversation?"
        }
    }
}

const fn person(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(Shop | Services) => {
            "Got it. Somebody from {businessName} will reply to you personally as soon as possible."
        }
        Some(LiveSeller) => {
            "Got it. {businessName} will reply to you personally as soon as possible."
        }
        Some(Events) => {
            "Got it. The team of {businessName} will reply to you personally as soon as possible."
        }
        Some(B2b) => {
            "Got it. The sales team of {businessName} will reply to you personally as soon as possible."
        }
    }
}

const fn help(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(LiveSeller | Shop | Events | B2b) => {
            "Just write your question, or one of these commands:\n/menu for all choices,\n/produits for the list,\n/produit with a name,\n/commande with a number,\n/payer to pay,\n/rdv for an appointment,\n/humain for a person."
        }
        Some(Services) => {
            "Just write your question, or one of these commands:\n/menu for all choices,\n/rdv for an appointment,\n/produits for the services,\n/commande with the number of your file,\n/payer to pay,\n/humain for a person."
        }
    }
}

const fn thanks(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(Services) => {
            "You are welcome, {customerName}! {businessName} is always there for you."
        }
        Some(LiveSeller) => "Thank you, {customerName}! See you in the next live.",
        Some(Shop) => "You are welcome, {customerName}! See you soon at {businessName}.",
        Some(Events) => "You are welcome, {customerName}! We look forward to seeing you.",
        Some(B2b) => "Thank you, {customerName}. {businessName} remains at your disposal.",
    }
}

const fn goodbye(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(Shop | Services) => "Goodbye, {customerName}, see you soon at {businessName}!",
        Some(LiveSeller) => "Goodbye, {customerName}, see you in the next live!",
        Some(Events) => "Goodbye, {customerName}, see you soon!",
        Some(B2b) => "Goodbye, {customerName}, and thank you for your trust.",
    }
}
