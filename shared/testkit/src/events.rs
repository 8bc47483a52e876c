use std::fs;
use std::path::{Path, PathBuf};

/// A payload in the shape in which a provider posts it, kept in `events/providers`.
#[derive(Clone, Debug)]
pub struct GoldenEvent {
    /// The provider and the file's stem: `wasender/messages-received-text`.
    pub name: String,
    pub body: Vec<u8>,
}

/// All golden events, sorted by name.
pub fn events() -> Vec<GoldenEvent> {
    let mut names: Vec<String> = files(&folder())
        .iter()
        .flat_map(|provider| files(provider))
        .filter_map(|file| name(&file))
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|name| GoldenEvent {
            body: event(&name),
            name,
        })
        .collect()
}

/// The body of one golden event, such as `wasender/messages-received-text`.
pub fn event(name: &str) -> Vec<u8> {
    let file = folder().join(format!("{name}.json"));
    fs::read(&file).unwrap_or_else(|error| panic!("no golden event {name}: {error}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/providers")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.expect("the events can be listed").path())
        .collect()
}

fn name(file: &Path) -> Option<String> {
    let stem = file.file_stem()?.to_str()?;
    let provider = file.parent()?.file_name()?.to_str()?;
    (file.extension()? == "json").then(|| format!("{provider}/{stem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_golden_event_is_json_and_has_a_row_in_its_readme() {
        let events = events();
        assert!(events.len() > 60, "{}", events.len());
        for GoldenEvent { name, body } in events {
            let parsed: Result<serde_json::Value, _> = serde_json::from_slice(&body);
            // Strict readers refuse this one; that is what it is kept for.
            assert_eq!(
                parsed.is_ok(),
                name != "wasender/messages-received-cut-emoji",
                "{name}"
            );
            let (provider, stem) = name.split_once('/').expect("a name has two parts");
            let readme = fs::read_to_string(folder().join(provider).join("README.md"));
            assert!(
                readme
                    .expect("a README")
                    .contains(&format!("| `{stem}.json` |")),
                "{name}"
            );
        }
    }
}
