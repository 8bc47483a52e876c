//! The message that another one is to quote.

use domain::{Contact, Draft, MessageId, Quote, VendorId};
use flows::problem::Problem;
use platform::tables::Quotable;

use crate::draft::Wanted;
use crate::{App, unavailable};

impl App {
    /// Lets a message quote what was asked for. It must be of the same chat, and the provider must have given it a number, or may do so yet.
    pub(crate) async fn quoting(
        &self,
        vendor: &VendorId,
        asked: &Wanted,
        mut draft: Draft,
    ) -> Result<Draft, Problem> {
        let Some(id) = &asked.reply_to else {
            return Ok(draft);
        };
        let found = self.platform.tables.quotable(vendor, id).await;
        let quotable = found.map_err(|error| unavailable(&error))?;
        draft.quote = Some(quote(id, quotable, &draft)?);
        Ok(draft)
    }
}

fn quote(id: &MessageId, quotable: Option<Quotable>, draft: &Draft) -> Result<Quote, Problem> {
    let Some(quotable) = quotable else {
        return Err(not_quotable(
            "the vendor has no such message",
            "give the id of one of the vendor's messages",
        ));
    };
    let same_chat = match (&quotable.group, &draft.group) {
        (None, None) => shares_identity(&quotable.contact, &draft.to),
        (of, to) => of == to,
    };
    if quotable.waba != draft.waba || !same_chat {
        return Err(not_quotable(
            "it is of another chat",
            "quote a message of the chat that you write to",
        ));
    }
    if quotable.msg_id.is_none() && !quotable.is_open {
        return Err(not_quotable(
            "the provider gave it no number, and numbers are what it quotes by",
            "send without replyTo",
        ));
    }
    Ok(Quote {
        message: id.clone(),
        key_id: quotable.key_id,
    })
}

fn shares_identity(a: &Contact, b: &Contact) -> bool {
    a.identities()
        .any(|of_a| b.identities().any(|of_b| of_a == of_b))
}

fn not_quotable(detail: &str, hint: &'static str) -> Problem {
    Problem::new(
        422,
        "not_quotable",
        "Not quotable",
        format!("replyTo: {detail}"),
    )
    .field("replyTo")
    .hint(hint)
}
