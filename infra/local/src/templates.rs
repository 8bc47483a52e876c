//! CloudFormation's templates as plain values.

use anyhow::{Context as _, Result, bail};
use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Value, json};

/// A template whose tags are the only members of objects: `!Ref Api` is `{"Ref": "Api"}`.
pub fn read(text: &str) -> Result<Value> {
    let documents = Yaml::load_from_str(text).context("a template is no YAML")?;
    plain(documents.first().context("a template is empty")?)
}

fn plain(yaml: &Yaml<'_>) -> Result<Value> {
    Ok(match yaml {
        Yaml::Value(Scalar::String(text)) => json!(text),
        // Numbers and switches: nothing that a role or a metric is made of.
        Yaml::Value(_) => Value::Bool(true),
        Yaml::Sequence(items) => items.iter().map(plain).collect::<Result<_>>()?,
        Yaml::Mapping(members) => {
            let mut object = serde_json::Map::new();
            for (name, value) in members {
                let name = name.as_str().context("a member has no name")?;
                object.insert(name.to_owned(), plain(value)?);
            }
            object.into()
        }
        Yaml::Tagged(tag, inner) => json!({ &tag.suffix: plain(inner)? }),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            bail!("{yaml:?} is not understood")
        }
    })
}
