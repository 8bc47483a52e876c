use flows::watch::Looks;
use futures_util::{StreamExt as _, stream};

use crate::{AT_ONCE, App, PAGE, Pass, pages};

impl App {
    /// Sessions whose settings and silence are to be looked at by now.
    pub(crate) async fn due_watches(&self) -> Pass {
        let public_url = self.public_url.as_deref();
        let looks = Looks::new(&self.platform, &self.wasender_api_url, public_url);
        let looks = looks.repairing(self.repair_drift);
        pages(|| self.watches(&looks)).await
    }

    /// One page of them, and whether there are more.
    async fn watches(&self, looks: &Looks<'_>) -> (Pass, bool) {
        let (mut pass, tables) = (Pass::default(), &self.platform.tables);
        let due = match tables.due_watches(self.platform.clock.now(), PAGE).await {
            Ok(due) => due,
            Err(error) => {
                pass.count("watch", Err(error));
                return (pass, false);
            }
        };
        let rows = due.len();
        let looking = due.into_iter().map(|(vendor, waba)| async move {
            let looked = looks.look((&vendor, &waba)).await;
            (looked, Box::pin(self.count_messages(&vendor)).await)
        });
        let mut looking = stream::iter(looking).buffer_unordered(AT_ONCE);
        while let Some((looked, counted)) = looking.next().await {
            pass.count("watch", looked);
            if let Err(error) = counted {
                pass.count("counting", Err(error));
            }
        }
        (pass, pass.leads_on(rows))
    }
}
