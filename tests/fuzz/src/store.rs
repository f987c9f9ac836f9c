//! What a store reads: site files, and the cursors that it made itself.

use access_groups_core::*;
use access_groups_in_memory::{InMemory, State};

use access_groups_core::shown::without_addresses;

use super::{chain, must_be_presentable};

/// A site that is read is written, and read again without a difference; a refusal lists 20 problems
/// at most, without addresses.
pub fn site_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return; // refused before it is parsed
    };
    match State::from_site_json(text) {
        Ok(state) => {
            let written = state.to_site_json();
            let again = State::from_site_json(&written).expect("a site as written");
            assert!(again == state, "{written}");
            assert_eq!(again.to_site_json(), written);
        }
        Err(refused) => {
            assert!(!refused.problems().is_empty());
            let shown = chain(&refused);
            assert!(refused.to_string().lines().count() <= 22, "{shown}");
            for problem in refused.problems() {
                assert!(problem.message().chars().count() <= 300, "{shown}");
                let message = problem.message();
                assert_eq!(without_addresses(message), message);
                assert_eq!(without_addresses(problem.path()), problem.path());
            }
        }
    }
}

/// A cursor that is accepted names a position, and a page from there on gives the cursor of its own
/// end; others are refused, by stores too.
pub fn cursor(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let request = PageRequest::first().after(PageCursor::new(text));
    match request.start(&QUESTION) {
        Ok(Some(position)) => {
            let page = request.cut(&QUESTION, std::num::NonZeroU32::MIN, [position; 2], |at| {
                *at
            });
            let next = page.next.expect("one more");
            let next = PageRequest::first().after(next).start(&QUESTION);
            assert_eq!(next.expect("as written"), Some(position));
        }
        Ok(None) => panic!("there is a cursor"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Invalid);
            must_be_presentable(&error);
        }
    }
    let listed = InMemory::default()
        .blocking()
        .acs_users(AcsUserFilter::new(), request);
    if let Err(error) = listed {
        assert_eq!(error.kind(), ErrorKind::Invalid);
        must_be_presentable(&error);
    }
}

const QUESTION: &str = "everybody";
