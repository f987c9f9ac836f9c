//! Peers that take their answer slowly.

use super::*;
use crate::Bytes;

/// How long a peer that takes so many KiB in a second of a long answer is served: ten minutes at most.
async fn served_for(speed: usize, rate: u64) -> Duration {
    let server = Served::within(Limits::default().with_unread_rate(Bytes(rate))).await;
    let mut client = server.send(&get("/long")).await;
    let mut buffer = vec![0; speed * 1024];
    let start = Instant::now();
    while start.elapsed() < LONG_ENOUGH {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if while_time_stands(client.read_exact(&mut buffer))
            .await
            .is_err()
        {
            break;
        }
    }
    start.elapsed()
}

/// A paused clock goes on while everybody waits, also for bytes that the system has on their way. With
/// work in another thread, it does not.
async fn while_time_stands<T>(work: impl Future<Output = T>) -> T {
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let other = tokio::task::spawn_blocking(move || ended.recv_timeout(Duration::from_secs(20)));
    let result = work.await;
    drop(end);
    let _ = other.await;
    result
}

const LONG_ENOUGH: Duration = Duration::from_secs(600);

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_enough_is_served() {
    let rate = Limits::default().unread_rate.0;
    for speed in [20, 40, 100] {
        assert_eq!(served_for(speed, rate).await, LONG_ENOUGH, "{speed} KiB/s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_drops_is_not() {
    let rate = Limits::default().unread_rate.0;
    let slow = served_for(12, rate).await;
    // What it had taken before it kept the server waiting is in its favour.
    assert!(slow >= UNREAD && slow < LONG_ENOUGH / 2, "{slow:?}");
    // It is for the rate: no single wait was too long.
    assert_eq!(served_for(12, 1024).await, LONG_ENOUGH);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_takes_is_thrown_away() {
    let server = Served::within(Limits::default()).await;
    let mut client = server.send(&get("/long")).await;
    tokio::time::sleep(2 * UNREAD).await;
    let end = client.read_to_end(&mut Vec::new()).await;
    let end = end.expect_err("reset, not closed in good order");
    assert_eq!(end.kind(), io::ErrorKind::ConnectionReset);
}
