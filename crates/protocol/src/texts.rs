//! What the texts of fields become, and what is wrong with them in the API's wording.

use std::{borrow::Cow, str::FromStr};

use access_groups_core::{
    CustomerKey, EmailAddress, ParseSearchError, ParseTextError, PersonName, SearchText,
    TextProblem, Timestamp, UserIdentityKey,
};

type Parsed<T> = Result<T, Cow<'static, str>>;

pub(crate) fn id<T: FromStr>(text: &str) -> Parsed<T> {
    text.parse().map_err(|_| "Invalid uuid".into())
}

pub(crate) fn instant(text: &str) -> Parsed<Timestamp> {
    text.parse().map_err(|_| "Invalid datetime".into())
}

pub(crate) fn search(text: &str) -> Parsed<SearchText> {
    text.parse().map_err(|error| match error {
        ParseSearchError::Empty => TOO_SHORT.into(),
        _ => Cow::Owned(format!(
            "String must contain at most {} character(s)",
            SearchText::MAX_CHARS
        )),
    })
}

pub(crate) fn person_name(text: &str) -> Parsed<PersonName> {
    text.parse().map_err(complaint)
}

pub(crate) fn email_address(text: &str) -> Parsed<EmailAddress> {
    text.parse().map_err(|_| "Invalid email".into())
}

pub(crate) fn identity_key(text: &str) -> Parsed<UserIdentityKey> {
    text.parse().map_err(complaint)
}

pub(crate) fn customer_key(text: &str) -> Parsed<CustomerKey> {
    text.parse().map_err(complaint)
}

pub(crate) fn any(text: &str) -> Parsed<String> {
    Ok(text.to_owned())
}

fn complaint(error: ParseTextError) -> Cow<'static, str> {
    match error.problem() {
        TextProblem::Empty => TOO_SHORT.into(),
        _ => Cow::Owned(error.to_string()),
    }
}

const TOO_SHORT: &str = "String must contain at least 1 character(s)";
