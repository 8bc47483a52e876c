use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which systems take the ports of outgoing connections.
const FIRST: u16 = 24_000;
/// Triples of ports.
const TRIPLES: u16 = 2_500;

/// The first of three ports that are free at this moment. Each test process begins to look somewhere else.
pub(crate) fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin =
        u16::try_from(std::process::id() % u32::from(TRIPLES)).expect("it is below TRIPLES");
    for _ in 0..TRIPLES {
        let next = NEXT.fetch_add(1, Ordering::Relaxed) % TRIPLES;
        let base = FIRST + (begin + next) % TRIPLES * 3;
        if (0..3).all(|offset| listen(base + offset).is_some()) {
            return base;
        }
    }
    panic!("no three ports are free");
}

/// Takes a port, if it is free.
pub(crate) fn listen(port: u16) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
}
