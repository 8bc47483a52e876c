//! What may happen, and how often it does.

use std::num::NonZeroU32;

use domain::{Pacing, Plan};
use proptest::prelude::*;

use crate::ledger::CONVERSATIONS;
use crate::provider::Behaviour;

/// The task that began last, as long as there are not more than these.
pub(crate) const NEWEST: usize = 7;

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// A conversation is answered with so many replies.
    Answer {
        conversation: usize,
        replies: usize,
    },
    /// The vendor's staff writes to a conversation.
    Staff {
        conversation: usize,
    },
    /// A question that was answered comes again.
    AskAgain(usize),
    TakeOver {
        conversation: usize,
    },
    /// The queue hands out what it can.
    Deliver,
    /// The queue hands out an entry that is in hand already.
    DeliverAgain,
    Sweep,
    /// A task goes so many steps, or to its end, or dies.
    Step(usize, usize),
    Run(usize),
    Crash(usize),
    /// Milliseconds pass.
    Pass(u64),
    /// Time passes until something is due.
    Next,
    /// For more than an hour nothing runs.
    Silence,
    Behave(Behaviour),
    /// The number is registered to send at another pace.
    Pace(Pacing),
    /// The session drops or comes back, and says so or does not.
    Session {
        connected: bool,
        told: bool,
    },
    /// The echo of something that the provider took.
    Echo(usize),
    /// From now on the provider logs what it takes, or no longer does.
    Log(bool),
    /// The queue takes only so many of the next entries.
    QueueTakesOnly(u8),
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        2 => Just(Behaviour::Takes),
        2 => Just(Behaviour::TakesAndLosesTheAnswer),
        2 => Just(Behaviour::LosesTheRequest),
        1 => Just(Behaviour::Refuses),
        1 => Just(Behaviour::AsksToWait(None)),
        2 => prop_oneof![Just(1), Just(20), Just(30), Just(31), Just(300)]
            .prop_map(|seconds| Behaviour::AsksToWait(Some(seconds))),
        1 => (prop_oneof![Just(1), Just(20), Just(40), Just(900)], any::<bool>())
            .prop_map(|(seconds, of_the_day)| Behaviour::TakesTheLast { seconds, of_the_day }),
        2 => prop_oneof![Just(None), Just(Some(3)), Just(Some(90))].prop_map(Behaviour::Unavailable),
        1 => Just(Behaviour::NotConnected),
        1 => Just(Behaviour::Unauthorized),
        2 => Just(Behaviour::Unreachable),
    ]
}

fn pacing() -> impl Strategy<Value = Pacing> {
    let plan = prop_oneof![3 => Just(Plan::Paid), 1 => Just(Plan::Trial)];
    (plan, any::<bool>(), 0_u32..6, any::<bool>()).prop_map(
        |(plan, account_protection, cap, jitter)| Pacing {
            plan,
            account_protection,
            daily_cap: NonZeroU32::new(cap),
            jitter,
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    let (conversation, task) = (|| 0..CONVERSATIONS, || 0..=NEWEST);
    let answer = (conversation(), 1_usize..4);
    let session = (any::<bool>(), any::<bool>());
    let passes = prop_oneof![Just(100), Just(300), Just(2_000), Just(9_000)];
    prop_oneof![
        2 => answer.prop_map(|(conversation, replies)| Action::Answer { conversation, replies }),
        1 => conversation().prop_map(|conversation| Action::Staff { conversation }),
        2 => (0_usize..6).prop_map(Action::AskAgain),
        1 => conversation().prop_map(|conversation| Action::TakeOver { conversation }),
        8 => Just(Action::Deliver),
        1 => Just(Action::DeliverAgain),
        1 => Just(Action::Sweep),
        12 => (task(), 1_usize..5).prop_map(|(task, steps)| Action::Step(task, steps)),
        6 => task().prop_map(Action::Run),
        1 => task().prop_map(Action::Crash),
        2 => passes.prop_map(Action::Pass),
        3 => Just(Action::Next),
        1 => Just(Action::Silence),
        4 => behaviour().prop_map(Action::Behave),
        1 => pacing().prop_map(Action::Pace),
        1 => session.prop_map(|(connected, told)| Action::Session { connected, told }),
        1 => (0_usize..4).prop_map(Action::Echo),
        1 => any::<bool>().prop_map(Action::Log),
        1 => (0_u8..3).prop_map(Action::QueueTakesOnly),
    ]
}

/// One thing that happens, or something with what it usually leads to.
pub(crate) fn scene() -> impl Strategy<Value = Vec<Action>> {
    let whole = |action| vec![action, Action::Run(NEWEST)];
    let answer = (0..CONVERSATIONS, 1_usize..4);
    let answer = answer.prop_map(|(conversation, replies)| Action::Answer {
        conversation,
        replies,
    });
    let session = |connected| Action::Session {
        connected,
        told: true,
    };
    prop_oneof![
        20 => action().prop_map(|action| vec![action]),
        3 => answer.prop_map(whole),
        6 => Just(whole(Action::Deliver)),
        3 => Just([vec![Action::Next], whole(Action::Deliver)].concat()),
        2 => Just(whole(Action::Sweep)),
        2 => any::<bool>().prop_map(session).prop_map(whole),
        2 => Just([whole(session(false)), whole(session(true))].concat()),
    ]
}
