//! Whether what a deployment stands on is there: its tables, queues and secrets, each asked as cheaply as can be, all at once.

use futures_util::future::join_all;

use crate::Platform;
use crate::error::AwsError;
use crate::queues::Queues;

/// A part of a deployment, and how it was found.
#[derive(Clone, Debug)]
pub struct Probed {
    pub kind: Kind,
    /// Without the stack's name.
    pub name: &'static str,
    pub found: Found,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Table,
    Queue,
    Secret,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    There,
    /// A queue that holds so much.
    Holding(Backlog),
    /// It is not there, and need not be.
    Absent,
    /// What is wrong, as a code that stays the same.
    Failed(&'static str),
}

/// About how many messages a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub waiting: u64,
    pub in_flight: u64,
    pub delayed: u64,
}

impl From<Result<(), AwsError>> for Found {
    fn from(asked: Result<(), AwsError>) -> Self {
        match asked {
            Ok(()) => Self::There,
            Err(error) => failed(&error),
        }
    }
}

pub(crate) fn failed(error: &AwsError) -> Found {
    tracing::warn!(error = %error, "a part of the deployment is not as it should be");
    Found::Failed(error.trouble())
}

impl Platform {
    /// Asks every table, every queue and the deployment's own secrets.
    pub async fn probe(&self) -> Vec<Probed> {
        let (tables, queues, secrets) = tokio::join!(
            self.tables.probe(),
            self.queues.probe(),
            self.secrets.probe()
        );
        let tables = tables.into_iter().map(|(name, asked)| Probed {
            kind: Kind::Table,
            name,
            found: asked.into(),
        });
        let of = |kind| move |(name, found)| Probed { kind, name, found };
        tables
            .chain(queues.into_iter().map(of(Kind::Queue)))
            .chain(secrets.into_iter().map(of(Kind::Secret)))
            .collect()
    }
}

impl Queues {
    async fn probe(&self) -> Vec<(&'static str, Found)> {
        let (urls, dead) = (&self.urls, &self.urls.dead);
        let places = [
            ("inbound", Some(&urls.inbound)),
            ("outbound", Some(&urls.outbound)),
            ("later", Some(&urls.later)),
            ("quarantine", Some(&urls.quarantine)),
            ("inbound-dead", dead.inbound.as_ref()),
            ("outbound-dead", dead.outbound.as_ref()),
            ("later-dead", dead.later.as_ref()),
        ];
        let asking = places.map(|(name, url)| async move {
            let Some(url) = url else {
                return (name, Found::Failed("not_configured"));
            };
            let backlog = self.backlog(url).await;
            let found = backlog.map_or_else(|error| failed(&error), Found::Holding);
            (name, found)
        });
        join_all(asking).await
    }

    async fn backlog(&self, url: &str) -> Result<Backlog, AwsError> {
        let wanted = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ];
        let request = self
            .client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(wanted.to_vec());
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of("probing a queue", &error))?;
        let count = |name: &str| {
            let count = answer.attributes.get(name);
            count
                .and_then(|count| count.parse().ok())
                .unwrap_or_default()
        };
        let [waiting, in_flight, delayed] = wanted.map(count);
        Ok(Backlog {
            waiting,
            in_flight,
            delayed,
        })
    }
}
