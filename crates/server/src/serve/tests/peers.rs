//! Peers that take more than their part: of connections, or of guesses.

use super::*;

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_peer_has_its_part_of_connections() {
    let server = Served::within(Limits::default().with_connections_per_peer(Some(2))).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut client = server.send_from(2, &get("/workspaces/get")).await;
        assert!(next_answer(&mut client).await.starts_with("HTTP/1.1 200 "));
        held.push(client);
    }
    assert_eq!(rest(server.send_from(2, "").await).await, b"");
    assert_eq!(server.refused("peer_connections"), 1);
    let elsewhere = rest(server.send_from(3, HEALTH).await).await;
    assert!(elsewhere.starts_with(b"HTTP/1.1 200 "), "another peer");
    // Room again, as soon as the server has seen that one is gone.
    drop(held.pop());
    while !rest(server.send_from(2, "GET /health HTTP/1.0\r\n\r\n").await)
        .await
        .starts_with(b"HTTP/1.0 200 ")
    {}
}

#[tokio::test(start_paused = true)]
async fn a_known_peer_is_kept_before_strangers() {
    let server = Served::start(2).await;
    let mut known = server.send(&get("/workspaces/get")).await;
    assert!(next_answer(&mut known).await.starts_with("HTTP/1.1 200 "));
    // It waits longer than every stranger.
    tokio::time::sleep(HEADER / 2).await;
    for _ in 0..3 {
        let stranger = server.send("GET /health HTTP/1.1\r\n").await;
        let answer = rest(server.send(HEALTH).await).await;
        assert!(answer.starts_with(b"HTTP/1.1 200 "));
        assert_eq!(rest(stranger).await, b"");
    }
    known
        .write_all(get("/workspaces/get").as_bytes())
        .await
        .expect("open");
    assert!(next_answer(&mut known).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(server.refused("replaced"), 3);
}

const WRONG: &str = "GET /workspaces/get HTTP/1.0\r\nauthorization: Bearer seam_wrong\r\n\r\n";

/// The answer to a request on a connection of its own.
async fn ask_from(server: &Served, last: u8, request: &str) -> String {
    let answer = rest(server.send_from(last, request).await).await;
    String::from_utf8(answer).expect("text")
}

#[tokio::test(start_paused = true)]
#[cfg(target_os = "linux")]
async fn an_address_has_few_wrong_keys() {
    let server = Served::within(Limits::default().with_wrong_keys(2)).await;
    for _ in 0..2 {
        let refused = ask_from(&server, 2, WRONG).await;
        assert!(refused.starts_with("HTTP/1.0 401 "), "{refused}");
    }
    let start = Instant::now();
    let refused = ask_from(&server, 2, WRONG).await;
    assert!(refused.starts_with("HTTP/1.0 429 "), "{refused}");
    assert!(refused.contains("retry-after: "), "{refused}");
    assert!(start.elapsed() >= Duration::from_secs(1), "it is delayed");
    // Whoever shares the address and has a key is served, and so is everybody elsewhere.
    let good = WRONG.replace("seam_wrong", "seam_test");
    assert!(ask_from(&server, 2, &good).await.contains(" 200 "));
    assert!(ask_from(&server, 3, WRONG).await.contains(" 401 "));
    assert_eq!(server.refused("too_many_wrong_keys"), 1);
    assert_eq!(server.refused("wrong_key"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_key_is_no_guess() {
    let server = Served::within(Limits::default().with_wrong_keys(1)).await;
    for _ in 0..3 {
        let refused = ask_from(&server, 1, "GET /workspaces/get HTTP/1.0\r\n\r\n").await;
        assert!(refused.starts_with("HTTP/1.0 401 "), "{refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_guesses_is_replaced() {
    let server = Served::within(
        Limits::default()
            .with_wrong_keys(1)
            .with_connections(2)
            .with_connections_per_peer(Some(2)),
    )
    .await;
    ask_from(&server, 1, WRONG).await;
    let start = Instant::now();
    let guessing = [server.send(WRONG).await, server.send(WRONG).await];
    let answer = ask_from(&server, 1, HEALTH).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "nobody has waited"
    );
    drop(guessing);
}
