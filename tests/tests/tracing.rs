//! What the HTTP adapters leave in a log: enough to find a call again, and nothing secret.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use access_groups_core::{
    AccessGroupId, AccessGroupPort, AcsUserId, AcsUserPort, BlockingAccessGroupPort,
    BlockingAcsUserPort,
};
use access_groups_http_async::HttpAsync;
use access_groups_http_blocking::HttpBlocking;
use access_groups_protocol::Credential;
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
fn every_attempt_is_a_span_and_no_span_holds_a_secret_or_a_person() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init(); // takes what the libraries below say through `log`, too

    let person = r#"{"acs_user":{"acs_user_id":"00000000-0000-0000-0000-000000000001","acs_system_id":"00000000-0000-0000-0000-000000000003","full_name":"Ada Lovelace"},"ok":true}"#;
    let acts = || {
        vec![
            Act::status(503, "", ""),
            Act::ok(),
            Act::status(200, "", person),
        ]
    };
    let key = || Credential::api_key("seam_test_swordfish").expect("a key");
    let (user, group) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));

    let service = Scripted::start(acts());
    let adapter = HttpAsync::builder(key()).endpoint(service.url().parse().expect("loopback"));
    let adapter = adapter.build().expect("an adapter");
    Runtime::new().expect("a runtime").block_on(async {
        adapter.add_user(user.into(), group).await.expect("added");
        adapter.acs_user(user.into()).await.expect("read");
    });
    let through_async = log.text();

    let service = Scripted::start(acts());
    let adapter = HttpBlocking::builder(key()).endpoint(service.url().parse().expect("loopback"));
    let adapter = adapter.build().expect("an adapter");
    adapter.add_user(user.into(), group).expect("added");
    adapter.acs_user(user.into()).expect("read");
    let text = log.text();
    let through_blocking = text.strip_prefix(&through_async).expect("a log only grows");

    for text in [&through_async, through_blocking] {
        let first = "attempt{operation=\"add_user\" attempt=1 status=503";
        let second = "attempt{operation=\"add_user\" attempt=2 status=200 request_id=\"req_7\"}";
        assert!(text.contains(first) && text.contains(second), "{text}");
        assert!(
            !text.contains("swordfish") && !text.contains("Lovelace"),
            "{text}"
        );
    }
}
