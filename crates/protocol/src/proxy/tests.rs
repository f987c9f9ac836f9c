use super::*;

fn vars(table: &[(&str, &str)]) -> ProxyVars {
    ProxyVars::from_vars(|name| {
        let found = table.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("an endpoint")
}

/// The proxy for Seam, or the complaint.
fn found(table: &[(&str, &str)]) -> String {
    match vars(table).proxy_for(&Endpoint::default()) {
        Ok(Some(proxy)) => proxy.to_string(),
        Ok(None) => "none".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_first_variable_that_is_set_counts() {
    let all = [
        ("https_proxy", "a"),
        ("HTTPS_PROXY", "b"),
        ("all_proxy", "c"),
        ("ALL_PROXY", "d"),
        ("HTTP_PROXY", "e"),
        ("http_proxy", "f"),
    ];
    for (index, expected) in ["a", "b", "c", "d"].into_iter().enumerate() {
        assert_eq!(found(&all[index..]), format!("http://{expected}:1080"));
    }
    assert_eq!(found(&all[4..]), "none"); // not for https
    assert_eq!(
        found(&[("https_proxy", " "), ("HTTPS_PROXY", "b")]),
        "http://b:1080"
    );
    assert_eq!(found(&[("HTTPS_PROXY", "")]), "none");
}

fn check(text: &str, expected: &str) {
    let found = found(&[("HTTPS_PROXY", text)]);
    assert!(found.ends_with(expected), "{text:?}: {found}");
    assert!(!found.contains("swordfish"), "{found}");
}

#[test]
fn a_proxy_is_read_as_by_curl() {
    check("http://127.0.0.1:3128", "http://127.0.0.1:3128");
    check(" http://127.0.0.1:3128 \n", "http://127.0.0.1:3128");
    check("HTTP://Proxy.example:1/", "http://Proxy.example:1");
    check("proxy.example:8080", "http://proxy.example:8080");
    check("proxy.example", "http://proxy.example:1080");
    check("https://proxy.example", "https://proxy.example:443");
    check("http://[::1]:8080", "http://[::1]:8080");
    check("http://[::1]", "http://[::1]:1080");
    check(
        "http://ada:swordfish@proxy.example:1",
        "http://proxy.example:1",
    );
}

#[test]
fn a_variable_that_cannot_be_read_is_named() {
    check(
        "not a url",
        "HTTPS_PROXY is not a proxy like http://proxy.example:3128: its host and port are not like proxy.example:3128",
    );
    check("http://", "it names no host");
    check("http://:3128", "it names no host");
    check("http://ada:swordfish@", "it names no host");
    check(
        "http://proxy.example:port",
        "its port is not a number up to 65535",
    );
    check(
        "http://proxy.example:99999",
        "its port is not a number up to 65535",
    );
    check(
        "http://ada:sword/fish@proxy.example",
        "its port is not a number up to 65535",
    );
    check("socks5://proxy.example", "SOCKS is not supported");
    check(
        "ftp://proxy.example",
        "it does not start with http:// or https://",
    );
    check(
        "http://a:%ff@proxy.example",
        "its user or password is not UTF-8",
    );
    check(
        "http://prox\u{fffd}y.example",
        "are not like proxy.example:3128",
    );
}

#[test]
fn a_password_is_decoded_and_never_shown() {
    let vars = vars(&[("ALL_PROXY", "ada%20l:sword%40f%3Aish@proxy.example")]);
    let proxy = vars.proxy_for(&Endpoint::default()).expect("readable");
    let proxy = proxy.expect("a proxy");
    assert_eq!(proxy.user(), Some(("ada l", "sword@f:ish")));
    let header = proxy.authorization().expect("a user");
    assert_eq!(header, "Basic YWRhIGw6c3dvcmRAZjppc2g=");
    let shown = format!("{vars:?} {proxy:?} {proxy} {header:?}");
    assert!(
        !shown.contains("sword") && !shown.contains("YWRh"),
        "{shown}"
    );
}

fn check_list(list: &str, url: &str, direct: bool) {
    let vars = vars(&[("HTTPS_PROXY", "proxy.example"), ("NO_PROXY", list)]);
    let proxy = vars.proxy_for(&endpoint(url)).expect("readable");
    assert_eq!(proxy.is_none(), direct, "{list:?} {url}");
}

#[test]
fn listed_hosts_are_reached_directly() {
    let host = "https://connect.getseam.com";
    for list in [
        "connect.getseam.com",
        "getseam.com",
        ".getseam.com",
        "*.getseam.com",
        "com",
        "GETSEAM.COM.",
        "localhost, getseam.com",
        "localhost,getseam.com",
        "localhost getseam.com\tx",
        " , ,getseam.com",
        "getseam.com:443",
        "*",
        "localhost, *",
    ] {
        check_list(list, host, true);
    }
    for list in [
        "",
        "seam.com",
        "tseam.com",
        "connect.getseam.com.example",
        "a.connect.getseam.com",
        "getseam.com:8443",
        "*seam.com:443",
        ".",
        "*.",
        "10.0.0.0/8",
        "0.0.0.0/0",
    ] {
        check_list(list, host, false);
    }
    check_list("getseam.com", "https://connect.getseam.com.:8443", true);
    check_list("getseam.com:8443", "https://connect.getseam.com:8443", true);
}

#[test]
fn addresses_are_compared_as_addresses() {
    for (list, url, direct) in [
        ("10.1.2.3", "https://10.1.2.3", true),
        ("10.1.2.3:443", "https://10.1.2.3", true),
        ("10.1.2.3:1", "https://10.1.2.3", false),
        ("10.0.0.0/8", "https://10.1.2.3", true),
        ("10.0.0.0/8:443", "https://10.1.2.3", true),
        ("10.1.2.0/30", "https://10.1.2.3", true),
        ("10.1.2.4/30", "https://10.1.2.3", false),
        ("0.0.0.0/0", "https://10.1.2.3", true),
        ("10.0.0.0/33", "https://10.1.2.3", false),
        ("10.1.2.3/33", "https://10.1.2.3", false),
        ("10.0.0.0/x", "https://10.1.2.3", false),
        ("1.2.3", "https://10.1.2.3", false),
        ("2.3", "https://10.1.2.3", false),
        ("2001:db8::1", "https://[2001:db8:0::1]", true),
        ("[2001:db8::1]", "https://[2001:db8::1]", true),
        ("[2001:db8::1]:443", "https://[2001:db8::1]", true),
        ("[2001:db8::1]:1", "https://[2001:db8::1]", false),
        ("2001:db8::/32", "https://[2001:db8::1]", true),
        ("2001:db8::/32", "https://[2001:db9::1]", false),
        ("::/0", "https://10.1.2.3", false),
    ] {
        check_list(list, url, direct);
    }
}

#[test]
fn local_and_plain_endpoints_use_none() {
    let vars = vars(&[
        ("HTTPS_PROXY", "not a url"),
        ("http_proxy", "proxy.example"),
    ]);
    let plain = Endpoint::allowing_insecure_http("http://doors.example").expect("allowed");
    let local = ["https://localhost", "https://127.0.0.1:1", "https://[::1]"].map(endpoint);
    for endpoint in local.iter().chain([&plain]) {
        let proxy = vars.proxy_for(endpoint).expect("not read");
        assert!(proxy.is_none(), "{endpoint}");
    }
}

#[test]
fn an_unreadable_list_is_an_error() {
    let check = |list: &'static str, expected: &str| {
        let vars = ProxyVars::from_vars(|name| match name {
            "NO_PROXY" => Some(list.to_owned()),
            "HTTPS_PROXY" => Some("http://proxy.example:3128".to_owned()),
            _ => None,
        });
        let refused = vars.proxy_for(&Endpoint::default()).err();
        let refused = refused.map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.ends_with(expected), "{list:?}: {refused}");
        let names_it = refused.starts_with("NO_PROXY is not a list of hosts");
        assert_eq!(names_it, !expected.is_empty(), "{refused}");
    };
    check(
        "https://connect.getseam.com",
        "an address instead of a host",
    );
    check("a.example;b.example", "semicolons instead of commas");
    check("a\u{fffd}", "it is not UTF-8");
    check("a.example, b.example", "");
}
