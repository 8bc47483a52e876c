//! How far the rounds are through the queues that nobody consumes.

use aws::dynamodb::is_condition_failed;
use domain::rounds::Rounds;
use jiff::Timestamp;

use super::Tables;
use super::breaker::PLATFORM;
use super::item::{Change, Item, Reader, key, ms, n};
use crate::error::AwsError;

fn rounds_key() -> Item {
    key(PLATFORM, "rounds")
}

/// How often an operator's request is noted anew because a round was noted meanwhile.
const TRIES: usize = 5;

impl Tables {
    pub async fn rounds(&self) -> Result<Rounds, AwsError> {
        let item = self
            .get("reading the rounds", &self.names.lanes, rounds_key())
            .await?;
        Ok(item.as_ref().map(read).unwrap_or_default())
    }

    /// Writes the next state if they are still as they were read. `false` if not.
    pub async fn change_rounds(&self, before: &Rounds, after: &Rounds) -> Result<bool, AwsError> {
        let change = Change::of(&self.names.lanes, rounds_key())
            .set("leaseUntil", after.lease_until.map(ms))
            .set("beganAt", after.began_at.map(ms))
            .set("hiddenUntil", after.hidden_until.map(ms))
            .set("lookedUntil", after.looked_until.map(ms))
            .set("wholeSince", after.whole_since.map(ms))
            .set("revision", n(after.revision));
        let change = if before.revision == 0 {
            change.when("attribute_not_exists(pk)")
        } else {
            change
                .when("#revision = :before")
                .bind("before", n(before.revision))
        };
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(true),
            Err(error) if is_condition_failed(&error) => Ok(false),
            Err(error) => Err(AwsError::of("noting a round", &error)),
        }
    }

    /// Notes, before it does so, that an operator's request may keep entries out of sight.
    pub async fn note_look(&self, now: Timestamp) -> Result<(), AwsError> {
        for _ in 0..TRIES {
            let rounds = self.rounds().await?;
            if self.change_rounds(&rounds, &rounds.looked_at(now)).await? {
                return Ok(());
            }
        }
        Err(AwsError::contended("noting a look into a queue"))
    }
}

fn read(item: &Item) -> Rounds {
    let from = Reader::new(item, "reading the rounds");
    Rounds {
        lease_until: from.time_opt("leaseUntil"),
        began_at: from.time_opt("beganAt"),
        hidden_until: from.time_opt("hiddenUntil"),
        looked_until: from.time_opt("lookedUntil"),
        whole_since: from.time_opt("wholeSince"),
        revision: from.number_opt("revision").unwrap_or_default(),
    }
}
