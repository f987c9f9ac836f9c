//! `Debug` of everything that holds personal data.

use std::time::Duration;

use access_groups_core::{shown::with_texts, *};
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::{
    Credential, Endpoint, ReceivedHead, RequestLimits, RequestStyle, Settings, decode, encode,
    receive_head, respond,
};

use crate::{
    ADDRESS, KEY, OF_ADDRESS, chain, debug_must_be_silent, must_be_silent, operations::all,
    replies::reply_to,
};

#[test]
fn no_debug_text_shows_a_person() {
    let mut values = 0;
    for operation in all() {
        debug_must_be_silent(&operation);
        let reply = reply_to(&operation, ADDRESS);
        debug_must_be_silent(&reply);
        debug_must_be_silent(&Ok::<_, Error>(reply.clone()));
        // The address is there: a test that asks for it sees it.
        if *reply.content() != Content::Done(()) {
            let shown = with_texts(|| format!("{reply:?}"));
            assert!(shown.contains(OF_ADDRESS[0]), "{shown}");
            assert!(!shown.contains('…'), "{shown}");
        }
        values += 3;
    }
    println!("values: {values}");
}

#[test]
fn no_debug_text_of_the_protocol_shows_anything() {
    let settings = Settings::new(KEY);
    debug_must_be_silent(&settings);
    let requester = settings.requester(7).expect("fine settings");
    let key = Credential::api_key(KEY).expect("a key");
    let (endpoint, style) = (Endpoint::default(), RequestStyle::default());
    let mut values = 0;
    for operation in all() {
        let mut call = requester.call(operation.clone(), &Context::new(), Duration::ZERO);
        debug_must_be_silent(&call.step(Duration::ZERO));
        debug_must_be_silent(&call);
        let reply = reply_to(&operation, ADDRESS);
        let response = respond(&Ok(reply));
        debug_must_be_silent(&response);
        values += 3;
        let Ok(request) = encode(&operation, &endpoint, &key, &style) else {
            continue; // it has no wire
        };
        debug_must_be_silent(&request);
        debug_must_be_silent(&decode(&operation, &response));
        let (parts, body) = request.into_parts();
        let received = receive_head(&parts);
        debug_must_be_silent(&received);
        if let ReceivedHead::Call(head) = received {
            debug_must_be_silent(&head.credential());
            debug_must_be_silent(&head.operation(&body, &RequestLimits::default()));
        }
        values += 5;
    }
    println!("values of the protocol: {values}");
}

#[test]
fn no_debug_text_of_a_store_shows_a_person() {
    let mut state = State::new();
    let system = AcsSystemId::from_u128(3);
    let sound = |result: Result<(), Error>| result.expect("sound");
    sound(state.insert_system(AcsSystem::new(system, ADDRESS)));
    let user = AcsUser::new(AcsUserId::from_u128(1), system, ADDRESS).with_email_address(ADDRESS);
    sound(state.insert_user(user));
    let identity = UserIdentity::new(UserIdentityId::from_u128(5), ADDRESS);
    sound(state.insert_identity(identity.with_email_address(ADDRESS)));
    assert!(state.to_site_json().contains(ADDRESS)); // asked for
    debug_must_be_silent(&state);
    let store = InMemory::new(state);
    debug_must_be_silent(&store);
    debug_must_be_silent(&store.blocking());
    let mut refused = 0;
    for operation in all() {
        let answer = store.blocking().call(operation, &Context::new());
        debug_must_be_silent(&answer);
        if let Err(error) = answer {
            must_be_silent("a refusal", &chain(&error));
            refused += 1;
        }
    }
    assert!(refused > 0);
    println!("refusals of the store: {refused}");
}

#[test]
fn no_parse_error_repeats_the_text() {
    fn check<T: std::str::FromStr<Err: std::error::Error + 'static>>() {
        for text in [KEY, ADDRESS, &format!("{ADDRESS}\0"), &ADDRESS.repeat(50)] {
            if let Err(error) = text.parse::<T>() {
                must_be_silent(std::any::type_name::<T>(), &chain(&error));
            }
        }
    }
    check::<AcsUserId>();
    check::<AccessGroupId>();
    check::<Timestamp>();
    check::<PersonName>();
    check::<EmailAddress>();
    check::<UserIdentityKey>();
    check::<CustomerKey>();
    check::<ContactDetail>();
    check::<ResourceName>();
    check::<TimeZoneName>();
    check::<SearchText>();
    check::<Endpoint>();
    check::<access_groups_server::SecretDigest>();
    for text in [
        ADDRESS,
        "seam_at1_5wordF15h",
        "seam_pk_5wordF15h",
        "seam_ 5wordF15h",
    ] {
        let refused = Credential::api_key(text).expect_err("no key");
        must_be_silent("a refused key", &chain(&refused));
    }
}

#[test]
fn no_problem_of_a_site_file_repeats_an_address() {
    let sites = [
        format!(r#"{{"{ADDRESS}": 1}}"#),
        format!(r#"{{"acs_users": "{ADDRESS}"}}"#),
        format!(r#"{{"acs_users": [{{"acs_user_id": "{ADDRESS}", "full_name": "{ADDRESS}"}}]}}"#),
        format!(r#"{{"acs_users": [{{"{ADDRESS}": 1, "{ADDRESS}": 2}}]}}"#),
        format!(
            r#"{{"acs_systems": [{{"acs_system_id": "00000000-0000-0000-0000-000000000001",
            "name": "Main", "created_at": "{ADDRESS}", "location": "{ADDRESS}", "errors": "{ADDRESS}"}}]}}"#
        ),
        format!(r#"{{"acs_users": [{ADDRESS}]}}"#),
        ADDRESS.to_owned(),
    ];
    for site in &sites {
        let refused = State::from_site_json(site).expect_err("a problem");
        must_be_silent("a problem of a site file", &chain(&refused));
    }
    println!("site files refused: {}", sites.len());
}
