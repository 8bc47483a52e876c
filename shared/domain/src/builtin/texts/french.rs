//! What is said in French. A blank that must not break a line is written `\u{a0}`.

use super::Line;
use crate::builtin::Intent;
use crate::builtin::Segment::{self, B2b, Events, LiveSeller, Services, Shop};

pub(super) const fn menu(segment: Option<Segment>) -> &'static [(Intent, &'static str)] {
    match segment {
        None => &[
            (Intent::ProductInfo, "Nos produits"),
            (Intent::OrderStatus, "Une commande"),
            (Intent::Human, "Parler à un conseiller"),
        ],
        Some(LiveSeller) => &[
            (Intent::ProductInfo, "Les articles du live"),
            (Intent::OrderStatus, "Ma commande"),
            (Intent::Payment, "Payer"),
            (Intent::Human, "Parler au vendeur"),
        ],
        Some(Shop) => &[
            (Intent::ProductInfo, "Nos produits"),
            (Intent::OrderStatus, "Ma commande"),
            (Intent::Payment, "Moyens de paiement"),
            (Intent::Human, "Parler à un conseiller"),
        ],
        Some(Events) => &[
            (Intent::ProductInfo, "Événements et billets"),
            (Intent::OrderStatus, "Ma réservation"),
            (Intent::Payment, "Moyens de paiement"),
            (Intent::Human, "Parler à l’organisation"),
        ],
        Some(Services) => &[
            (Intent::ProductInfo, "Nos prestations"),
            (Intent::Appointment, "Prendre rendez-vous"),
            (Intent::Payment, "Moyens de paiement"),
            (Intent::Human, "Parler à un conseiller"),
        ],
        Some(B2b) => &[
            (Intent::ProductInfo, "Produits et tarifs"),
            (Intent::OrderStatus, "Suivi de commande"),
            (Intent::Payment, "Paiement et factures"),
            (Intent::Appointment, "Prendre rendez-vous"),
            (Intent::Human, "Parler à un commercial"),
        ],
    }
}

pub(super) const fn text(line: Line, segment: Option<Segment>) -> &'static str {
    match line {
        Line::Answer(intent) => answer(intent, segment),
        Line::Noted => {
            "Merci {customerName}, c’est noté. Un conseiller de {businessName} vous répond dès que possible."
        }
        Line::AppointmentNoted => {
            "Merci {customerName}, c’est noté. Un conseiller de {businessName} vous confirme le rendez-vous dès que possible."
        }
        Line::ComplaintWithOrder => {
            "Nous sommes sincèrement désolés, {customerName}. Nous avons noté le numéro {orderNumber}\u{a0}: un responsable de {businessName} reprend votre dossier en priorité."
        }
        Line::NotUnderstoodAgain => {
            "Nous préférons ne pas vous répondre à côté, {customerName}. Un conseiller de {businessName} lit vos messages et vous répond dès que possible."
        }
        Line::Urgent => {
            "C’est noté {customerName}, votre message passe en priorité. Un conseiller de {businessName} vous répond le plus vite possible."
        }
        Line::Hours => "Nos horaires\u{a0}: {hours}.",
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
        Intent::Menu => "Voici ce que {businessName} peut faire pour vous\u{a0}:",
        Intent::Help => help(segment),
        Intent::Thanks => thanks(segment),
        Intent::Goodbye => goodbye(segment),
        Intent::Unknown => {
            "Merci pour votre message. Pour que {businessName} vous aide au mieux, choisissez\u{a0}:"
        }
    }
}

const fn greeting(segment: Option<Segment>) -> &'static str {
    match segment {
        None => {
            "Bonjour {customerName}\u{a0}! Bienvenue chez {businessName}. Comment pouvons-nous vous aider\u{a0}?"
        }
        Some(LiveSeller) => {
            "Bonjour {customerName}\u{a0}! Bienvenue chez {businessName}. Un article vu en live vous plaît\u{a0}? Envoyez-nous son nom, son code ou une capture d’écran."
        }
        Some(Shop) => {
            "Bonjour {customerName}\u{a0}! Bienvenue chez {businessName}. Que cherchez-vous aujourd’hui\u{a0}?"
        }
        Some(Events) => {
            "Bonjour {customerName}\u{a0}! Bienvenue chez {businessName}. Une question sur un événement ou sur vos billets\u{a0}? Nous sommes là pour vous."
        }
        Some(Services) => {
            "Bonjour {customerName}\u{a0}! Bienvenue chez {businessName}. Souhaitez-vous un renseignement ou un rendez-vous\u{a0}?"
        }
        Some(B2b) => {
            "Bonjour {customerName}, merci de contacter {businessName}. Quel est votre besoin\u{a0}?"
        }
    }
}

const fn product(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(Shop) => {
            "Quel produit cherchez-vous\u{a0}? Écrivez son nom, sa taille ou sa couleur, ou envoyez une photo\u{a0}: {businessName} vous répondra."
        }
        Some(LiveSeller) => {
            "Quel article du live vous intéresse\u{a0}? Envoyez son nom, son code ou une capture d’écran\u{a0}: {businessName} vous répondra."
        }
        Some(Events) => {
            "De quel événement s’agit-il\u{a0}? Donnez-nous son nom ou sa date, et le nombre de places souhaité."
        }
        Some(Services) => {
            "Quelle prestation vous intéresse\u{a0}? Décrivez votre besoin en quelques mots\u{a0}: {businessName} vous répondra."
        }
        Some(B2b) => {
            "Quel produit vous intéresse, et en quelle quantité\u{a0}? Indiquez sa référence si vous l’avez."
        }
    }
}

const fn order(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(Shop) => {
            "Écrivez le numéro de votre commande, ou le nom et la date\u{a0}: {businessName} la retrouvera pour vous."
        }
        Some(LiveSeller) => {
            "Écrivez le numéro de votre commande. Sans numéro, donnez-nous l’article et la date du live."
        }
        Some(Events) => {
            "Écrivez le numéro de votre réservation. Sans numéro, donnez-nous l’événement et le nom de la réservation."
        }
        Some(Services) => {
            "Écrivez le numéro de votre dossier, ou le nom et la date du rendez-vous\u{a0}: {businessName} le retrouvera pour vous."
        }
        Some(B2b) => {
            "Écrivez le numéro de votre commande ou de votre facture, avec le nom de votre société."
        }
    }
}

const fn payment(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(LiveSeller | Shop | Services) => {
            "L’équipe de {businessName} vous indique elle-même comment payer. Un conseiller vous répond ici dès que possible."
        }
        Some(Events) => {
            "L’équipe de {businessName} vous indique elle-même comment régler vos billets. Elle vous répond ici dès que possible."
        }
        Some(B2b) => {
            "Le service commercial de {businessName} vous indique les modalités de règlement. Il vous répond ici dès que possible."
        }
    }
}

const fn complaint(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(LiveSeller | Shop) => {
            "Nous sommes sincèrement désolés, {customerName}. Un responsable de {businessName} reprend votre dossier en priorité. Pour aller plus vite, envoyez-nous le numéro de votre commande."
        }
        Some(Events) => {
            "Nous sommes sincèrement désolés, {customerName}. Un responsable de {businessName} reprend votre dossier en priorité. Pour aller plus vite, envoyez-nous le numéro de votre réservation."
        }
        Some(Services) => {
            "Nous sommes sincèrement désolés, {customerName}. Un responsable de {businessName} reprend votre dossier en priorité. Pour aller plus vite, rappelez-nous la date de la prestation."
        }
        Some(B2b) => {
            "Nous vous présentons nos excuses, {customerName}. Un responsable de {businessName} reprend votre dossier en priorité. Pour aller plus vite, envoyez-nous le numéro de commande ou de facture."
        }
    }
}

const fn appointment(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(LiveSeller | Shop | Services) => {
            "Avec plaisir, {customerName}\u{a0}! Quel jour et à quelle heure souhaitez-vous venir\u{a0}?"
        }
        Some(Events) => {
            "Avec plaisir, {customerName}\u{a0}! Quel jour et à quelle heure souhaitez-vous nous rencontrer\u{a0}?"
        }
        Some(B2b) => {
            "Avec plaisir, {customerName}\u{a0}! Quel jour et à quelle heure un échange vous conviendrait-il\u{a0}?"
        }
    }
}

const fn person(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(Shop | Services) => {
            "Bien reçu. Un conseiller de {businessName} va vous répondre personnellement dès que possible."
        }
        Some(LiveSeller) => {
            "Bien reçu. {businessName} va vous répondre personnellement dès que possible."
        }
        Some(Events) => {
            "Bien reçu. L’équipe de {businessName} va vous répondre personnellement dès que possible."
        }
        Some(B2b) => {
            "Bien reçu. Un commercial de {businessName} va vous répondre personnellement dès que possible."
        }
    }
}

const fn help(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(LiveSeller | Shop | Events | B2b) => {
            "Écrivez simplement votre question, ou l’une de ces commandes\u{a0}:\n/menu pour tous les choix,\n/produits pour la liste,\n/produit avec un nom,\n/commande avec un numéro,\n/payer pour le paiement,\n/rdv pour un rendez-vous,\n/humain pour un conseiller."
        }
        Some(Services) => {
            "Écrivez simplement votre question, ou l’une de ces commandes\u{a0}:\n/menu pour tous les choix,\n/rdv pour un rendez-vous,\n/produits pour les prestations,\n/commande avec un numéro de dossier,\n/payer pour le paiement,\n/humain pour un conseiller."
        }
    }
}

const fn thanks(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(Services) => {
            "Avec plaisir, {customerName}\u{a0}! {businessName} reste à votre disposition."
        }
        Some(LiveSeller) => {
            "Merci à vous, {customerName}\u{a0}! À très vite pour le prochain live."
        }
        Some(Shop) => "Avec plaisir, {customerName}\u{a0}! À bientôt chez {businessName}.",
        Some(Events) => "Avec plaisir, {customerName}\u{a0}! Nous avons hâte de vous accueillir.",
        Some(B2b) => "Merci à vous, {customerName}. {businessName} reste à votre disposition.",
    }
}

const fn goodbye(segment: Option<Segment>) -> &'static str {
    match segment {
        None | Some(Shop | Services) => {
            "Au revoir, {customerName}, et à bientôt chez {businessName}\u{a0}!"
        }
        Some(LiveSeller) => "Au revoir, {customerName}, et à très vite en live\u{a0}!",
        Some(Events) => "Au revoir, {customerName}, et à bientôt\u{a0}!",
        Some(B2b) => "Au revoir, {customerName}, et merci de votre confiance.",
    }
}
