mod seen;

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use domain::VendorId;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use wabactl::{AdminClient, Ask, ClientError};

use self::seen::{Event, Seen};
use super::messages::line;
use super::{Context, Exit, Failure, Outcome};
use crate::cli::output;
use crate::cli::table::scalar;

/// Messages that are asked for at once, the most that the gateway gives.
const PAGE: usize = 100;
/// Pages of new messages that one look goes back.
const PAGES: usize = 10;
/// Vendors that are asked about at once.
const AT_ONCE: usize = 4;
/// Looks after which a tail of all vendors asks which there are.
const VENDORS_EACH: u32 = 15;

/// Shows messages and their statuses as they come, of a vendor or of all, until Ctrl-C
///
/// Changes of a vendor's newest 100 messages are seen. Each look is a request for each vendor: for many of them use a key with a high rate.
#[derive(Args)]
pub(crate) struct Tail {
    #[arg(value_parser = VendorId::parse)]
    vendor: Option<VendorId>,
    /// How many messages of before are shown first, of each vendor
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u8).range(..=100))]
    last: u8,
    /// How long to pause before looking again
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    interval: Duration,
    /// Ends by itself after this time
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    time: Option<Duration>,
}

impl Tail {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let client = context.client()?;
        let time = async {
            match self.time {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            failed = self.follow(&client, context) => return Err(failed),
            _ = tokio::signal::ctrl_c() => {}
            () = time => {}
        }
        Ok(Outcome::shown_already())
    }

    /// Looks until something goes wrong for good.
    async fn follow(&self, client: &AdminClient, context: &Context) -> Failure {
        let mut vendors: BTreeMap<VendorId, Option<Seen>> = BTreeMap::new();
        vendors.extend(self.vendor.clone().map(|vendor| (vendor, None)));
        let mut is_away = false;
        for look in 0_u32.. {
            let looked = async {
                if self.vendor.is_none() && look % VENDORS_EACH == 0 {
                    find(client, &mut vendors).await?;
                }
                self.look(client, &mut vendors, context).await
            };
            match looked.await {
                Ok(()) => is_away = false,
                Err(Failure::Request(error)) if passes(&error) => {
                    if !is_away {
                        context
                            .output
                            .tell_aside(&format!("{error}; looking again"));
                    }
                    is_away = true;
                }
                Err(failure) => return failure,
            }
            tokio::time::sleep(self.interval).await;
        }
        Failure::Unheard
    }

    /// Looks once at every vendor, and shows what is new.
    async fn look(
        &self,
        client: &AdminClient,
        vendors: &mut BTreeMap<VendorId, Option<Seen>>,
        context: &Context,
    ) -> Result<(), Failure> {
        let asking = vendors.iter_mut().map(|(vendor, seen)| async move {
            let found = newest(client, vendor, seen.as_ref()).await;
            (vendor, seen, found)
        });
        let mut looks = stream::iter(asking).buffered(AT_ONCE);
        let mut first_error = None;
        while let Some((vendor, seen, found)) = looks.next().await {
            let messages = match found {
                Ok(messages) => messages,
                // A vendor that was deleted meanwhile has no more messages.
                Err(error) if error.status() == Some(404) && self.vendor.is_none() => continue,
                Err(error) => {
                    first_error.get_or_insert(error);
                    continue;
                }
            };
            let is_first = seen.is_none();
            let events = seen.get_or_insert_default().learn(&messages);
            let old = if is_first {
                events.len().saturating_sub(self.last.into())
            } else {
                0
            };
            for event in &events[old..] {
                output::line(&shown(vendor, event, context.output.is_json))?;
            }
        }
        first_error.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// Learns which vendors there are; of those that are new, everything is.
async fn find(
    client: &AdminClient,
    vendors: &mut BTreeMap<VendorId, Option<Seen>>,
) -> Result<(), Failure> {
    let all = client
        .list(&Ask::get(&["vendors"]), "vendors", usize::MAX)
        .await?;
    let ids: Vec<_> = all
        .iter()
        .filter_map(|vendor| VendorId::parse(vendor["vendorId"].as_str()?).ok())
        .collect();
    let is_first = vendors.is_empty();
    vendors.retain(|vendor, _| ids.contains(vendor));
    for id in ids {
        vendors
            .entry(id)
            .or_insert_with(|| (!is_first).then(Seen::default));
    }
    Ok(())
}

/// A vendor's messages, newest first, back to those that were seen.
async fn newest(
    client: &AdminClient,
    vendor: &VendorId,
    seen: Option<&Seen>,
) -> Result<Vec<Value>, ClientError> {
    let mut messages = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES {
        let page = client
            .messages(vendor, None, Some(PAGE), cursor.as_deref())
            .await?;
        let is_enough = seen.is_none_or(|seen| seen.reaches(&page.items));
        messages.extend(page.items);
        if is_enough || page.next_cursor.is_none() || page.next_cursor == cursor {
            break;
        }
        cursor = page.next_cursor;
    }
    Ok(messages)
}

/// Whether the next look may be answered.
fn passes(error: &ClientError) -> bool {
    Exit::of(error) == Exit::NotReached || error.status() == Some(500)
}

fn shown(vendor: &VendorId, event: &Event, is_json: bool) -> String {
    let vendor = vendor.as_str();
    match event {
        Event::Message(message) if is_json => {
            json!({"vendorId": vendor, "event": "message", "message": message}).to_string()
        }
        Event::Status { message, from } if is_json => json!({"vendorId": vendor, "event": "status",
            "messageId": message["id"], "from": from, "status": message["status"]})
        .to_string(),
        Event::Message(message) => line(vendor, message),
        Event::Status { message, from } => {
            let cell = |name: &str| scalar(&message[name]);
            format!("{vendor}  {}  {from} -> {}", cell("id"), cell("status"))
        }
    }
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok();
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.ok_or("that is no number of seconds")
}
