//! The functions' roles, as `template.yaml` writes them for the local stack.

use anyhow::{Context as _, Result, bail, ensure};
use embedded_aws::{Condition, Grant, Roles};
use serde_json::{Value, json};

use crate::resources::{MEDIA_BUCKET, RECORDS_BUCKET, STACK};
use crate::templates;

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// What stands for the stack's name in the template.
const STACK_NAME: &str = "${AWS::StackName}";

/// The services that the endpoint speaks. Logs and traces are written by Lambda itself.
const SPOKEN: [&str; 4] = ["dynamodb", "sqs", "secretsmanager", "s3"];

/// The buckets, whose names AWS makes up, and those in the local stack.
const BUCKETS: [(&str, &str); 2] = [
    ("MediaBucket", MEDIA_BUCKET),
    ("RecordsBucket", RECORDS_BUCKET),
];

/// What a function may do.
#[derive(Debug)]
pub struct Role {
    /// The function's name without its stack, which is its access key id in the local stack.
    pub function: String,
    pub grants: Vec<Grant>,
    /// The queues that it is invoked for.
    pub sources: Vec<String>,
}

/// The role of every function.
pub fn of_template() -> Result<Vec<Role>> {
    let template = Template(templates::read(TEMPLATE)?);
    let resources = template.0["Resources"].as_object();
    let functions = resources.into_iter().flatten();
    functions
        .filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function")
        .map(|(id, function)| {
            let role = template.role(&function["Properties"]);
            role.with_context(|| format!("the role of {id}"))
        })
        .collect()
}

/// What the endpoint lets each function do.
pub(crate) fn enforced() -> Result<Roles> {
    let roles = of_template()?.into_iter();
    Ok(roles.map(|role| (role.function, role.grants)).collect())
}

/// The template, as [`templates::read`] has it.
struct Template(Value);

impl Template {
    fn role(&self, function: &Value) -> Result<Role> {
        ensure!(function["Policies"].is_null(), "roles have the policies");
        let role = self.properties(target(&function["Role"])?)?;
        let mut statements = Vec::new();
        for policy in listed(&role["Policies"]) {
            statements.extend(listed(&policy["PolicyDocument"]["Statement"]));
        }
        for policy in listed(&role["ManagedPolicyArns"]) {
            let shared = self.properties(target(policy)?)?;
            statements.extend(listed(&shared["PolicyDocument"]["Statement"]));
        }
        let mut grants = Vec::new();
        for statement in statements {
            let sid = statement["Sid"]
                .as_str()
                .context("a statement has no Sid")?;
            grants.extend(
                self.grants(sid, statement)
                    .with_context(|| sid.to_owned())?,
            );
        }
        let events = function["Events"].as_object().into_iter().flatten();
        let queues = events.filter(|(_, event)| event["Type"] == "SQS");
        let sources = queues.map(|(_, event)| self.name(&event["Properties"]["Queue"]));
        let name = substituted(&function["FunctionName"])?;
        let function = name
            .strip_prefix(STACK)
            .and_then(|name| name.strip_prefix('-'));
        Ok(Role {
            function: function.context("the stack's name is missing")?.to_owned(),
            grants,
            sources: sources.collect::<Result<_>>()?,
        })
    }

    /// Every pair of an action and a resource in a statement.
    fn grants(&self, sid: &str, statement: &Value) -> Result<Vec<Grant>> {
        ensure!(statement["Effect"] == "Allow", "it does not allow");
        let condition = condition(&statement["Condition"])?;
        let mut grants = Vec::new();
        for action in listed(&statement["Action"]).filter_map(Value::as_str) {
            let (service, _) = action.split_once(':').context("an action has no service")?;
            if !SPOKEN.contains(&service) {
                continue;
            }
            for resource in listed(&statement["Resource"]) {
                grants.push(Grant {
                    sid: sid.to_owned(),
                    action: action.to_owned(),
                    resource: self.name(resource)?,
                    condition: condition.clone(),
                });
            }
        }
        Ok(grants)
    }

    fn properties(&self, logical_id: &str) -> Result<&Value> {
        let properties = self.0["Resources"][logical_id].get("Properties");
        properties.with_context(|| format!("{logical_id} is no resource"))
    }

    /// The name of the table, queue, bucket or secret, or of the index or object in it, that an ARN in a statement stands for.
    fn name(&self, arn: &Value) -> Result<String> {
        if let Some(text) = arn["Sub"].as_str() {
            // An index is named after its table, an object after its bucket, a secret that is made at run time by a pattern.
            if let Some((table, index)) = text.split_once(".Arn}") {
                let table = table.strip_prefix("${").context("no part of a resource")?;
                return Ok(format!("{}{index}", self.name(&json!({ "Ref": table }))?));
            }
            let (_, name) = text.split_once(":secret:").context("no secret's ARN")?;
            return Ok(name.replace(STACK_NAME, STACK));
        }
        let id = target(arn)?;
        if let Some((_, name)) = BUCKETS.iter().find(|(bucket, _)| *bucket == id) {
            return Ok((*name).to_owned());
        }
        let properties = self.properties(id)?;
        let names = ["TableName", "QueueName", "Name"];
        let name = names.into_iter().find(|name| properties[name].is_object());
        substituted(&properties[name.context("a resource has no name")?])
    }
}

/// The conditions that our statements have, of which each is about all keys that a request names.
fn condition(written: &Value) -> Result<Option<Condition>> {
    let Some(operators) = written.as_object() else {
        return Ok(None);
    };
    let mut condition = Condition::default();
    for (operator, asked) in operators {
        for (key, patterns) in asked.as_object().into_iter().flatten() {
            let patterns = listed(patterns)
                .filter_map(Value::as_str)
                .map(str::to_owned);
            match (operator.as_str(), key.as_str()) {
                ("ForAllValues:StringLike", "dynamodb:LeadingKeys")
                | ("StringLike", "s3:prefix") => condition.like.extend(patterns),
                ("ForAllValues:StringNotLike", "dynamodb:LeadingKeys") => {
                    condition.unlike.extend(patterns);
                }
                _ => bail!("{operator} of {key} is not understood"),
            }
        }
    }
    Ok(Some(condition))
}

/// The logical id in `!Ref Id` or `!GetAtt Id.Arn`.
fn target(reference: &Value) -> Result<&str> {
    let id = reference["Ref"].as_str();
    let id = id.or_else(|| reference["GetAtt"].as_str()?.strip_suffix(".Arn"));
    id.with_context(|| format!("{reference} is no reference"))
}

/// A `!Sub` of a name, whose only variable is the stack's name.
fn substituted(name: &Value) -> Result<String> {
    let name = name["Sub"]
        .as_str()
        .context("a name is not made from the stack's")?;
    Ok(name.replace(STACK_NAME, STACK))
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
