//! A send that is taken, and one that is taken again after it failed.

use anyhow::Result;
use jiff::Timestamp;

use crate::events::{self, Extras};
use crate::fault::FaultKind;
use crate::hub::Hub;
use crate::inner::Inner;
use crate::op::{Op, Refusal, Step};
use crate::options::{Delays, Options};
use crate::send_request::SendRequest;
use crate::session::Session;

impl Hub {
    /// Takes a valid send: the message, and the webhooks that follow it.
    pub(crate) fn accept(&self, session: u32, request: SendRequest) -> Result<i64> {
        self.change(|inner, now| {
            let caller = caller(inner, session)?;
            let failure = inner.failure(&caller, &request);
            let accept = Op::Accept {
                session,
                request,
                steps: steps(self.options.delays, failure.is_some()),
                failure,
            };
            let msg_id = inner.apply(&accept, now)?.msg_id;
            announce(inner, &caller, msg_id, &self.options, now)?;
            Ok(msg_id)
        })
    }

    /// Takes a failed message again.
    pub(crate) fn resend(&self, session: u32, msg_id: i64) -> Result<()> {
        self.change(|inner, now| {
            let caller = caller(inner, session)?;
            let message = inner.state.message(session, msg_id);
            let request = message.ok_or(Refusal::UnknownMessage)?.request.clone();
            let failure = inner.failure(&caller, &request);
            let resend = Op::Resend {
                session,
                msg_id,
                steps: steps(self.options.delays, failure.is_some()),
                failure,
            };
            inner.apply(&resend, now)?;
            announce(inner, &caller, msg_id, &self.options, now)
        })
    }
}

fn caller(inner: &Inner, session: u32) -> Result<Session> {
    let session = inner.state.session(session);
    Ok(session.ok_or(Refusal::UnknownSession)?.clone())
}

fn steps(delays: Delays, fails: bool) -> Vec<Step> {
    let sent = delays.message_sent + delays.sent;
    let delivered = sent + delays.delivered;
    let read = delivered + delays.read;
    let step = |after, status| Step { after, status };
    if fails {
        vec![step(sent, 0)]
    } else {
        vec![step(sent, 2), step(delivered, 3), step(read, 4)]
    }
}

/// Queues the webhooks that follow a send.
fn announce(
    inner: &mut Inner,
    caller: &Session,
    msg_id: i64,
    options: &Options,
    now: Timestamp,
) -> Result<()> {
    let both = inner.faults.for_session(FaultKind::BothEventNames, caller);
    let extras = Extras {
        msg_id: options.msg_id_in_events,
        echo: options.echo || both || caller.subscribes_to("messages.upsert"),
    };
    let message = inner.state.message(caller.number, msg_id);
    let message = message.ok_or(Refusal::UnknownMessage)?;
    let events = events::of_send(message, now, options.delays.message_sent, extras);
    inner.queue(caller, caller.wanted(events), now)?;
    Ok(())
}
