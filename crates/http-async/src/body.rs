//! The body of a request, which knows whether it may have been sent: reqwest's own errors do not tell.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, SizeHint};

/// The bytes of a body. hyper asks for them once there is a connection to send them on.
pub(crate) struct SendOnce {
    bytes: Option<Bytes>,
    fate: Fate,
}

/// Whether the body was asked for, or will never be given; clones share it.
#[derive(Clone)]
pub(crate) struct Fate(Arc<AtomicU8>);

const OPEN: u8 = 0;
const SENT: u8 = 1;
const WITHHELD: u8 = 2;

impl SendOnce {
    pub(crate) fn new(bytes: Vec<u8>) -> (Self, Fate) {
        // An empty body is not asked for: the head is the whole request.
        let state = if bytes.is_empty() { SENT } else { OPEN };
        let fate = Fate(Arc::new(AtomicU8::new(state)));
        let body = Self {
            bytes: Some(bytes.into()),
            fate: fate.clone(),
        };
        (body, fate)
    }
}

impl Fate {
    /// Whether the request has certainly not been sent whole; then it will not be any more. Without
    /// the second part, a connection that is made at this moment would still carry it.
    pub(crate) fn withhold(&self) -> bool {
        self.decide(WITHHELD) == WITHHELD
    }

    /// The state, which is this one from now on unless another came first.
    fn decide(&self, state: u8) -> u8 {
        let order = Ordering::SeqCst;
        let decided = self.0.compare_exchange(OPEN, state, order, order);
        decided.map_or_else(|earlier| earlier, |_| state)
    }
}

impl Body for SendOnce {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.fate.decide(SENT) == WITHHELD {
            return Poll::Ready(Some(Err(io::Error::other("the attempt is over"))));
        }
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn poll(body: &mut SendOnce) -> Option<io::Result<Vec<u8>>> {
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(body).poll_frame(&mut context) {
            Poll::Ready(frame) => frame.map(|frame| {
                let data = frame?
                    .into_data()
                    .map_err(|_| io::Error::other("no data"))?;
                Ok(data.to_vec())
            }),
            Poll::Pending => panic!("it never waits"),
        }
    }

    #[test]
    fn a_body_is_sent_or_withheld() {
        let (mut sent, fate) = SendOnce::new(b"{}".to_vec());
        assert_eq!(poll(&mut sent).expect("a frame").expect("data"), b"{}");
        assert!(poll(&mut sent).is_none());
        assert!(!fate.withhold(), "it was asked for");

        let (mut withheld, fate) = SendOnce::new(b"{}".to_vec());
        assert!(fate.withhold());
        assert!(poll(&mut withheld).expect("an end").is_err());
        assert!(fate.withhold(), "it stays so");
    }

    #[test]
    fn an_empty_body_may_always_have_been_sent() {
        let (body, fate) = SendOnce::new(Vec::new());
        assert!(body.is_end_stream());
        assert!(!fate.withhold());
    }
}
