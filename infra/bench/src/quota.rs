//! A share of a processor, as Lambda gives it to 128 MB: 7.2 % of one.

use std::fs;
use std::path::{Path, PathBuf};

/// A control group with that share; removed when it is dropped.
pub(crate) struct Quota {
    folder: PathBuf,
}

/// Of how long a period, in microseconds, it has how much.
const PERIOD: u32 = 20_000;
const SHARE: u32 = 1_440;

impl Quota {
    /// `None` where control groups can't be made: not as root, or not on this machine.
    pub(crate) fn new() -> Option<Self> {
        let name = format!("bench-{}", std::process::id());
        let (first, second) = (Path::new("/sys/fs/cgroup/cpu"), Path::new("/sys/fs/cgroup"));
        let folder = if first.join("cpu.cfs_quota_us").exists() || first.is_dir() {
            first.join(name)
        } else {
            second.join(name)
        };
        fs::create_dir(&folder).ok()?;
        let quota = Self { folder };
        let set = |file: &str, text: String| fs::write(quota.folder.join(file), text).is_ok();
        let is_set = (set("cpu.cfs_period_us", PERIOD.to_string())
            && set("cpu.cfs_quota_us", SHARE.to_string()))
            || set("cpu.max", format!("{SHARE} {PERIOD}"));
        is_set.then_some(quota)
    }

    /// The words that start what follows them within it.
    pub(crate) fn words(&self) -> [String; 4] {
        let enter = format!(
            "echo $$ > {}/cgroup.procs; exec \"$@\"",
            self.folder.display()
        );
        ["sh".to_owned(), "-c".to_owned(), enter, "sh".to_owned()]
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // Whoever was in it has ended; the machine forgets it at its next start otherwise.
        let _ = fs::remove_dir(&self.folder);
    }
}
