//! A service that repeats key and address wherever an answer has room for a text, through both HTTP
//! adapters, with everything logged.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use access_groups_core::*;
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_protocol::{WITHOUT_WIRE, respond};
use access_groups_tests::scripted::FakeTime;
use tokio::runtime::Runtime;

use crate::{
    ADDRESS, KEY, chain, debug_must_be_silent, log::Log, must_be_silent, must_not_show_key,
    operations::all, replies::reply_to,
};

#[test]
fn no_answer_of_a_service_brings_them_back() {
    let log = Log::of_process();
    let service = Hostile::start();
    let url = format!("http://{}", service.address);
    let through_async = http_async::Client::builder(KEY)
        .endpoint(url.as_str())
        .time(FakeTime::default())
        .build()
        .expect("a client");
    let through_blocking = http_blocking::Client::builder(KEY)
        .endpoint(url.as_str())
        .time(FakeTime::default())
        .build()
        .expect("a client");
    debug_must_be_silent(&through_async);
    debug_must_be_silent(&through_blocking);
    let runtime = Runtime::new().expect("a runtime");
    // Spans hold both.
    let context = Context::new()
        .with_actor(format!("the night shift, {ADDRESS}"))
        .with_request_id(ADDRESS);
    debug_must_be_silent(&context);
    debug_must_be_silent(&through_blocking.with_context(context.clone()));

    let (mut errors, mut replies) = (0, 0);
    for operation in all() {
        for answer in answers(&operation) {
            service.answer_with(&answer);
            let call = runtime.block_on(through_async.call(operation.clone(), &context));
            let also = through_blocking.call(operation.clone(), &context);
            for result in [call, also] {
                let what = format!("{} after\n{answer}\n", operation.name());
                debug_must_be_silent(&result);
                match result {
                    Err(error) => {
                        must_be_silent(&what, &in_full(&error));
                        errors += 1;
                    }
                    // What was asked for shows people, and never a key.
                    Ok(reply) => {
                        let shown = shown::with_texts(|| format!("{reply:?}"));
                        must_not_show_key(&what, &shown);
                        replies += 1;
                    }
                }
            }
        }
    }
    let logged = log.text();
    must_be_silent("the log", &logged);
    for library in ["hyper", "reqwest"] {
        assert!(logged.contains(library), "nothing is logged by {library}");
    }
    assert!(logged.contains("the night shift, …"), "no actor is logged");
    // It logs whatever it sends and receives, 16 bytes a line, which no search for a word finds.
    assert!(!logged.contains("ureq"), "ureq is not silent");
    assert!(errors > 1000 && replies > 60, "{errors} {replies}");
    println!(
        "calls: {}, errors: {errors}, replies: {replies}",
        errors + replies
    );
    println!("bytes logged at TRACE: {}", logged.len());
}

/// Everything that an error says of itself.
fn in_full(error: &Error) -> String {
    let (code, id) = (error.code(), error.request_id());
    format!("{} {code:?} {id:?} {:?}", chain(error), error.fields())
}

/// What a hostile service answers to the operation, byte by byte.
fn answers(operation: &Operation) -> Vec<String> {
    if WITHOUT_WIRE.contains(&operation.name()) {
        return vec![String::new()]; // nobody is asked
    }
    let both = format!("{KEY} {ADDRESS}");
    let escaped = |text: &str| {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        units.collect::<String>()
    };
    let reply = |text: &str| {
        let response = respond(&Ok(reply_to(operation, text)));
        String::from_utf8_lossy(response.body()).into_owned()
    };
    let failure = |text: &str| {
        format!(
            r#"{{"ok":false,"error":{{"type":"{text}","message":"no {text}!","validation_errors":
            {{"{text}":{{"_errors":["{text}"]}}}}}}}}"#
        )
    };
    let (sound, secret) = (reply(ADDRESS), reply(&both));
    let odd = reply(&both).replace(r#":[{"#, r#":[1,{"#);
    let mut all = vec![
        json(200, &sound),
        json(200, &secret),
        json(200, &secret.replace("-0000-", "-zzzz-")),
        json(
            200,
            &secret.replace("00000000-0000-0000-0000-000000000001", &both),
        ),
        json(200, &odd),
        json(200, &odd[..odd.len() / 2]),
        json(200, &format!("{{\"ok\": true, \"{both}\": \"{both}\"}}")),
        json(200, &failure(&both)),
        json(200, &both),
        json(200, &format!("<html>{both}</html>")),
        json(200, &format!("\u{1f}\u{8b}{both}")),
        text(
            302,
            &format!("location: https://x.example/{KEY}?email={ADDRESS}\r\n"),
            "",
        ),
        text(
            307,
            &format!("location: https://{KEY}:{ADDRESS}@x.example/%40{KEY}\r\n"),
            &both,
        ),
        text(
            400,
            &format!("seam-request-id: {both}\r\ncontent-type: {both}\r\n"),
            &both,
        ),
        text(500, &format!("content-encoding: {both}\r\n"), &both),
        text(429, &format!("retry-after: {both}\r\n"), &both),
        format!("HTTP/1.1 400 {both}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
        format!("HTTP/1.1 {both}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{both}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{KEY}@{ADDRESS}: {both}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{KEY}: {both}\u{1}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {both}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {both}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{both}\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{both}"),
        format!("{both}\r\n\r\n"),
        format!("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}{both}"),
        String::new(),
    ];
    for status in [400, 401, 403, 404, 409, 429, 500, 501, 503] {
        all.push(json(status, &failure(&both)));
        all.push(json(
            status,
            &failure(&format!("{}, {}", escaped(KEY), escaped(ADDRESS))),
        ));
        all.push(text(status, "", &both));
        all.push(text(
            status,
            "content-type: text/html\r\n",
            &format!("<p>{both}"),
        ));
    }
    all
}

fn json(status: u16, body: &str) -> String {
    text(status, "content-type: application/json\r\n", body)
}

fn text(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
}

/// Answers every connection with the same bytes until it is told others. It lives as long as the
/// process.
struct Hostile {
    address: SocketAddr,
    answer: Arc<Mutex<String>>,
}

impl Hostile {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let address = listener.local_addr().expect("bound");
        let answer = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answer = shared
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                // One that hangs up early has heard enough.
                let _ = respond_with(stream, &answer);
            }
        });
        Self { address, answer }
    }

    fn answer_with(&self, answer: &str) {
        answer.clone_into(&mut self.answer.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn respond_with(mut stream: TcpStream, answer: &str) -> io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0].to_ascii_lowercase());
    }
    let head = String::from_utf8_lossy(&head);
    // The key has come this far: otherwise nothing is proved.
    assert!(head.contains(&KEY.to_ascii_lowercase()), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|digits| digits.parse().ok()).unwrap_or(0);
    stream.read_exact(&mut vec![0; length])?;
    stream.write_all(answer.as_bytes())
}
