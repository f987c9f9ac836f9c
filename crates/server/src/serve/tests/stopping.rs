//! What a server that is told to stop does with what it has begun.

use super::*;

/// The time until the server that is told to stop closes this connection, and what came.
async fn stopped(server: &mut Served, client: TcpStream) -> (Duration, String) {
    let start = Instant::now();
    drop(server.stop.take());
    let answer = rest(client).await;
    let answer = String::from_utf8(answer).expect("text");
    (start.elapsed(), answer)
}

async fn check_dropped(begun: &str) {
    let mut server = Served::start(9).await;
    let mut other = server.send(&get("/call")).await;
    server.started.notified().await;
    let client = server.send(begun).await;
    // The half request has come before the whole one of another connection.
    assert!(ask(&server).await.starts_with("HTTP/1.1 200 "));
    let (after, answer) = stopped(&mut server, client).await;
    assert_eq!(answer, "", "{begun}");
    let limit = Limits::default().unfinished;
    assert!(after >= limit && after < limit + SECOND, "{after:?}");
    // What is being answered has a little longer.
    server.go_on.notify_one();
    let answer = next_answer(&mut other).await;
    assert!(answer.ends_with("called"), "{answer}");
    let ended = (&mut server.task).await.expect("no panic");
    ended.expect("everything that was complete is answered");
}

async fn ask(server: &Served) -> String {
    let answer = rest(server.send(HEALTH).await).await;
    String::from_utf8(answer).expect("text")
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn half_a_header_is_dropped_soon() {
    check_dropped("GET /health HTTP/1.1\r\nho").await;
}

#[tokio::test(start_paused = true)]
async fn half_a_body_is_dropped_soon() {
    check_dropped(
        "POST /workspaces/get HTTP/1.1\r\nhost: x\r\nauthorization: Bearer seam_test\r\n\
         content-length: 9\r\n\r\n{",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends_at_once() {
    let mut server = Served::start(9).await;
    let mut idle = server.send(&get("/workspaces/get")).await;
    assert!(next_answer(&mut idle).await.starts_with("HTTP/1.1 200 "));
    let (after, answer) = stopped(&mut server, idle).await;
    assert_eq!((after, &*answer), (Duration::ZERO, ""));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_accepted_any_more() {
    let mut server = Served::start(9).await;
    let mut held = server.send(&get("/call")).await;
    server.started.notified().await;
    drop(server.stop.take());
    // It is told, and finishes the call.
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.go_on.notify_one();
    assert!(next_answer(&mut held).await.ends_with("called"));
}
