//! Makes the JSON of `docs/openapi.yaml`, which the function serves, so that there is one description and no second copy of it.

use std::path::Path;
use std::{env, fs};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

const SOURCE: &str = "../../docs/openapi.yaml";

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    let text = fs::read_to_string(SOURCE).expect("docs/openapi.yaml is there");
    let documents = Yaml::load_from_str(&text).expect("docs/openapi.yaml is YAML");
    let document = plain(&documents[0]).to_string();
    let folder = env::var_os("OUT_DIR").expect("cargo names the folder");
    let path = Path::new(&folder).join("openapi.json");
    fs::write(path, document).expect("the folder can be written to");
}

/// YAML whose forms JSON has too.
fn plain(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(flag)) => (*flag).into(),
        Yaml::Value(Scalar::Integer(number)) => (*number).into(),
        Yaml::Value(Scalar::FloatingPoint(number)) => number.into_inner().into(),
        Yaml::Value(Scalar::String(text)) => text.as_ref().into(),
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Mapping(members) => {
            let member = |(name, value)| (key(name), plain(value));
            Value::Object(members.iter().map(member).collect::<Map<_, _>>())
        }
        other => panic!("docs/openapi.yaml has what JSON has not: {other:?}"),
    }
}

fn key(yaml: &Yaml<'_>) -> String {
    match plain(yaml) {
        Value::String(text) => text,
        other => panic!("a member of docs/openapi.yaml is called {other}"),
    }
}
