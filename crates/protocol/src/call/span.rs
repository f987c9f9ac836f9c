//! What every driver leaves of an attempt in a log.

/// The span of an attempt of this call of the operation with this name, in the driver's own module and
/// with the driver's `tracing`. Status and request id are recorded after the attempt.
// So that a call is found by the same words, whatever carried it. Not part of the API: the HTTP
// clients of this workspace use it.
#[doc(hidden)]
#[macro_export]
macro_rules! attempt_span {
    ($operation:expr, $call:expr, $context:expr) => {{
        let shown = |text: Option<&'_ str>| {
            text.map(|text| ::access_groups_core::shown::without_addresses(text).into_owned())
        };
        ::tracing::debug_span!(
            "attempt",
            operation = $operation,
            attempt = $call.attempts(),
            actor = shown($context.actor.as_deref()),
            caller_request_id = shown($context.request_id.as_deref()),
            status = ::tracing::field::Empty,
            request_id = ::tracing::field::Empty,
        )
    }};
}
