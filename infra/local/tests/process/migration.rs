//! A sheet carried into a local stack by the tool's own code.

use std::time::Duration;

use wabactl::batch::{Change, Done, Pace, Registry, Runs, Stop, plan, run, verify};
use wabactl::{AdminClient, SheetRow, read_sheet};

use crate::local::{Home, Local};

const HEADER: &str = "vendorId,businessName,phoneNumber,wasenderInstanceId,wasenderWebhookSecret,wasenderApiKey,plan,accountProtection,dailyCap,jitter,answerGroups,typedPauseMinutes,provider";

fn sheet(count: usize) -> String {
    let row = |n| {
        format!(
            "shop_{n},Boutique {n},+22170{n:07},label_{n},webhook_secret_{n},api_key_{n},paid,true,{n},false,true,5,wasender\n"
        )
    };
    let rows: String = (1..=count).map(row).collect();
    format!("{HEADER}\n{rows}")
}

async fn changes(client: &AdminClient, rows: &[SheetRow]) -> Vec<Change> {
    let registry = Registry::read(client).await.expect("a list");
    let planned = plan(rows, &registry).expect("nothing is taken");
    planned.into_iter().map(|row| row.change).collect()
}

#[tokio::test]
async fn a_sheet_with_every_column_becomes_vendors_whose_numbers_are_verified() {
    const ROWS: usize = 25;
    let home = Home::new();
    let local = Local::start(&home).await;
    let client = AdminClient::new(&local.url(), local.admin_key()).expect("a usable address");
    let text = sheet(ROWS);
    let rows = read_sheet(text.as_bytes()).expect("a good sheet");
    assert_eq!(changes(&client, &rows).await, vec![Change::Create; ROWS]);
    let runs = Runs::at(home.path().join("runs"));
    let name = Runs::name(text.as_bytes(), &client.address());
    let (stop, ticks) = (Stop::default(), || {});
    for expected in [Done::Created, Done::Before] {
        let registry = Registry::read(&client).await.expect("a list");
        let planned = plan(&rows, &registry).expect("nothing is taken");
        let mut journal = runs.begin(&name, &client.address()).expect("a journal");
        let pace = Pace {
            at_once: 8,
            stop: &stop,
            ticks: &ticks,
        };
        let ended = run(&client, (&rows, &planned), &mut journal, pace).await;
        let mut report = ended.expect("the journal is kept");
        assert_eq!(report.count(|done| *done == expected), ROWS, "{report:?}");
        let patience = Duration::from_secs(20);
        let looked = verify(&client, &rows, &mut report, patience, &stop).await;
        looked.expect("a list");
        for row in &report.rows {
            assert_eq!(row.identity.as_deref(), Some("verified"), "{row:?}");
        }
    }
    assert_eq!(changes(&client, &rows).await, vec![Change::Unchanged; ROWS]);
}
