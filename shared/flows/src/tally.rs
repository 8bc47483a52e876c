use domain::VendorId;
use platform::telemetry::{self, Metric};

/// Where the elements of one webhook went. What comes in is the sum of the rest: nothing disappears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub elements: usize,
    /// In the inbound queue, or in the ledger where the queue refused it.
    pub enqueued: usize,
    /// Written to the ledger, the lane or the instance record, or in the `later` queue where the table refused it.
    pub applied: usize,
    /// It told nothing new.
    pub duplicate: usize,
    /// Known to be harmless.
    pub ignored: usize,
    /// Not understood, and kept.
    pub quarantined: usize,
    /// Neither store took it: the webhook is answered 503. Or it was not to be taken: 401.
    pub refused: usize,
}

impl Tally {
    pub(crate) fn all_refused(elements: usize) -> Self {
        Self {
            elements,
            refused: elements,
            ..Self::default()
        }
    }

    /// Whether every element is accounted for.
    pub const fn balances(&self) -> bool {
        self.elements == self.ended()
    }

    /// How many elements ended in one of the ways that there are.
    const fn ended(&self) -> usize {
        let Self {
            elements: _,
            enqueued,
            applied,
            duplicate,
            ignored,
            quarantined,
            refused,
        } = *self;
        enqueued + applied + duplicate + ignored + quarantined + refused
    }

    /// Counts it for whoever watches, and whether anything disappeared.
    pub fn told(&self, vendor: &VendorId) {
        telemetry::add(Metric::Received, self.elements, vendor);
        telemetry::add(Metric::Enqueued, self.enqueued, vendor);
        telemetry::add(Metric::Applied, self.applied, vendor);
        telemetry::add_for(Metric::Duplicate, "event", self.duplicate, vendor);
        telemetry::add(Metric::Ignored, self.ignored, vendor);
        telemetry::add(Metric::Quarantined, self.quarantined, vendor);
        telemetry::add(Metric::NotKept, self.refused, vendor);
        let difference = self.elements.abs_diff(self.ended());
        if difference > 0 || telemetry::tells_success() {
            let difference = u64::try_from(difference).unwrap_or(u64::MAX);
            telemetry::gauge(Metric::ConservationDifference, difference, Some(vendor));
        }
    }
}
