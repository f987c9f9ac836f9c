//! What a client sends to a server.

use access_groups_core::{Error, Operation};
use access_groups_protocol::{
    Action, BODY_BEFORE_KEY, Credential, Endpoint, ReceivedHead, RequestLimits, RequestStyle,
    encode, receive_head, respond, routes,
};
use http::{HeaderName, HeaderValue, Request, Uri};

use super::{KEY, must_be_presentable, with_key};

/// Lines: method and target, then headers up to an empty line, then the body.
///
/// An operation is one that the client half can write and the server half reads again; a refusal
/// shows neither key nor address.
pub fn request(data: &[u8]) {
    let data = with_key(data);
    let (mut lines, mut request) = (data.as_slice(), Request::new(Vec::new()));
    let first = take_line(&mut lines);
    let mut words = first.splitn(2, |byte| *byte == b' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return;
    };
    let (Ok(method), Ok(target)) = (method.try_into(), Uri::try_from(target)) else {
        return; // no HTTP library passes it on
    };
    (*request.method_mut(), *request.uri_mut()) = (method, target);
    loop {
        let line = take_line(&mut lines);
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            break;
        };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        let name = HeaderName::from_bytes(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.trim_ascii())) {
            request.headers_mut().append(name, value);
        }
    }
    *request.body_mut() = lines.to_vec();
    check(request);
}

/// The first byte chooses a route; the rest is the query of a GET.
pub fn query(data: &[u8]) {
    let Some((route, query)) = data.split_first() else {
        return;
    };
    let routes: Vec<_> = routes().collect();
    let path = routes[usize::from(*route) % routes.len()].path;
    let target = [path.as_bytes(), b"?", &with_key(query)].concat();
    let Ok(uri) = Uri::try_from(target) else {
        return; // no HTTP library passes it on
    };
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = uri;
    check(request);
}

fn check(request: Request<Vec<u8>>) {
    let (parts, body) = request.into_parts();
    let head = match receive_head(&parts) {
        ReceivedHead::Call(head) => head,
        ReceivedHead::Answer(answer) => {
            assert!(answer.body().len() < 100, "{:?}", answer.body());
            return;
        }
    };
    if let Err(error) = head.credential() {
        must_be_presentable(&error);
    }
    let asked = head.operation(&body, &RequestLimits::default());
    if body.len() <= BODY_BEFORE_KEY {
        // A stranger is told of malformed JSON exactly where a good caller is.
        let told = head.refuse(Some(&body), &Error::unauthenticated("unknown"));
        let is_json = asked.as_ref().err().and_then(Error::code) != Some("invalid_json");
        assert_eq!(told.status() == 401, is_json, "{told:?}");
    }
    match asked {
        Ok(Action::Call(operation)) => must_come_back(operation),
        Ok(Action::Reply(_)) => {}
        Err(error) => {
            let status = respond(&Err(error.clone())).status();
            assert!(status.is_client_error(), "{status} {error}");
            must_be_presentable(&error);
        }
    }
}

/// The operation, written in every style and read again, is itself from the second time on: instants
/// lose what is below a millisecond.
fn must_come_back(operation: Operation) {
    let again = |operation: &Operation, style: &RequestStyle| {
        let key = Credential::api_key(KEY).expect("a key");
        let request = encode(operation, &Endpoint::default(), &key, style).expect("on the wire");
        let (parts, body) = request.into_parts();
        let ReceivedHead::Call(head) = receive_head(&parts) else {
            panic!("not a call: {parts:?}");
        };
        let asked = head.operation(&body, &RequestLimits::default());
        match asked.expect("as written") {
            Action::Call(operation) => operation,
            Action::Reply(_) => panic!("answered without a port: {parts:?}"),
        }
    };
    let once = again(&operation, &RequestStyle::default());
    for style in RequestStyle::all(&operation) {
        let twice = again(&once, &style);
        assert!(once == twice, "{style:?} {once:?} {twice:?}");
    }
}

/// The bytes before the next line feed, which are taken away with it.
fn take_line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|byte| *byte == b'\n');
    let (line, after) = match end {
        Some(end) => (&rest[..end], &rest[end + 1..]),
        None => (*rest, &[][..]),
    };
    *rest = after;
    line
}
