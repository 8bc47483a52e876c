//! How an answer of the gateway is shown as it came: a document by its values, a list as a table.

use serde_json::{Value, json};
use wabactl::{Ask, ClientError};

use super::Failure;
use super::context::Context;
use super::output::Outcome;
use super::table::{Table, scalar};

/// The columns of a list: their heads, and the JSON pointers of what is under them.
pub(crate) type Columns = [(&'static str, &'static str)];

impl Context {
    /// Asks, and shows every value of the answer.
    pub(crate) async fn shows(&self, ask: &Ask) -> Result<Outcome, Failure> {
        let answer = self.client()?.call(ask).await?;
        Ok(self.document(answer.body))
    }

    /// The same for what is better not done twice: a lost answer leaves it in doubt.
    pub(crate) async fn shows_once(
        &self,
        ask: &Ask,
        advice: &'static str,
    ) -> Result<Outcome, Failure> {
        let answer = self.client()?.call(ask).await;
        let answer = answer.map_err(|error| in_doubt(error, advice))?;
        Ok(self.document(answer.body))
    }

    /// Every value of a document.
    pub(crate) fn document(&self, document: Value) -> Outcome {
        let table = Table::of_document(&document);
        self.output.done(|| document, || self.output.table(&table))
    }

    /// Asks for a list, to its end or to `most` items, and shows it.
    pub(crate) async fn lists(
        &self,
        ask: &Ask,
        name: &str,
        most: usize,
        columns: &Columns,
    ) -> Result<Outcome, Failure> {
        let items = self.client()?.list(ask, name, most).await?;
        let table = table(&items, columns);
        let output = self.output;
        Ok(output.done(|| json!({ name: items }), || output.table(&table)))
    }
}

/// What may have happened although no good answer came; anything else is refused as usual.
pub(crate) fn in_doubt(error: ClientError, advice: &'static str) -> Failure {
    if error.is_in_doubt() {
        Failure::InDoubt { error, advice }
    } else {
        error.into()
    }
}

/// A row for each item.
pub(crate) fn table(items: &[Value], columns: &Columns) -> Table {
    let heads: Vec<_> = columns.iter().map(|(head, _)| *head).collect();
    let row = |item: &Value| {
        let cell =
            |(_, pointer): &(&str, &str)| item.pointer(pointer).map_or_else(String::new, cell);
        columns.iter().map(cell).collect()
    };
    Table::new(&heads, items.iter().map(row))
}

/// A value in one cell; of a list its items, one after the other.
fn cell(value: &Value) -> String {
    let Value::Array(items) = value else {
        return scalar(value);
    };
    let items: Vec<_> = items.iter().map(scalar).collect();
    items.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_item_does_not_have_is_empty_and_a_list_is_one_cell() {
        let items = [json!({"a": {"b": 1}, "c": ["x", "y"]}), json!({})];
        let shown = table(&items, &[("B", "/a/b"), ("C", "/c")]).text(false);
        assert_eq!(shown, "B  C\n1  x,y\n\n");
    }
}
