//! What waits beside a message, and whose queue entry may be lost.

use flows::deferral;

use crate::{App, PAGE, PUT_OFF, Pass};

impl App {
    /// Questions that their engines should have answered by now.
    pub(crate) async fn due_questions(&self) -> Pass {
        let (mut pass, now) = (Pass::default(), self.platform.clock.now());
        let tables = &self.platform.tables;
        let until = now.checked_add(PUT_OFF).unwrap_or(now);
        match tables.due_deferred(now, PAGE).await {
            Ok(due) => {
                for (vendor, id) in due {
                    let done = async {
                        tables.put_off_deferred((&vendor, &id), until).await?;
                        deferral::overdue(&self.platform, &vendor, &id).await
                    };
                    pass.count("questions", Box::pin(done).await);
                }
            }
            Err(error) => pass.count("questions", Err(error)),
        }
        pass
    }
}
