//! S3, as far as a gateway needs it: objects put by signed requests and read through presigned links, in buckets that are folders.
//!
//! It checks that a request is signed and that a link has not ended, and not what it is signed with. An object's content type is what
//! its link says.

pub(crate) mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Bytes;

/// The objects of the running stack, each under `<bucket>/<key>`. Clones share them.
#[derive(Clone, Debug)]
pub struct Objects {
    place: Arc<Place>,
}

#[derive(Debug)]
enum Place {
    Memory(Mutex<Memory>),
    Folder(PathBuf),
}

#[derive(Debug, Default)]
struct Memory {
    buckets: BTreeSet<String>,
    objects: BTreeMap<String, Bytes>,
}

/// The name of a bucket, or of an object in one, whose parts are safe as names of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    bucket: String,
    key: Option<String>,
}

impl Name {
    /// Reads the path of a request.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let is_safe = |part: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !part.is_empty() && part != "." && part != ".." && part.bytes().all(is_plain)
        };
        let path = path.strip_prefix('/')?;
        let path = path.strip_suffix('/').unwrap_or(path);
        if !path.split('/').all(is_safe) {
            return None;
        }
        let (bucket, key) = match path.split_once('/') {
            Some((bucket, key)) => (bucket, Some(key.to_owned())),
            None => (path, None),
        };
        Some(Self {
            bucket: bucket.to_owned(),
            key,
        })
    }

    /// As it stands in a policy.
    pub(crate) fn whole(&self) -> String {
        match &self.key {
            Some(key) => format!("{}/{key}", self.bucket),
            None => self.bucket.clone(),
        }
    }
}

impl Objects {
    pub(crate) fn in_memory() -> Self {
        Self {
            place: Arc::new(Place::Memory(Mutex::default())),
        }
    }

    /// The folder is made with the first bucket.
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self {
            place: Arc::new(Place::Folder(folder)),
        }
    }

    /// The objects' names, in order.
    pub fn names(&self) -> Vec<String> {
        match &*self.place {
            Place::Memory(memory) => lock(memory).objects.keys().cloned().collect(),
            Place::Folder(folder) => {
                let mut names = Vec::new();
                files_below(folder, "", &mut names);
                names.sort_unstable();
                names
            }
        }
    }

    /// An object's bytes.
    pub fn get(&self, name: &str) -> Option<Bytes> {
        match &*self.place {
            Place::Memory(memory) => lock(memory).objects.get(name).cloned(),
            Place::Folder(folder) => fs::read(folder.join(name)).ok().map(Bytes::from),
        }
    }

    fn create(&self, name: &Name) -> io::Result<()> {
        match &*self.place {
            Place::Memory(memory) => {
                lock(memory).buckets.insert(name.bucket.clone());
                Ok(())
            }
            Place::Folder(folder) => fs::create_dir_all(folder.join(&name.bucket)),
        }
    }

    fn has_bucket(&self, name: &Name) -> bool {
        match &*self.place {
            Place::Memory(memory) => lock(memory).buckets.contains(&name.bucket),
            Place::Folder(folder) => folder.join(&name.bucket).is_dir(),
        }
    }

    /// Whole, or not at all.
    fn put(&self, name: &Name, object: Bytes) -> io::Result<()> {
        match &*self.place {
            Place::Memory(memory) => {
                lock(memory).objects.insert(name.whole(), object);
                Ok(())
            }
            Place::Folder(folder) => {
                let file = folder.join(name.whole());
                fs::create_dir_all(file.parent().unwrap_or(folder))?;
                let fresh = folder.join(format!("{}.new", uuid::Uuid::now_v7()));
                fs::write(&fresh, object)?;
                fs::rename(fresh, file)
            }
        }
    }

    fn delete(&self, name: &Name) {
        match &*self.place {
            Place::Memory(memory) => drop(lock(memory).objects.remove(&name.whole())),
            // What is not there is deleted.
            Place::Folder(folder) => drop(fs::remove_file(folder.join(name.whole()))),
        }
    }
}

fn lock(memory: &Mutex<Memory>) -> std::sync::MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

fn files_below(folder: &Path, within: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{within}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files_below(&entry.path(), &format!("{name}/"), names);
        } else if !within.is_empty() {
            names.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leaves_its_folder() {
        for bad in [
            "",
            "/",
            "a",
            "//a",
            "/a//b",
            "/a/../b",
            "/a/..",
            "/./a",
            "/a/%2e%2e/b",
            "/a/b c",
        ] {
            assert_eq!(Name::parse(bad), None, "{bad}");
        }
        let whole = |path| Name::parse(path).map(|name| name.whole());
        assert_eq!(whole("/bucket/").as_deref(), Some("bucket"));
        assert_eq!(
            whole("/bucket/v/m-1.jpg").as_deref(),
            Some("bucket/v/m-1.jpg")
        );
    }

    #[test]
    fn objects_are_kept_in_memory_and_in_a_folder_alike() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Objects::in_folder(directory.path().join("objects"));
        for objects in [Objects::in_memory(), folder] {
            let name = Name::parse("/bucket/v/m").unwrap();
            assert!(!objects.has_bucket(&name));
            objects.create(&Name::parse("/bucket").unwrap()).unwrap();
            assert!(objects.has_bucket(&name));
            objects.put(&name, Bytes::from_static(b"one")).unwrap();
            objects.put(&name, Bytes::from_static(b"two")).unwrap();
            assert_eq!(objects.names(), ["bucket/v/m"]);
            assert_eq!(objects.get("bucket/v/m").as_deref(), Some(&b"two"[..]));
            objects.delete(&name);
            objects.delete(&name);
            assert_eq!(
                (objects.names(), objects.get("bucket/v/m")),
                (Vec::new(), None)
            );
        }
    }
}
