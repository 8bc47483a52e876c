use std::num::NonZeroUsize;

use clap::{Args, Subcommand, ValueEnum};
use domain::VendorId;
use serde_json::{Value, json};
use wabactl::{AdminClient, Ask, Page};

use super::{Context, Failure, Outcome};
use crate::cli::table::{Table, printable, scalar};

/// Messages that are asked for at once, the most that the gateway gives.
const PAGE: usize = 100;
/// Characters of a customer's text that a list shows.
const TEXT_SHOWN: usize = 60;

/// Lists a vendor's messages, newest first, or decides about one
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Messages {
    #[command(subcommand)]
    about: Option<About>,
    #[command(flatten)]
    list: Option<List>,
}

#[derive(Subcommand)]
enum About {
    /// Shows one message, with its receipts and what was tried
    Show(Message),
    /// Sends a message again that is in doubt, failed, expired or cancelled
    Retry(Message),
    /// Stops a message that is queued or parked
    Cancel(Message),
    /// Closes a message that is in doubt, for good
    Discard(Message),
}

/// A message of a vendor.
#[derive(Args)]
struct Message {
    #[arg(value_parser = VendorId::parse)]
    vendor: VendorId,
    #[arg(value_name = "ID")]
    message: String,
}

impl Message {
    fn path(&self) -> [&str; 4] {
        ["vendors", self.vendor.as_str(), "messages", &self.message]
    }

    /// Asks for something that may be asked for twice.
    async fn does(&self, what: &str, context: &Context) -> Result<Outcome, Failure> {
        let path = [&self.path()[..], &[what]].concat();
        context.shows(&Ask::post(&path).repeatable()).await
    }
}

#[derive(Args)]
struct List {
    #[arg(value_parser = VendorId::parse)]
    id: VendorId,
    #[arg(long)]
    direction: Option<Direction>,
    /// How many messages at most
    #[arg(long, value_name = "N", default_value = "50")]
    limit: NonZeroUsize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Direction {
    Inbound,
    Outbound,
}

impl From<Direction> for wabactl::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Inbound => Self::Inbound,
            Direction::Outbound => Self::Outbound,
        }
    }
}

impl Messages {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        match (&self.about, &self.list) {
            (Some(About::Show(message)), _) => context.shows(&Ask::get(&message.path())).await,
            (Some(About::Retry(message)), _) => message.does("retry", context).await,
            (Some(About::Cancel(message)), _) => message.does("cancel", context).await,
            (Some(About::Discard(message)), _) => message.does("discard", context).await,
            (None, Some(list)) => list.run(context).await,
            (None, None) => Err(Failure::Usage("whose messages? give a vendor".to_owned())),
        }
    }
}

impl List {
    async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let messages = self.fetch(&context.client()?).await?;
        let output = context.output;
        Ok(output.done(
            || json!({ "messages": messages }),
            || output.table(&table(&messages)),
        ))
    }

    async fn fetch(&self, client: &AdminClient) -> Result<Vec<Value>, Failure> {
        let direction = self.direction.map(Into::into);
        let limit = self.limit.get();
        let mut messages = Vec::new();
        let mut cursor = None;
        while messages.len() < limit {
            let wanted = (limit - messages.len()).min(PAGE);
            let Page { items, next_cursor } = client
                .messages(&self.id, direction, Some(wanted), cursor.as_deref())
                .await?;
            messages.extend(items);
            if next_cursor.is_none() || next_cursor == cursor {
                break;
            }
            cursor = next_cursor;
        }
        messages.truncate(limit);
        Ok(messages)
    }
}

/// A vendor's message in a line of its own.
pub(super) fn line(vendor: &str, message: &Value) -> String {
    let cells = std::iter::once(vendor.to_owned()).chain(row(message));
    let cells: Vec<_> = cells.filter(|cell| !cell.is_empty()).collect();
    printable(&cells.join("  "))
}

fn row(message: &Value) -> Vec<String> {
    let cell = |name: &str| scalar(&message[name]);
    vec![
        cell("occurredAt"),
        cell("direction"),
        cell("status"),
        cell("kind"),
        contact(&message["contact"]),
        shortened(&cell("text")),
        cell("id"),
    ]
}

fn table(messages: &[Value]) -> Table {
    let heads = [
        "TIME",
        "DIRECTION",
        "STATUS",
        "KIND",
        "CONTACT",
        "TEXT",
        "ID",
    ];
    Table::new(&heads, messages.iter().map(row))
}

fn contact(contact: &Value) -> String {
    let known = ["phone", "lid"].map(|name| scalar(&contact[name]));
    let id = known.into_iter().find(|id| !id.is_empty());
    let parts = [id.unwrap_or_default(), scalar(&contact["name"])];
    parts.join(" ").trim().to_owned()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customers_text_stays_on_its_line_and_steers_no_terminal() {
        let message = json!({"text": format!("a\n\u{1b}[2J\u{202e}{}", "x".repeat(80))});
        let listed = table(&[message]).text(false);
        assert_eq!(listed.lines().count(), 2);
        assert!(!listed.contains(['\u{1b}', '\u{202e}']), "{listed}");
        assert!(listed.contains("xxx…"), "{listed}");
    }

    #[test]
    fn a_contact_without_a_number_is_shown_by_its_lid() {
        let by_lid = json!({"phone": null, "lid": "123456", "name": "Awa"});
        assert_eq!(contact(&by_lid), "123456 Awa");
        let by_phone = json!({"phone": "+221700000001", "lid": "123456", "name": null});
        assert_eq!(contact(&by_phone), "+221700000001");
    }
}
