use domain::Outbound;
use flows::reconcile;
use futures_util::{StreamExt as _, stream};

use crate::{App, Pass};

/// Messages that are asked after at the same time.
const AT_ONCE: usize = 8;

impl App {
    /// Asks after sends that are due, once everything else of the page is done: a provider that is slow to tell holds up nothing but the
    /// asking.
    pub(crate) async fn ask_after(&self, messages: Vec<Outbound>) -> Pass {
        let (platform, url) = (&self.platform, &self.wasender_api_url);
        let looks = messages
            .into_iter()
            .map(|message| Box::pin(reconcile::look(platform, url, message)));
        let mut looks = stream::iter(looks).buffer_unordered(AT_ONCE);
        let mut pass = Pass::default();
        while let Some(done) = looks.next().await {
            pass.count("reconcile", done);
        }
        pass
    }
}
