//! The gateways that an operator has names for, in a file that nobody else can read.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use super::Failure;

/// A named gateway. Its `Debug` does not show the key.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) url: String,
    /// Absent if it is given otherwise each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
}

/// All named gateways.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

impl Profiles {
    /// Where they are kept.
    pub(crate) fn path() -> Result<PathBuf, Failure> {
        let base = etcetera::choose_base_strategy()
            .map_err(|_| Failure::Usage("there is no home directory for profiles".to_owned()))?;
        Ok(base.config_dir().join("wabactl").join("profiles.toml"))
    }

    /// Those of the operator's file; none, if there is no file.
    pub(crate) fn open() -> Result<Self, Failure> {
        Self::open_at(&Self::path()?)
    }

    fn open_at(path: &Path) -> Result<Self, Failure> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(cannot("read", path, &error)),
        };
        private(path)?;
        Self::parse(&text)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        // The error itself quotes the line, which may hold a key.
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map(|span| text[..span.start].lines().count());
            let line = line.map_or(String::new(), |line| format!(", line {}", line.max(1)));
            Failure::Usage(format!(
                "the profile file can't be understood{line}: a profile is [profiles.NAME] with url and key"
            ))
        })
    }

    pub(crate) fn get(&self, name: &str) -> Result<Profile, Failure> {
        self.profiles.get(name).cloned().ok_or_else(|| {
            let known: Vec<_> = self.profiles.keys().map(String::as_str).collect();
            let known = if known.is_empty() {
                "there are none; see `wabactl profiles add`".to_owned()
            } else {
                format!("there are {}", known.join(", "))
            };
            Failure::Usage(format!("no profile is called {name}; {known}"))
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.profiles
            .iter()
            .map(|(name, profile)| (name.as_str(), profile))
    }

    pub(crate) fn add(&mut self, name: &str, profile: Profile) {
        self.profiles.insert(name.to_owned(), profile);
    }

    /// `false` if there was none of this name.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        self.profiles.remove(name).is_some()
    }

    /// Writes them in place of what the file has; whoever reads it meanwhile sees the one or the other.
    pub(crate) fn save(&self) -> Result<PathBuf, Failure> {
        let path = Self::path()?;
        self.save_at(&path)
            .map_err(|error| cannot("write", &path, &error))?;
        Ok(path)
    }

    fn save_at(&self, path: &Path) -> io::Result<()> {
        let dir = path.parent().unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(dir)?;
        let text = toml::to_string(self).map_err(io::Error::other)?;
        // For its owner alone from the beginning.
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("cannot {what} {}: {error}", path.display()))
}

/// Refuses a file of keys that others can read.
#[cfg(unix)]
fn private(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = fs::metadata(path).map_err(|error| cannot("read", path, &error))?;
    let others = metadata.permissions().mode() & 0o077;
    if others == 0 {
        return Ok(());
    }
    let shown = path.display();
    Err(Failure::Usage(format!(
        "others can read the keys in {shown}; run: chmod 600 {shown}"
    )))
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), Failure> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_one() -> Profiles {
        let mut profiles = Profiles::default();
        let profile = Profile {
            url: "https://prod.example".to_owned(),
            key: Some("the_key".to_owned()),
        };
        profiles.add("prod", profile);
        profiles
    }

    #[test]
    fn what_is_saved_is_read_again() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("new").join("profiles.toml");
        assert_eq!(Profiles::open_at(&path).unwrap().iter().count(), 0);
        of_one().save_at(&path).unwrap();
        let read = Profiles::open_at(&path).unwrap().get("prod").unwrap();
        assert_eq!(read.key.as_deref(), Some("the_key"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("profiles.toml");
        of_one().save_at(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let told = Profiles::open_at(&path).unwrap_err().to_string();
            assert!(told.contains("chmod 600"), "{told}");
        }
    }

    #[test]
    fn no_error_and_no_print_shows_a_key() {
        let told = Profiles::parse("[profiles.prod]\nkey = \"the_key\nurl = 1").unwrap_err();
        assert!(told.to_string().contains("line 2"), "{told}");
        let printed = format!("{told} {:?}", of_one());
        assert!(!printed.contains("the_key"), "{printed}");
    }
}
