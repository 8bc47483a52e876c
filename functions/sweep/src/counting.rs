use domain::counting::{Day, open_days};
use domain::{SessionStatus, VendorId, limits};
use platform::AwsError;
use platform::tables::Fleet;
use platform::telemetry::{self, Metric};

use crate::{App, Pass};

/// Pages of one vendor that are counted in one look; the next look goes on.
const PAGES: usize = 20;

impl App {
    /// Counts what a vendor's ledger holds that is not counted yet, and days anew whose messages' fates are known.
    pub(crate) async fn count_messages(&self, vendor: &VendorId) -> Result<(), AwsError> {
        let now = self.platform.clock.now();
        let dates = open_days(now);
        let (Some(first), Some(last)) = (dates.iter().min(), dates.iter().max()) else {
            return Ok(());
        };
        let known = self.platform.tables.days(vendor, (*first, *last)).await?;
        let mut pages = PAGES;
        for date in dates {
            let known = known.iter().find(|day| day.date == date).cloned();
            let day = known.unwrap_or_else(|| Day::begun(date));
            self.count_day(vendor, day, &mut pages).await?;
        }
        Ok(())
    }

    async fn count_day(
        &self,
        vendor: &VendorId,
        mut day: Day,
        pages: &mut usize,
    ) -> Result<(), AwsError> {
        let (tables, now) = (&self.platform.tables, self.platform.clock.now());
        while *pages > 0
            && let Some(stretch) = day.work(now)
        {
            *pages -= 1;
            let page = tables.counted(vendor, &stretch).await?;
            let mut after = day.clone().counted(&page, now);
            if after == day {
                break;
            }
            // Before the count: whoever dies between the two counts the page again, and a failure is noted once.
            if !page.failed.is_empty() {
                tables.note_failures(&page.failed).await?;
            }
            if !tables.keep_day(vendor, &day, &after, now).await?.is_done() {
                // Another look at this vendor, by another of its numbers, goes on with it.
                break;
            }
            after.revision = day.revision + 1;
            day = after;
        }
        Ok(())
    }

    /// Counts the fleet's numbers if that was not done lately.
    pub(crate) async fn due_fleet(&self) -> Pass {
        let (mut pass, now) = (Pass::default(), self.platform.clock.now());
        let tables = &self.platform.tables;
        let counted = async {
            let is_recent = |at| now.duration_since(at) < limits::FLEET_COUNTED;
            if let Some((fleet, _)) = tables.fleet().await?.filter(|(_, at)| is_recent(*at)) {
                told(&fleet);
                return Ok(false);
            }
            let fleet = tables.count_fleet(now).await?;
            told(&fleet);
            Ok(true)
        };
        match counted.await {
            Ok(false) => {}
            Ok(true) => pass.count("fleet", Ok(())),
            Err(error) => pass.count("fleet", Err(error)),
        }
        pass
    }
}

/// Tells whoever watches how many numbers are heard.
fn told(fleet: &Fleet) {
    let connected = SessionStatus::Connected.as_str();
    let connected = fleet.by_status.get(connected).copied().unwrap_or_default();
    telemetry::gauge(Metric::InstancesConnected, connected, None);
    let not_connected = fleet.numbers.saturating_sub(connected);
    telemetry::gauge(Metric::InstancesNotConnected, not_connected, None);
}
