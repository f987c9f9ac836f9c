//! How long a service asks its callers to wait.

use std::time::Duration;

use http::{Response, header};

use crate::Payload;

/// `Retry-After` as seconds, which may have a fraction, or as a date; at most a day.
pub(super) fn retry_after(response: &Response<Payload>) -> Option<Duration> {
    let text_of = |name| response.headers().get(name)?.to_str().ok().map(str::trim);
    let text = text_of(header::RETRY_AFTER)?;
    let day = Duration::from_secs(86_400);
    let is_number = text.starts_with(|first: char| first.is_ascii_digit());
    if let (true, Ok(seconds)) = (is_number, text.parse::<f64>()) {
        // Too many seconds for a number of any size are infinitely many.
        return Duration::try_from_secs_f64(seconds.min(day.as_secs_f64())).ok();
    }
    // By the service's own clock: this machine's may be wrong, and is not read here.
    let date_of = |text| httpdate::parse_http_date(text).ok();
    let (date, now) = (date_of(text)?, date_of(text_of(header::DATE)?)?);
    Some(date.duration_since(now).unwrap_or_default().min(day))
}
