use futures_util::future::join_all;

use super::Tables;
use super::item::{Item, key, s};
use crate::error::AwsError;

/// A table's name without the stack, its name, and the key of an item that is like those which the admin function may read.
type Place<'a> = (&'static str, &'a str, Item);

impl Tables {
    /// Asks each table for one item, all at once, whether it is there or not.
    pub(crate) async fn probe(&self) -> Vec<(&'static str, Result<(), AwsError>)> {
        let names = &self.names;
        let alone = |pk: &str| Item::from([("pk".to_owned(), s(pk))]);
        let sorted = |pk: &str| key(pk, "health");
        let places: [Place<'_>; 8] = [
            ("waba_instances", &names.waba_instances, sorted("health")),
            ("vendor_configs", &names.vendor_configs, alone("health")),
            ("messages", &names.messages, sorted("health#msg_0")),
            (
                "conversations",
                &names.conversations,
                sorted("health#conv_0"),
            ),
            ("lanes", &names.lanes, sorted("health#waba_health")),
            ("admin_keys", &names.admin_keys, alone("0000000000000000")),
            ("counters", &names.counters, sorted("fleet#numbers")),
            ("orders", &names.orders, sorted("health")),
        ];
        let asking = places.map(|(name, table, key)| async move {
            let got = self.get("probing a table", table, key).await;
            (name, got.map(drop))
        });
        let (mut found, audit) = tokio::join!(join_all(asking), self.probe_audit());
        found.push(("audit", audit));
        found
    }

    /// Records of changes are listed and never read by themselves.
    async fn probe_audit(&self) -> Result<(), AwsError> {
        let query = self
            .client
            .query()
            .table_name(&self.names.audit)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s("0000-00"))
            .limit(1);
        let answer = query.send().await;
        answer
            .map(|_| ())
            .map_err(|error| AwsError::of("probing a table", &error))
    }
}
