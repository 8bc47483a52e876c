use domain::decision::reply_ids;
use domain::entry::InboundEntry;
use domain::turn::{Entry, Turn, turn};
use domain::{Dispatch, Lane, MessageId, Origin, Outbound, VendorId, limits};
use flows::{dispatch, settle};
use futures_util::future::join_all;
use platform::AwsError;
use platform::tables::{DUE_SHARDS, LeftBehind};

use crate::{App, PAGE, PAGES, PUT_OFF, Pass};

impl App {
    /// Messages that somebody should have gone on with by now, the shards side by side.
    pub(crate) async fn due_messages(&self) -> Pass {
        let shards = (0..DUE_SHARDS).map(|shard| Box::pin(self.messages_of(shard)));
        let mut pass = Pass::default();
        let mut asked_after = Vec::new();
        for (done, ask) in join_all(shards).await {
            pass = pass.and(done);
            asked_after.extend(ask);
        }
        pass.and(self.ask_after(asked_after).await)
    }

    /// One shard's, one after the other, so that what was kept in order is enqueued in order; and those to ask the provider after.
    async fn messages_of(&self, shard: u8) -> (Pass, Vec<Outbound>) {
        let (mut pass, mut asked_after) = (Pass::default(), Vec::new());
        for _ in 0..PAGES {
            let (mut page, now) = (Pass::default(), self.platform.clock.now());
            let due = match self.platform.tables.due_messages(shard, now, PAGE).await {
                Ok(due) => due,
                Err(error) => {
                    pass.count("messages", Err(error));
                    break;
                }
            };
            let rows = due.len();
            for (vendor, id) in due {
                let done = Box::pin(self.due_message(&vendor, &id)).await;
                page.count("messages", done.map(|ask| asked_after.extend(ask)));
            }
            pass = pass.and(page);
            if !page.leads_on(rows) {
                break;
            }
        }
        (pass, asked_after)
    }

    /// Does what a message needs, and answers with one that the provider must be asked after.
    async fn due_message(
        &self,
        vendor: &VendorId,
        id: &MessageId,
    ) -> Result<Option<Outbound>, AwsError> {
        let (tables, now) = (&self.platform.tables, self.platform.clock.now());
        tables
            .put_off(vendor, id, now.checked_add(PUT_OFF).unwrap_or(now))
            .await?;
        match tables.left_behind(vendor, id).await? {
            Some(LeftBehind::Spilled(entry)) => {
                return self.spilled(&entry).await.map(|()| None);
            }
            Some(LeftBehind::Waiting(entry, _)) => {
                return self.turn_of(&entry).await.map(|()| None);
            }
            Some(LeftBehind::Media(waba)) => {
                return self.ask_for_file(vendor, waba, id).await.map(|()| None);
            }
            None => {}
        }
        match tables.outbound(vendor, id).await? {
            Some(message) if matches!(message.dispatch, Dispatch::Unknown | Dispatch::Accepted) => {
                Ok(Some(message))
            }
            Some(message) => Box::pin(self.due_outbound(message)).await.map(|()| None),
            None => Ok(None),
        }
    }

    /// A message waited to be answered with the next; unless one came, its turn has come.
    pub(crate) async fn turn(&self, vendor: &VendorId, id: &MessageId) -> Result<(), AwsError> {
        let now = self.platform.clock.now();
        match self.platform.tables.left_behind(vendor, id).await? {
            Some(LeftBehind::Waiting(entry, due_at)) if due_at <= now + limits::CLOCKS_DIFFER => {
                self.turn_of(&entry).await
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn turn_of(&self, entry: &InboundEntry) -> Result<(), AwsError> {
        let now = self.platform.clock.now();
        self.platform.queues.return_inbound(entry, now).await
    }

    async fn spilled(&self, entry: &InboundEntry) -> Result<(), AwsError> {
        let queues = &self.platform.queues;
        let refused = queues.enqueue_inbound(std::slice::from_ref(entry)).await;
        if refused.is_empty() {
            self.platform.tables.unspilled(entry).await
        } else {
            Ok(())
        }
    }

    async fn due_outbound(&self, message: Outbound) -> Result<(), AwsError> {
        let (tables, now) = (&self.platform.tables, self.platform.clock.now());
        match message.dispatch {
            // What is on its lane's list is enqueued by the lane's drainer, in its order.
            Dispatch::Queued if message.listed && message.undispatched => Ok(()),
            Dispatch::Queued if message.undispatched => self.left_behind(message).await,
            Dispatch::Queued => {
                tracing::warn!(message.id = %message.id, "a message is queued too long and is enqueued anew");
                let again = message.clone().asked_after();
                if tables
                    .decide_outbound(&message, &again, now)
                    .await?
                    .is_done()
                {
                    dispatch::dispatch(&self.platform, &[again]).await?;
                }
                Ok(())
            }
            Dispatch::Parked if message.is_expired(now) => {
                let expired = message.clone().moved_to(Dispatch::Expired);
                settle::end(&self.platform, &message, expired, now)
                    .await
                    .map(|_| ())
            }
            Dispatch::Sending => self.dead_sender(message).await,
            Dispatch::Parked
            | Dispatch::Accepted
            | Dispatch::Rejected
            | Dispatch::Unknown
            | Dispatch::Cancelled
            | Dispatch::Expired => Ok(()),
        }
    }

    /// A reply is enqueued with all that was decided together with it, so that their order stays.
    async fn left_behind(&self, message: Outbound) -> Result<(), AwsError> {
        let together = match &message.origin {
            Origin::Automatic { in_reply_to, .. } => {
                let ids: Vec<_> = reply_ids(in_reply_to).collect();
                self.platform
                    .tables
                    .outbounds(&message.vendor, &ids)
                    .await?
            }
            Origin::Staff | Origin::Phone => vec![message],
        };
        dispatch::again(&self.platform, together).await.map(|_| ())
    }

    /// Its lease ended without an outcome.
    async fn dead_sender(&self, message: Outbound) -> Result<(), AwsError> {
        let now = self.platform.clock.now();
        let entry = Entry {
            generation: message.generation,
            ..Entry::default()
        };
        if let Turn::End(ended) = turn(&message, &Lane::default(), entry, now) {
            settle::end(&self.platform, &message, *ended, now).await?;
        }
        Ok(())
    }
}
