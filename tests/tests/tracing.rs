//! What the HTTP adapters leave in a log: enough to find a call again, and nothing secret.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use access_groups_core::prelude::*;
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_tests::scripted::{Act, Scripted};
use tokio::runtime::Runtime;
use tracing_subscriber::fmt::format::FmtSpan;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn spans_hold_no_secret_or_person() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init(); // also receives what the libraries below write through `log`

    let person = r#"{"acs_user":{"acs_user_id":"00000000-0000-0000-0000-000000000001","acs_system_id":"00000000-0000-0000-0000-000000000003","full_name":"Ada Lovelace"},"ok":true}"#;
    let acts = || {
        vec![
            Act::status(503, "", ""),
            Act::ok(),
            Act::status(200, "", person),
        ]
    };
    let (user, group) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
    // What the caller says of a call is written to its spans.
    let context = Context::new()
        .with_actor("night shift")
        .with_request_id("caller_3");

    let service = Scripted::start(acts());
    let client = http_async::Client::builder(KEY).endpoint(service.url());
    let client = client.build().expect("a client");
    Runtime::new().expect("a runtime").block_on(async {
        client.add_user(user, group).await.expect("added");
        let client = client.with_context(context.clone());
        client.acs_user(user).await.expect("read");
    });
    let through_async = log.text();

    let service = Scripted::start(acts());
    let client = http_blocking::Client::builder(KEY).endpoint(service.url());
    let client = client.build().expect("a client");
    client.add_user(user, group).expect("added");
    let client = client.with_context(context);
    client.acs_user(user).expect("read");
    let text = log.text();
    let through_blocking = text.strip_prefix(&through_async).expect("a log only grows");

    for text in [&through_async, through_blocking] {
        let first = "attempt{operation=\"add_user\" attempt=1 status=503";
        let second = "attempt{operation=\"add_user\" attempt=2 status=200 request_id=\"req_7\"}";
        assert!(text.contains(first) && text.contains(second), "{text}");
        let said = [r#"actor="night shift""#, r#"caller_request_id="caller_3""#];
        assert!(said.iter().all(|field| text.contains(field)), "{text}");
        assert!(
            !text.contains("swordfish") && !text.contains("Lovelace"),
            "{text}"
        );
    }
}

const KEY: &str = "seam_test_swordfish";
