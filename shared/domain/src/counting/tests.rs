use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::ledger::status;
use crate::{Delivery, Dispatch};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A ledger of one vendor: places and statuses, in order.
type Rows = Vec<(String, &'static str)>;

fn row(received: &str, number: usize, status: &'static str) -> (String, &'static str) {
    let id = MessageId::parse(&format!("msg_{number}")).unwrap();
    (crate::order(at(received), 0, &id), status)
}

fn page(rows: &Rows, stretch: &Stretch, most: usize) -> Counted {
    let within = |place: &str| *place >= *stretch.after && *place < *stretch.before;
    let found: Vec<_> = rows.iter().filter(|(place, _)| within(place)).collect();
    let mut counted = Counted {
        is_last: found.len() <= most,
        ..Counted::default()
    };
    for (place, status) in found.into_iter().take(most) {
        counted.tally.add(status, None);
        counted.last = Some(place.clone());
    }
    counted
}

/// Counts all that is to be counted by now, so many messages at a time.
fn count(mut day: Day, rows: &Rows, now: Timestamp, most: usize) -> Day {
    while let Some(stretch) = day.work(now) {
        let page = page(rows, &stretch, most);
        let next = day.clone().counted(&page, now);
        if next == day {
            break;
        }
        day = next;
    }
    day
}

fn whole(rows: &Rows) -> Tally {
    let mut tally = Tally::default();
    for (_, status) in rows {
        tally.add(status, None);
    }
    tally
}

#[test]
fn a_message_is_counted_once_when_it_is_some_minutes_old() {
    let rows = vec![
        row("2026-11-22T10:00:00Z", 1, "answered"),
        row("2026-11-22T10:00:00Z", 2, "read"),
        row("2026-11-22T10:08:00Z", 3, "received"),
    ];
    let day = Day::begun(date_of(at("2026-11-22T10:00:00Z")));
    let day = count(day, &rows, at("2026-11-22T10:12:00Z"), 1);
    assert_eq!((day.shown.inbound(), day.shown.outbound()), (1, 1));
    let again = count(day.clone(), &rows, at("2026-11-22T10:13:00Z"), 1);
    assert_eq!(again, day);
    let day = count(day, &rows, at("2026-11-22T10:19:00Z"), 1);
    assert_eq!((day.shown.inbound(), day.shown.outbound()), (2, 1));
}

#[test]
fn what_became_of_a_message_later_is_found_by_the_recounts() {
    let mut rows = vec![row("2026-11-22T23:59:59.999Z", 1, "sent")];
    let day = count(
        Day::begun(date_of(at("2026-11-22T00:00:00Z"))),
        &rows,
        at("2026-11-23T01:00:00Z"),
        9,
    );
    assert_eq!(day.shown.by_status["sent"], 1);
    rows[0].1 = "delivered";
    let day = count(day, &rows, at("2026-11-23T02:00:00Z"), 9);
    assert_eq!((day.shown.clone(), day.recounts), (whole(&rows), 1));
    rows[0].1 = "read";
    let day = count(day, &rows, at("2026-11-24T23:59:59Z"), 9);
    assert_eq!(day.shown.by_status["delivered"], 1);
    let day = count(day, &rows, at("2026-11-25T00:00:00Z"), 9);
    assert_eq!((day.shown.clone(), day.recounts), (whole(&rows), 2));
    assert_eq!(day.work(at("2027-11-25T00:00:00Z")), None);
}

#[test]
fn a_recount_that_is_under_way_changes_nothing_that_is_shown() {
    let rows: Rows = (0..5)
        .map(|number| row("2026-11-22T10:00:00Z", number, "read"))
        .collect();
    let day = count(
        Day::begun(date_of(at("2026-11-22T00:00:00Z"))),
        &rows,
        at("2026-11-23T00:30:00Z"),
        9,
    );
    let now = at("2026-11-23T02:00:00Z");
    let stretch = day.work(now).expect("a recount");
    let begun = day.clone().counted(&page(&rows, &stretch, 2), now);
    assert_eq!((&begun.shown, begun.recounts), (&day.shown, 0));
    assert_eq!(count(begun, &rows, now, 2).shown, whole(&rows));
}

#[test]
fn a_day_that_nobody_counted_is_counted_at_once_when_it_is_long_over() {
    let rows = vec![row("2026-11-22T10:00:00Z", 1, "read")];
    let day = Day::begun(date_of(at("2026-11-22T00:00:00Z")));
    let day = count(day, &rows, at("2026-11-26T00:00:00Z"), 9);
    assert_eq!((day.recounts, day.shown.outbound()), (2, 1));
    let open = open_days(at("2026-11-26T00:00:00Z"));
    assert_eq!(open[0].to_string(), "2026-11-26");
    assert!(open.contains(&day.date) && open.len() == 8);
}

#[test]
fn every_status_that_a_message_can_be_shown_with_is_counted_in_one_direction() {
    for dispatch in Dispatch::ALL {
        for rank in 0..=5 {
            let Some(delivery) = Delivery::from_rank(rank) else {
                continue;
            };
            for failed in [false, true] {
                let word = status(dispatch, delivery, failed);
                assert!(OUTBOUND.contains(&word), "{word}");
            }
        }
    }
    assert!(INBOUND.iter().all(|word| !OUTBOUND.contains(word)));
    assert!(!is_status("anything"));
}

#[test]
fn the_mean_time_to_an_answer_is_of_those_that_were_answered() {
    let mut tally = Tally::default();
    assert_eq!(tally.mean_response_ms(), None);
    tally.add("read", Some(Duration::from_millis(900)));
    tally.add("sent", None);
    tally.add("sent", Some(Duration::from_millis(300)));
    assert_eq!(tally.mean_response_ms(), Some(600));
    let read = tally.of("read");
    assert_eq!((read.outbound(), read.mean_response_ms()), (1, Some(600)));
}

#[test]
fn the_newest_failures_are_kept_each_once() {
    let failed = |number: usize| FailedSend {
        vendor_id: VendorId::parse("v1").unwrap(),
        waba_id: WabaId::parse("waba_v1").unwrap(),
        message_id: MessageId::parse(&format!("msg_{number}")).unwrap(),
        class: None,
        at: Timestamp::from_second(i64::try_from(number).unwrap()).unwrap(),
    };
    let all: Vec<_> = (0..30).map(failed).collect();
    let kept = newest_failures(all[..15].to_vec(), &all[10..]);
    let kept: Vec<_> = kept.iter().map(|it| it.at.as_second()).collect();
    assert_eq!(kept, (10..30).rev().collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn however_often_and_in_whatever_pages_a_day_is_counted_each_message_counts_once(
        times in prop::collection::vec(0_i64..86_400, 0..40),
        looks in prop::collection::vec(0_i64..300_000, 0..20),
        most in 1_usize..7,
    ) {
        let start = at("2026-11-22T00:00:00Z");
        let moment = |seconds: i64| start + SignedDuration::from_secs(seconds);
        let mut times = times;
        times.sort_unstable();
        let rows: Rows = times
            .iter()
            .enumerate()
            .map(|(number, seconds)| row(&moment(*seconds).to_string(), number, OUTBOUND[number % 12]))
            .collect();
        let mut looks = looks;
        looks.sort_unstable();
        let mut day = Day::begun(date_of(start));
        for look in looks {
            let now = moment(look);
            day = count(day, &rows, now, most);
            let old = |place: &str| {
                day.recounts > 0 || *place < *Stretch::between(start, now - limits::COUNTED_AFTER).before
            };
            let settled: Rows = rows.iter().filter(|(place, _)| old(place)).cloned().collect();
            prop_assert_eq!(&day.shown, &whole(&settled));
        }
        let day = count(day, &rows, moment(400_000), most);
        prop_assert_eq!((day.shown, day.recounts), (whole(&rows), 2));
    }
}
