//! Addresses, numbers and keys that are easily taken for one another.

use super::*;

/// What an identity has, and who has the same.
pub(super) struct Family {
    pub(super) kind: Kind,
    /// Of the identity.
    pub(super) base: &'static str,
    /// The same for the contract, the one that a user has first.
    pub(super) same: &'static [&'static str],
    /// Others, although some stores, libraries and services take them for the same.
    pub(super) others: &'static [&'static str],
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Key,
    Email,
    Phone,
}

/// A number that only equals itself.
const fn number(base: &'static str, others: &'static [&'static str]) -> Family {
    Family {
        kind: Kind::Phone,
        base,
        same: &[],
        others,
    }
}

/// An address that some users have in other letters.
const fn address(
    base: &'static str,
    same: &'static [&'static str],
    others: &'static [&'static str],
) -> Family {
    Family {
        kind: Kind::Email,
        base,
        same,
        others,
    }
}

/// One table for joins, conflicts, filters and keys.
pub(super) const FAMILIES: [Family; 20] = [
    number(
        "+1 555 0100",
        &[
            "+15550100",
            "0015550100",
            "15550100",
            "5550100",
            "+1-555-0100",
            "+1 (555) 0100",
            "tel:+15550100",
            "+1  555 0100",
            "+1\u{a0}555 0100",
            "+1 555 0100 ",
            " +1 555 0100",
            "+1 555 0100 x1",
            "1 555 0100",
            "+１ 555 0100",
        ],
    ),
    number(
        "ask for Ada",
        &[
            "ask for ada",
            "ASK FOR ADA",
            "ask for Ada ",
            "ask for Ada\n",
            "ask  for Ada",
            "ask for Ada\u{200b}",
            "\u{feff}ask for Ada",
            "ask for Аda",
            "ask for Ａda",
            "ask for Ada.",
            "ask for Ad",
            "askforAda",
        ],
    ),
    number("007", &["7", "07", "7.0", "7e0", "0x7", "+7", "٧", "0007"]),
    number(
        "x_1%",
        &["xa1", "xa1b", "xab1", "x_1", "x\\_1\\%", "x_1%%", "X_1%"],
    ),
    number("a*b.c?", &["ab.c", "axb.cx", "a*bxc?", "a%b.c_"]),
    number(
        "Zoë",
        &["Zoe\u{308}", "zoë", "ZOË", "Zoe", "Zo\u{eb}\u{301}"],
    ),
    number("Straße", &["Strasse", "STRASSE", "straße", "STRAẞE"]),
    number("ıs", &["is", "Is", "İs", "IS", "i\u{307}s"]),
    number("\u{212a}en", &["Ken", "ken"]),
    number(
        "null",
        &["NULL", "Null", "nil", "None", "undefined", "0", "false"],
    ),
    number("𝔄 𝔅", &["𝔅 𝔄", " ", "? ?", "\u{fffd} \u{fffd}", "A B"]),
    number("😀", &["😁", "?", "\u{fffd}", "😀\u{fe0f}", "\u{1f1e9}"]),
    number("a\\b", &["a\\\\b", "ab", "a/b", "a%2Fb", "a%5Cb", "a\u{8}"]),
    number(
        "O'Neill",
        &["O''Neill", "ONeill", "O’Neill", "O\\'Neill", "O&#39;Neill"],
    ),
    number(
        "a & b + c",
        &[
            "a &amp; b + c",
            "a & b   c",
            "a %26 b %2B c",
            "a+&+b+++c",
            "a & b",
        ],
    ),
    address(
        "ken@example.com",
        &["KEN@Example.COM", "ken@example.com"],
        &[
            "\u{212a}en@example.com",
            "ｋｅｎ@example.com",
            "ken@example.com.",
            " ken@example.com",
            "ken@example.com ",
            "ken@example.com\u{a0}",
            "ken+tag@example.com",
            "k.en@example.com",
            "ken@example.co",
            "ken@mail.example.com",
            "mailto:ken@example.com",
            "kén@example.com",
            "ken@example-com.com",
        ],
    ),
    address(
        "k_n@example.com",
        &["K_N@example.com", "k_n@example.com"],
        &[
            "kin@example.com",
            "kiin@example.com",
            "k__n@example.com",
            "k-n@example.com",
        ],
    ),
    address(
        "ida.o'neill+2@example.org",
        &["Ida.O'Neill+2@Example.org", "ida.o'neill+2@example.org"],
        &[
            "idao'neill@example.org",
            "ida.oneill+2@example.org",
            "ida.o''neill+2@example.org",
            "ida.o'neill@example.org",
            "ida.o'neill 2@example.org",
            "\u{131}da.o'neill+2@example.org",
            "ida.o'neill+2@googlemail.org",
        ],
    ),
    address(
        "sı@example.net",
        &["Sı@EXAMPLE.net", "sı@example.net"],
        &[
            "si@example.net",
            "sI@example.net",
            "sİ@example.net",
            "ſı@example.net",
        ],
    ),
    address(
        "é@example.net",
        &["é@Example.NET"],
        &["e\u{301}@example.net", "É@example.net"],
    ),
];

impl Family {
    /// What the users have who have the same as the identity.
    pub(super) fn same(&self) -> impl Iterator<Item = &'static str> {
        let only = Some(self.base).filter(|_| self.same.is_empty());
        only.into_iter().chain(self.same.iter().copied())
    }
}

impl Kind {
    /// The contract's rule.
    pub(super) fn are_same(self, one: &str, other: &str) -> bool {
        match self {
            Self::Email => one.eq_ignore_ascii_case(other),
            Self::Key | Self::Phone => one == other,
        }
    }

    /// Everything of this kind in the families, each text once. A key is whatever a number is; two
    /// more differ behind the length of a usual column, and behind that of an index.
    pub(super) fn texts(self) -> Vec<String> {
        let kind = if self == Self::Key { Self::Phone } else { self };
        let families = FAMILIES.iter().filter(|family| family.kind == kind);
        let texts = families.flat_map(|family| {
            let of_identity = [family.base].into_iter();
            of_identity.chain(family.same.iter().chain(family.others).copied())
        });
        let mut unique: Vec<String> = Vec::new();
        for text in texts.filter(|text| !text.is_empty()) {
            if unique.iter().all(|known| known != text) {
                unique.push(text.to_owned());
            }
        }
        for length in [255, 767, MAX_TEXT_CHARS - 1] {
            let (start, domain) = match self {
                Self::Email => ("a".repeat(length - 12), "@example.com"),
                Self::Key | Self::Phone => ("x".repeat(length), ""),
            };
            unique.extend(["a", "b"].map(|end| format!("{start}{end}{domain}")));
        }
        unique
    }

    /// A new identity that has only this; `None` if no call takes the text.
    pub(super) fn draft(self, text: &str) -> Option<NewUserIdentity> {
        let mut draft = NewUserIdentity::default();
        match self {
            Self::Key => draft.key = Some(text.parse().ok()?),
            Self::Email => draft.email_address = Some(text.parse().ok()?),
            Self::Phone => draft.phone_number = Some(text.parse().ok()?),
        }
        Some(draft)
    }

    pub(super) fn update(self, text: &str) -> Option<UserIdentityUpdate> {
        let draft = self.draft(text)?;
        let mut update = UserIdentityUpdate::default();
        match self {
            Self::Key => update.key = Patch::set_or_clear(draft.key),
            Self::Email => update.email_address = Patch::set_or_clear(draft.email_address),
            Self::Phone => update.phone_number = Patch::set_or_clear(draft.phone_number),
        }
        Some(update)
    }

    /// Gives it to an identity of a site.
    pub(super) fn give_to(self, identity: &mut UserIdentity, text: &str) {
        let field = match self {
            Self::Key => &mut identity.user_identity_key,
            Self::Email => &mut identity.email_address,
            Self::Phone => &mut identity.phone_number,
        };
        *field = Some(text.to_owned());
    }
}
