//! A request goes out once for each attempt, also on a connection that was used before: neither HTTP
//! library repeats one by itself.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{LazyLock, mpsc},
    thread,
};

use access_groups_core::prelude::*;
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_in_memory::SiteBuilder;
use access_groups_tests::{
    fault_server::{Act, FaultServer, KEY},
    scripted::FakeTime,
};
use tokio::runtime::Runtime;

/// A service that keeps connections. It answers every addition, and hangs up once it has read
/// anything else. The receiver gets the number of the connection and the path of each request.
fn start() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, paths) = mpsc::channel();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            // An error is the client that leaves, which the paths show.
            let _ = serve(stream, number, &sender);
        }
    });
    (url, paths)
}

fn serve(stream: TcpStream, number: usize, paths: &mpsc::Sender<String>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut line) = (String::new(), String::new());
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            head.push_str(&line.to_ascii_lowercase());
        }
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length = length.and_then(|digits| digits.parse().ok()).unwrap_or(0);
        reader.read_exact(&mut vec![0; length])?;
        let path = head.split(' ').nth(1).unwrap_or_default();
        let _ = paths.send(format!("{number} {path}")); // the test may be over
        if !path.contains("add") {
            return Ok(());
        }
        let answer =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n";
        write!(reader.get_mut(), "{answer}{{\"ok\":true}}")?;
    }
}

/// Adds a user and then does something on the connection that the first call has left.
type Run = fn(&str) -> (Error, Error);

macro_rules! client {
    ($adapter:ident, $url:expr) => {
        client!($adapter, $url, "seam_test_x")
    };
    ($adapter:ident, $url:expr, $key:expr) => {
        $adapter::Client::builder($key)
            .endpoint($url)
            .time(FakeTime::default())
            .build()
            .expect("a client")
    };
}

fn ada() -> NewAcsUser {
    NewAcsUser::new(AcsSystemId::from_u128(1), "Ada".parse().expect("a name"))
}

/// A creation, and then an addition and a removal.
const CLIENTS: [Run; 2] = [
    |url| {
        let client = client!(http_async, url);
        RUNTIME.block_on(async {
            client.add_user(USER, GROUP).await.expect("added");
            let created = client.create_acs_user(ada()).await.expect_err("lost");
            client.add_user(USER, GROUP).await.expect("added");
            let removed = client.remove_user(USER, GROUP).await.expect_err("lost");
            (created, removed)
        })
    },
    |url| {
        let client = client!(http_blocking, url);
        client.add_user(USER, GROUP).expect("added");
        let created = client.create_acs_user(ada()).expect_err("lost");
        client.add_user(USER, GROUP).expect("added");
        let removed = client.remove_user(USER, GROUP).expect_err("lost");
        (created, removed)
    },
];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

#[test]
fn only_the_machine_sends_again() {
    for run in CLIENTS {
        let (url, requests) = start();
        let (created, removed) = run(&url);
        assert!(
            created.is_ambiguous() && !created.is_retryable(),
            "{created}"
        );
        assert!(
            removed.is_ambiguous() && removed.is_retryable(),
            "{removed}"
        );
        let (add, remove) = (
            "/acs/users/add_to_access_group",
            "/acs/users/remove_from_access_group",
        );
        let expected = [
            format!("0 {add}"),
            "0 /acs/users/create".to_owned(), // kept, and sent once: it might create two users
            format!("1 {add}"),
            format!("1 {remove}"), // kept, and sent three times, each by the machine
            format!("2 {remove}"),
            format!("3 {remove}"),
        ];
        assert_eq!(requests.try_iter().collect::<Vec<_>>(), expected);
    }
}

/// Adds the user of a store behind a server whose first answer is a page of 8 MiB, and says how many
/// connections that took.
fn connections_after_a_page(add: impl Fn(&str, AcsUserId, AccessGroupId)) -> usize {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let server = FaultServer::start(site.build_blocking(), |received| match received.number {
        0 => Act::status(503, "content-type: text/html\r\n", &"<br>".repeat(2 << 20)),
        _ => Act::SERVE,
    });
    add(&server.url(), ada, gym);
    assert_eq!(server.requests(), 2);
    server.connections()
}

#[test]
fn a_connection_with_an_unread_rest_is_not_used_again() {
    let through_async = connections_after_a_page(|url, user, group| {
        let client = client!(http_async, url, KEY);
        RUNTIME
            .block_on(client.add_user(user, group))
            .expect("added");
    });
    let through_blocking = connections_after_a_page(|url, user, group| {
        let client = client!(http_blocking, url, KEY);
        client.add_user(user, group).expect("added");
    });
    assert_eq!((through_async, through_blocking), (2, 2));
}

const USER: AcsUserId = AcsUserId::from_u128(1);
const GROUP: AccessGroupId = AccessGroupId::from_u128(2);
