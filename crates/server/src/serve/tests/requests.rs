//! Requests that are refused from their header, or whose body nobody wants.

use access_groups_protocol::BODY_LIMIT;

use super::*;

async fn check_hosts(version: &str, hosts: &[&str], status: u16) {
    let server = Served::start(9).await;
    let hosts: String = hosts
        .iter()
        .map(|host| format!("host: {host}\r\n"))
        .collect();
    let request = format!("GET /health HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
    let answer = rest(server.send(&request).await).await;
    let answer = String::from_utf8(answer).expect("text");
    let begin = format!("HTTP/{version} {status} ");
    assert!(answer.starts_with(&begin), "{request}{answer}");
    let refused = usize::from(status == 400);
    assert_eq!(server.refused("host"), refused, "{request}");
}

#[tokio::test]
async fn a_request_has_exactly_one_host() {
    check_hosts("1.1", &["a"], 200).await;
    check_hosts("1.1", &[], 400).await;
    check_hosts("1.1", &["a", "a"], 400).await;
    check_hosts("1.1", &["a", "b"], 400).await;
    check_hosts("1.0", &[], 200).await;
    check_hosts("1.0", &["a"], 200).await;
    check_hosts("1.0", &["a", "b"], 400).await;
}

/// A request that waits for `100 Continue` before it sends so many bytes.
fn expecting(key: &str, length: usize) -> String {
    format!(
        "POST /workspaces/get HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_large_body_is_refused_unsent() {
    let server = Served::start(9).await;
    let request = expecting("seam_test", BODY_LIMIT + 1);
    let answer = rest(server.send(&request).await).await;
    let answer = String::from_utf8(answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert_eq!(server.refused("too_large"), 1);
}

#[tokio::test]
async fn a_large_body_is_refused_when_sent() {
    let server = Served::start(9).await;
    let length = 2 * BODY_LIMIT;
    let head = expecting("seam_test", length).replace("expect: 100-continue\r\n", "");
    let mut client = server.send(&head).await;
    // The server may close before all of it is sent.
    let _ = client.write_all(&vec![b' '; length]).await;
    let answer = rest(client).await;
    let answer = String::from_utf8(answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_stranger_is_refused_before_sending() {
    let server = Served::start(9).await;
    let request = expecting("seam_wrong", BODY_LIMIT);
    let answer = rest(server.send(&request).await).await;
    let answer = String::from_utf8(answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[tokio::test]
async fn a_wanted_body_is_asked_for() {
    let server = Served::start(9).await;
    let mut client = server.send(&expecting("seam_test", 2)).await;
    let asked = next_answer(&mut client).await;
    assert!(asked.starts_with("HTTP/1.1 100 "), "{asked}");
    client.write_all(b"{}").await.expect("sent");
    let answer = next_answer(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// A request without a key whose body is no JSON.
fn malformed(length: usize) -> String {
    format!(
        "POST /acs/users/get HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{}",
        "[".repeat(length)
    )
}

#[tokio::test]
async fn a_stranger_reads_the_answer() {
    let server = Served::start(9).await;
    // A small one is looked at: malformed JSON is told before the missing key. Then a large one was
    // parsed if it were told so as well.
    for (length, status) in [(4 * 1024, 400), (4 * 1024 + 1, 401), (BODY_LIMIT, 401)] {
        let mut client = server.send(&malformed(length)).await;
        let answer = next_answer(&mut client).await;
        let begin = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&begin), "{length}: {answer}");
        if status == 401 {
            assert!(answer.contains("www-authenticate: Bearer"), "{answer}");
        }
        // The body is off the connection, which serves on.
        client.write_all(HEALTH.as_bytes()).await.expect("open");
        assert!(rest(client).await.starts_with(b"HTTP/1.1 200 "), "{length}");
    }
}

#[tokio::test]
async fn an_endless_body_of_a_stranger_ends() {
    let server = Served::start(9).await;
    let head = "POST /acs/users/get HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let (mut answers, mut body) = server.send(head).await.into_split();
    let sending = tokio::spawn(async move {
        let chunk = format!("10000\r\n{}\r\n", "[".repeat(64 << 10));
        let mut sent = 0;
        while body.write_all(chunk.as_bytes()).await.is_ok() {
            sent += chunk.len();
        }
        sent
    });
    let mut answer = Vec::new();
    let _ = answers.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    sending.await.expect("it ends");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let server = Served::start(9).await;
    let request = "POST /workspaces/get HTTP/1.1\r\nhost: x\r\n\
                   authorization: Bearer seam_test\r\ncontent-length: 9\r\n\r\n{";
    let mut client = server.send(request).await;
    client.shutdown().await.expect("open");
    let answer = rest(client).await;
    let answer = String::from_utf8(answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(server.refused("body"), 1);
}
