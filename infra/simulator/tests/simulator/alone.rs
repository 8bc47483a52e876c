//! The binary, as it is run against a gateway that is already there.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::world::{Gateway, KEY_B, client};

const BINARY: &str = env!("CARGO_BIN_EXE_simulator");
const VENDORS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../events/local/vendors.csv"
);

struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start(flags: &[&str]) -> Self {
        let mut child = Command::new(BINARY)
            .args(["--port", "0"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("simulator ready on ").map(str::to_owned));
        Self {
            child,
            url: url.expect("it is ready"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_vendors_of_a_sheet_have_sessions_that_send_and_receive() {
    let gateway = Gateway::start().await;
    let flags = [
        "--gateway",
        &gateway.url,
        "--vendors",
        VENDORS,
        "--echo",
        "--reset-unix-time",
    ];
    let alone = Process::start(&flags);
    let client = client();
    let status = client
        .get(format!("{}/api/status", alone.url))
        .bearer_auth(KEY_B);
    assert_eq!(status.send().await.expect("an answer").status(), 200);
    let inbound = json!({"vendorId": "vendor_002", "from": "+221700000001", "text": "Bonjour"});
    let inbound = client
        .post(format!("{}/_sim/inbound", alone.url))
        .body(inbound.to_string());
    assert_eq!(inbound.send().await.expect("an answer").status(), 200);
    let got = gateway.got();
    assert_eq!(
        (got[0].path.as_str(), got[0].signature.as_deref()),
        ("/api/webhooks/wasender/vendor_002", Some("secret_456"))
    );
}

#[test]
fn a_sheet_that_is_none_ends_it_with_a_reason() {
    let output = Command::new(BINARY)
        .args([
            "--port",
            "0",
            "--vendors",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && told.contains("is not a vendors' sheet"),
        "{told}"
    );
}
