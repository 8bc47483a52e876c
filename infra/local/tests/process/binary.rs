use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(30);
/// How often something that is waited for is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// The binary in a terminal. It is killed with this value.
pub(crate) struct Binary {
    child: Mutex<Child>,
    stdout: Text,
    stderr: Text,
}

/// What came out of the process so far.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Binary {
    /// Starts it in a directory.
    pub(crate) fn spawn(directory: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_local"))
            .args(arguments)
            .current_dir(directory)
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary is there");
        let stdout = Text::reading(child.stdout.take().expect("stdout is piped"));
        let stderr = Text::reading(child.stderr.take().expect("stderr is piped"));
        Self {
            child: Mutex::new(child),
            stdout,
            stderr,
        }
    }

    /// Waits for the readiness line; `false` if the process ended before.
    pub(crate) async fn ready(&self) -> bool {
        let is_ready = || self.stdout().lines().any(|line| line.starts_with("ready"));
        let settled = until(START, || is_ready() || self.status().is_some()).await;
        assert!(settled, "it does not start: {}", self.stderr());
        is_ready()
    }

    pub(crate) fn stdout(&self) -> String {
        self.stdout.read()
    }

    pub(crate) fn stderr(&self) -> String {
        self.stderr.read()
    }

    /// How it ended, if it did.
    pub(crate) fn status(&self) -> Option<ExitStatus> {
        self.child().try_wait().expect("it can be waited for")
    }

    /// Waits for its end by itself.
    pub(crate) async fn exit_code(&self, within: Duration) -> Option<i32> {
        until(within, || self.status().is_some()).await;
        self.status()?.code()
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let pid = self.child().id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status();
        assert!(sent.expect("there is a kill").success());
    }

    /// `kill -9`; returns when it is dead.
    pub(crate) fn kill(&self) {
        let mut child = self.child();
        child.kill().expect("it can be killed");
        child.wait().expect("it can be waited for");
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let mut child = self.child();
        // It is dead already, or dies with this; there is nobody to tell.
        drop(child.kill());
        drop(child.wait());
    }
}

impl Text {
    /// Reads until the process ends.
    fn reading(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Self::default();
        let written = text.clone();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut bytes) {
                written.lock().extend_from_slice(&bytes[..count]);
            }
        });
        text
    }

    fn read(&self) -> String {
        String::from_utf8_lossy(&self.lock()).into_owned()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until something is so; `false` if it is not so within this time.
pub(crate) async fn until(within: Duration, is_so: impl Fn() -> bool) -> bool {
    let end = Instant::now() + within;
    while !is_so() {
        if Instant::now() > end {
            return false;
        }
        tokio::time::sleep(LOOK).await;
    }
    true
}
