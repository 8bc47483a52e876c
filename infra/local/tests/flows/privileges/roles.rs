//! The functions' roles, as `template.yaml` writes them for the local stack.

use embedded_aws::Permission;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Value, json};

const TEMPLATE: &str = include_str!("../../../../../template.yaml");

/// What stands for the stack's name in the template, and the name of the local one.
const STACK: (&str, &str) = ("${AWS::StackName}", "local");

/// The services whose calls are recorded. Logs and traces are written by Lambda itself.
const RECORDED: [&str; 4] = ["dynamodb", "sqs", "secretsmanager", "s3"];

/// The bucket, whose name AWS makes up, and its name in the local stack.
const BUCKET: (&str, &str) = ("MediaBucket", "local-media");

/// What a function may do.
#[derive(Debug)]
pub(super) struct Role {
    /// The function's name without its stack, which is its access key id in the local stack.
    pub(super) function: String,
    pub(super) grants: Vec<Grant>,
    /// The queues that it is invoked for.
    pub(super) sources: Vec<String>,
}

/// One action on one resource that a statement allows.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) sid: String,
    /// The resource may end with a `*`, which stands for anything.
    pub(super) permission: Permission,
}

impl Grant {
    pub(super) fn allows(&self, needed: &Permission) -> bool {
        let Permission { action, resource } = &self.permission;
        let covers = match resource.strip_suffix('*') {
            Some(beginning) => needed.resource.starts_with(beginning),
            None => needed.resource == *resource,
        };
        needed.action == *action && covers
    }
}

/// The role of every function.
pub(super) fn of_template() -> Vec<Role> {
    let documents = Yaml::load_from_str(TEMPLATE).expect("template.yaml is YAML");
    let template = Template(plain(&documents[0]));
    let resources = template.0["Resources"].as_object().expect("resources");
    let functions = resources
        .values()
        .filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    let roles: Vec<_> = functions
        .map(|function| template.role(&function["Properties"]))
        .collect();
    assert!(!roles.is_empty(), "template.yaml has functions");
    roles
}

/// The template, whose tags are the only members of objects: `!Ref Api` is `{"Ref": "Api"}`.
struct Template(Value);

impl Template {
    fn role(&self, function: &Value) -> Role {
        assert_eq!(function["Policies"], Value::Null, "roles have the policies");
        let role = self.properties(target(&function["Role"]));
        let own = listed(&role["Policies"]).map(|policy| &policy["PolicyDocument"]);
        let shared = listed(&role["ManagedPolicyArns"])
            .map(|policy| &self.properties(target(policy))["PolicyDocument"]);
        let statements = own
            .chain(shared)
            .flat_map(|document| listed(&document["Statement"]));
        let events = function["Events"].as_object().expect("events");
        let queues = events.values().filter(|event| event["Type"] == "SQS");
        let name = substituted(&function["FunctionName"]);
        let function = name.strip_prefix("local-").expect("the stack's name");
        Role {
            function: function.to_owned(),
            grants: statements.flat_map(|one| self.grants(one)).collect(),
            sources: queues
                .map(|event| self.name(&event["Properties"]["Queue"]))
                .collect(),
        }
    }

    /// Every pair of an action and a resource in a statement.
    fn grants(&self, statement: &Value) -> Vec<Grant> {
        let sid = statement["Sid"].as_str().expect("a Sid");
        assert_eq!(statement["Effect"], "Allow", "{sid}");
        assert_eq!(statement["Condition"], Value::Null, "{sid}");
        let actions = listed(&statement["Action"]).filter_map(Value::as_str);
        let actions = actions.filter(|action| {
            let (service, _) = action.split_once(':').expect("a service and an action");
            RECORDED.contains(&service)
        });
        let of_action = |action: &str| -> Vec<Grant> {
            let resources = listed(&statement["Resource"]);
            let grant = |resource| Grant {
                sid: sid.to_owned(),
                permission: Permission::new(action, self.name(resource)),
            };
            resources.map(grant).collect()
        };
        actions.flat_map(of_action).collect()
    }

    fn properties(&self, logical_id: &str) -> &Value {
        let resource = &self.0["Resources"][logical_id];
        assert!(resource.is_object(), "{logical_id} is a resource");
        &resource["Properties"]
    }

    /// The name of the table, queue, bucket or secret, or of the index or object in it, that an ARN in a statement stands for.
    fn name(&self, arn: &Value) -> String {
        if let Some(text) = arn["Sub"].as_str() {
            // An index is named after its table, an object after its bucket, a secret that is made at run time by a pattern.
            if let Some((table, index)) = text.split_once(".Arn}") {
                let table = table.strip_prefix("${").expect("a part of a resource");
                return format!("{}{index}", self.name(&json!({ "Ref": table })));
            }
            let (_, name) = text.split_once(":secret:").expect("the ARN of a secret");
            return name.replace(STACK.0, STACK.1);
        }
        if target(arn) == BUCKET.0 {
            return BUCKET.1.to_owned();
        }
        let properties = self.properties(target(arn));
        let names = ["TableName", "QueueName", "Name"];
        let name = names.into_iter().find(|name| properties[name].is_object());
        substituted(&properties[name.expect("a resource with a name")])
    }
}

/// The logical id in `!Ref Id` or `!GetAtt Id.Arn`.
fn target(reference: &Value) -> &str {
    let id = reference["Ref"].as_str();
    let id = id.or_else(|| reference["GetAtt"].as_str()?.strip_suffix(".Arn"));
    id.unwrap_or_else(|| panic!("{reference} is no reference"))
}

/// A `!Sub` of a name, whose only variable is the stack's name.
fn substituted(name: &Value) -> String {
    let name = name["Sub"].as_str().expect("a name made from the stack's");
    name.replace(STACK.0, STACK.1)
}

/// A list, or one thing in the place of a list, or nothing.
fn listed(value: &Value) -> impl Iterator<Item = &Value> {
    let one = std::slice::from_ref(value);
    match value {
        Value::Null => [].iter(),
        Value::Array(items) => items.iter(),
        _ => one.iter(),
    }
}

fn plain(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::String(text)) => json!(text),
        // Numbers and switches: nothing that a role is made of.
        Yaml::Value(_) => Value::Bool(true),
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Mapping(members) => members
            .iter()
            .map(|(name, value)| (name.as_str().expect("a name").to_owned(), plain(value)))
            .collect(),
        Yaml::Tagged(tag, inner) => json!({ &tag.suffix: plain(inner) }),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            panic!("{yaml:?} is not understood")
        }
    }
}
