use std::{cell::Cell, sync::mpsc::channel};

use super::*;

const LONG: Duration = Duration::from_secs(600);

#[test]
fn what_comes_meanwhile_is_found() {
    let (sender, receiver) = channel();
    let looks = Cell::new(0);
    let found = soon(&receiver, LONG, || {
        looks.set(looks.get() + 1);
        if looks.get() == 3 {
            sender.send("it").expect("somebody looks");
        }
        true
    });
    assert_eq!((found, looks.get()), (Some("it"), 3));
}

#[test]
fn nobody_looks_for_what_is_not_worth_it_or_cannot_come() {
    let (sender, receiver) = channel();
    sender.send("it").expect("somebody looks");
    assert_eq!(soon(&receiver, LONG, || false), None);
    assert_eq!(soon(&receiver, Duration::ZERO, || true), None);
    drop(sender);
    assert_eq!(soon(&receiver, LONG, || true), Some("it"));
    assert_eq!(soon(&receiver, LONG, || true), None);
}

#[test]
fn whoever_has_waited_is_counted_no_longer() {
    let waiting = Waiting::default();
    let (sender, receiver) = channel();
    sender.send(1).expect("somebody waits");
    assert_eq!(waiting.wait(&receiver), Ok(1));
    drop(sender);
    assert_eq!(waiting.wait(&receiver), Err(RecvError));
    assert_eq!(waiting.0.into_inner(), 0);
}
