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
        let Self {
            elements,
            enqueued,
            applied,
            duplicate,
            ignored,
            quarantined,
            refused,
        } = *self;
        elements == enqueued + applied + duplicate + ignored + quarantined + refused
    }
}
