use clap::Args;
use domain::VendorId;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use wabactl::{AdminClient, Ask, ClientError};

use super::{Context, Exit, Failure, Outcome};
use crate::cli::table::{Table, scalar};

/// Vendors that are asked for at once: for each the gateway asks the provider.
const AT_ONCE: usize = 4;

/// Shows what the sessions are like now, beside what is stored of them; of all vendors without a VENDOR
#[derive(Args)]
pub(crate) struct Status {
    #[arg(value_parser = VendorId::parse)]
    vendor: Option<VendorId>,
}

impl Status {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let client = context.client()?;
        let output = context.output;
        if let Some(vendor) = &self.vendor {
            let status = of(&client, vendor.as_str()).await?;
            let vendors = [status];
            let table = table(&vendors, &[]);
            return Ok(output.done(|| json!({ "vendors": vendors }), || output.table(&table)));
        }
        let all = Ask::get(&["vendors"]);
        let vendors = client.list(&all, "vendors", usize::MAX);
        let ids = vendors
            .await?
            .into_iter()
            .map(|vendor| scalar(&vendor["vendorId"]));
        let asking = ids.map(|id| {
            let client = &client;
            async move { of(client, &id).await.map_err(|error| (id, error)) }
        });
        let answers: Vec<_> = stream::iter(asking).buffered(AT_ONCE).collect().await;
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for answer in answers {
            match answer {
                Ok(status) => good.push(status),
                Err(failed) => bad.push(failed),
            }
        }
        let exit = match bad.first() {
            None => Exit::Done,
            Some((_, error)) if good.is_empty() => Exit::of(error),
            Some(_) => Exit::Partly,
        };
        let table = table(&good, &bad);
        let failed = |(id, error): &(String, ClientError)| json!({"vendorId": id, "error": error.to_string()});
        let document =
            || json!({"vendors": good, "failed": bad.iter().map(failed).collect::<Vec<_>>()});
        Ok(output.done(document, || output.table(&table)).ending(exit))
    }
}

/// The status of a vendor's numbers.
pub(super) async fn of(client: &AdminClient, vendor: &str) -> Result<Value, ClientError> {
    let ask = Ask::get(&["vendors", vendor, "wasender-status"]);
    Ok(client.call(&ask).await?.body)
}

fn table(good: &[Value], bad: &[(String, ClientError)]) -> Table {
    let heads = [
        "VENDOR",
        "NUMBER",
        "LIVE",
        "STORED",
        "IDENTITY",
        "LANE",
        "QUEUED",
        "PARKED",
        "LAST HEARD",
        "DRIFT",
    ];
    let mut rows = Vec::new();
    for vendor in good {
        for number in vendor["numbers"].as_array().into_iter().flatten() {
            rows.push(row(vendor, number));
        }
    }
    for (id, error) in bad {
        rows.push(vec![id.clone(), String::new(), error.to_string()]);
    }
    Table::new(&heads, rows)
}

fn row(vendor: &Value, number: &Value) -> Vec<String> {
    let cell = |pointer: &str| number.pointer(pointer).map_or_else(String::new, scalar);
    let first = |pointers: &[&str]| {
        let found = pointers.iter().map(|pointer| cell(pointer));
        found
            .into_iter()
            .find(|cell| !cell.is_empty())
            .unwrap_or_default()
    };
    let is_paused = vendor["active"] == false;
    let lane = [cell("/lane/state"), cell("/lane/reason")].join(" ");
    let lane = if is_paused { "paused" } else { lane.trim() };
    let drift = ["/account/drift", "/stored/drift"].map(|pointer| list(number.pointer(pointer)));
    vec![
        scalar(&vendor["vendorId"]),
        cell("/wabaId"),
        first(&["/live/status", "/liveReason"]),
        cell("/stored/status"),
        cell("/stored/identity"),
        lane.to_owned(),
        first(&["/open/queued"]),
        first(&["/open/parked", "/lane/waiting"]),
        cell("/heardAt"),
        drift
            .into_iter()
            .find(|drift| !drift.is_empty())
            .unwrap_or_default(),
    ]
}

fn list(value: Option<&Value>) -> String {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.map(scalar).collect::<Vec<_>>().join(",")
}
