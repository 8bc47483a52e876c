//! Who goes next, who dies, and how time passes.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use domain::{SessionStatus, limits};
use jiff::Timestamp;

use crate::action::Action;
use crate::queue::Record;
use crate::world::{State, World};
use crate::{decided, flows, sender, sweep};

pub(crate) struct Schedule {
    pub(crate) world: Rc<World>,
    tasks: Vec<Task>,
    in_hand: Option<Record>,
    written: usize,
}

struct Task {
    ends_by: Timestamp,
    work: Pin<Box<dyn Future<Output = ()>>>,
}

impl Schedule {
    pub(crate) fn new() -> Self {
        Self {
            world: Rc::new(World::new()),
            tasks: Vec::new(),
            in_hand: None,
            written: 0,
        }
    }

    pub(crate) fn act(&mut self, action: Action) {
        match action {
            Action::Answer {
                conversation,
                replies,
            } => self.answer(conversation, replies, false),
            Action::Staff { conversation } => self.answer(conversation, 1, true),
            Action::AskAgain(decision) => {
                self.spawn(
                    limits::CONVERSATION_FUNCTION_TIMEOUT,
                    move |world| async move {
                        flows::dispatch_decision(&world, decision).await;
                    },
                );
            }
            Action::TakeOver { conversation } => {
                self.world
                    .at_once(|state| state.ledger.epochs[conversation] += 1);
            }
            Action::Deliver => {
                self.delivers();
            }
            Action::DeliverAgain => {
                if let Some(record) = self.in_hand.clone() {
                    self.deliver(record);
                }
            }
            Action::Sweep => self.spawn(Duration::from_mins(1), |world| async move {
                sweep::pass(&world).await;
            }),
            Action::Step(task, steps) => self.step(task, steps),
            Action::Run(task) => self.step(task, 200),
            Action::Crash(task) => {
                if let Some(at) = self.pick(task) {
                    self.tell("a task dies");
                    drop(self.tasks.remove(at));
                }
            }
            Action::Pass(ms) => self.pass(Duration::from_millis(ms)),
            Action::Next => self.pass(self.until_next()),
            Action::Silence => self.pass(limits::QUEUED_TOO_LONG + Duration::from_mins(5)),
            Action::Behave(behaviour) => self
                .world
                .at_once(|state| state.provider.script.push_back(behaviour)),
            Action::Pace(pacing) => self.spawn(Duration::from_secs(10), move |world| async move {
                flows::pace(&world, &pacing).await;
            }),
            Action::Session { connected, told } => self.session(connected, told),
            Action::Log(logs) => self.world.at_once(|state| state.provider.logs = logs),
            Action::Echo(at) => self.world.at_once(|state| echo(state, at)),
            Action::QueueTakesOnly(count) => self
                .world
                .at_once(|state| state.queue.takes_only = Some(count)),
        }
    }

    /// Lets everything come to its end under a healthy provider; `false` if it never does.
    pub(crate) fn settle(&mut self) -> bool {
        self.tell("from here on all is well");
        self.world.at_once(|state| {
            state.provider.script.clear();
            state.provider.connected = true;
            state.queue.takes_only = None;
        });
        for _ in 0..2_000 {
            self.act(Action::Sweep);
            while self.goes_on() || self.delivers() {}
            if self.world.at_once(|state| state.is_quiet()) {
                return true;
            }
            self.pass(self.until_next());
        }
        false
    }

    /// Hands the oldest entry to a sender, if there is one to be had.
    fn delivers(&mut self) -> bool {
        let record = self.world.at_once(|state| state.queue.receive(state.now));
        record.map(|record| self.deliver(record)).is_some()
    }

    /// Runs every task until it sleeps or ends; whether any of them went on.
    fn goes_on(&mut self) -> bool {
        let before = (self.tasks.len(), self.world.now());
        for task in (0..self.tasks.len()).rev() {
            self.step(task, 200);
        }
        before != (self.tasks.len(), self.world.now())
    }

    fn tell(&self, event: &str) {
        self.world
            .at_once(|state| state.laws.tells(event.to_owned()));
    }

    fn pick(&self, task: usize) -> Option<usize> {
        Some(task.min(self.tasks.len().checked_sub(1)?))
    }

    fn spawn<F>(&mut self, lives: Duration, work: impl FnOnce(Rc<World>) -> F)
    where
        F: Future<Output = ()> + 'static,
    {
        self.tasks.push(Task {
            ends_by: self.world.now() + lives,
            work: Box::pin(work(Rc::clone(&self.world))),
        });
    }

    fn step(&mut self, task: usize, steps: usize) {
        let Some(at) = self.pick(task) else { return };
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..steps {
            if self.tasks[at].work.as_mut().poll(&mut context) == Poll::Ready(()) {
                drop(self.tasks.remove(at));
                return;
            }
        }
    }

    /// Time passes; a function whose time is over is killed.
    fn pass(&mut self, time: Duration) {
        let now = self.world.at_once(|state| {
            state.now += time;
            state.laws.tells(format!("{time:?} pass"));
            state.now
        });
        self.tasks.retain(|task| task.ends_by > now);
    }

    fn until_next(&self) -> Duration {
        self.world.at_once(|state| {
            let rows = state.ledger.rows.values().filter_map(|row| row.due_at);
            let next = rows
                .chain(state.ledger.lane_due)
                .chain(state.queue.next_visible(state.now))
                .chain(state.ledger.lane.next_due_at)
                .filter(|at| *at > state.now)
                .min();
            let wait = next.map_or(Duration::ZERO, |at| {
                Duration::try_from(at.duration_since(state.now)).unwrap_or_default()
            });
            wait.max(Duration::from_millis(10))
        })
    }

    fn deliver(&mut self, record: Record) {
        self.in_hand = Some(record.clone());
        self.spawn(limits::SENDER_FUNCTION_TIMEOUT, |world| async move {
            sender::one(&world, &record).await;
        });
    }

    fn session(&mut self, connected: bool, told: bool) {
        self.tell(if connected {
            "connected"
        } else {
            "disconnected"
        });
        self.world
            .at_once(|state| state.provider.connected = connected);
        let status = if connected {
            SessionStatus::Connected
        } else {
            SessionStatus::Disconnected
        };
        if told {
            self.spawn(Duration::from_secs(15), |world| async move {
                flows::session_told(&world, status).await;
                flows::verify(&world).await;
            });
        }
    }

    fn answer(&mut self, conversation: usize, replies: usize, staff: bool) {
        let first = self.written;
        self.written += replies;
        self.spawn(
            limits::CONVERSATION_FUNCTION_TIMEOUT,
            move |world| async move {
                let epoch = world.io(|state| state.ledger.epochs[conversation]).await;
                let messages: Vec<_> = world
                    .io(|state| {
                        let write = |index| {
                            let origin = decided::origin(epoch, staff);
                            let message = decided::message(
                                (conversation, first + index),
                                index,
                                origin,
                                state.now,
                            );
                            state.keep(&message, (conversation, first));
                            message
                        };
                        (0..replies).map(write).collect()
                    })
                    .await;
                flows::dispatch(&world, &messages).await;
            },
        );
    }
}

fn echo(state: &mut State, at: usize) {
    if let Some(at) = at.checked_rem(state.provider.echoes.len()) {
        let id = state.provider.echoes.remove(at);
        state.laws.tells("an echo".to_owned());
        state.proved(&id);
    }
}
