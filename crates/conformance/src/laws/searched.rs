//! Which fields each list searches, and what a text finds in them.

use access_groups_core::names::fold;

use super::*;

/// Of each list, the rows with the texts that a search looks at.
pub(super) struct Rows {
    users: Vec<Row<AcsUserId>>,
    identities: Vec<Row<UserIdentityId>>,
    groups: Vec<Row<AccessGroupId>>,
    entrances: Vec<Row<EntranceId>>,
    systems: Vec<Row<AcsSystemId>>,
}

struct Row<Id> {
    id: Id,
    texts: Vec<String>,
    folded: Vec<String>,
}

impl<Id: Copy> Row<Id> {
    fn of<'t>(id: Id, texts: impl IntoIterator<Item = Option<&'t str>>) -> Self {
        let texts = texts.into_iter().flatten();
        let texts: Vec<_> = texts.map(str::to_owned).collect();
        let folded = texts.iter().map(|text| fold(text)).collect();
        Self { id, texts, folded }
    }

    /// Those of which one text contains this one, both folded.
    fn with(rows: &[Self], part: &str) -> Vec<Id> {
        let has = |row: &&Self| row.folded.iter().any(|text| text.contains(part));
        rows.iter().filter(has).map(|row| row.id).collect()
    }

    /// The end of one text and the start of another one of the same row, for one row.
    fn joined(rows: &[Self]) -> Vec<String> {
        let Some(row) = rows.last() else {
            return Vec::new();
        };
        let mut joined = Vec::new();
        for one in &row.texts {
            for other in row.texts.iter().filter(|other| *other != one) {
                let (end, start) = (&one[one.len() - 4..], &other[..4]);
                joined.extend(["", " "].map(|between| format!("{end}{between}{start}")));
            }
        }
        joined
    }
}

impl Rows {
    /// One table of the fields that each list searches.
    pub(super) fn of(site: &Site) -> Self {
        let identity_of = |user: &AcsUser| {
            let linked = user.user_identity_id.clone()?;
            let mut identities = site.identities.iter();
            identities.find(|identity| identity.user_identity_id.to_string() == linked)
        };
        let users = site.users.iter().map(|user| {
            let identity = identity_of(user);
            Row::of(
                user.acs_user_id,
                [
                    user.full_name.as_deref(),
                    user.email_address.as_deref(),
                    user.phone_number.as_deref(),
                    Some(&*user.acs_user_id.to_string()),
                    user.user_identity_id.as_deref(),
                    identity.and_then(|identity| identity.full_name.as_deref()),
                    identity.and_then(|identity| identity.phone_number.as_deref()),
                ],
            )
        });
        let identities = site.identities.iter().map(|identity| {
            Row::of(
                identity.user_identity_id,
                [
                    identity.full_name.as_deref(),
                    identity.email_address.as_deref(),
                    identity.phone_number.as_deref(),
                    Some(&*identity.user_identity_id.to_string()),
                ],
            )
        });
        let groups = site.groups.iter().map(|group| {
            let id = group.acs_access_group_id;
            Row::of(id, [Some(&*group.name), Some(&*id.to_string())])
        });
        let systems = site.systems.iter().map(|system| {
            let id = system.acs_system_id;
            Row::of(id, [Some(&*system.name), Some(&*id.to_string())])
        });
        // By their names only.
        let entrances = site.entrances.iter();
        let entrances =
            entrances.map(|door| Row::of(door.acs_entrance_id, [Some(&*door.display_name)]));
        Self {
            users: users.collect(),
            identities: identities.collect(),
            groups: groups.collect(),
            entrances: entrances.collect(),
            systems: systems.collect(),
        }
    }

    pub(super) fn must_be_found_in_all(&self, case: &Case<'_>, text: &str) -> Checked {
        let mut lists = LISTS.into_iter();
        lists.try_for_each(|list| self.must_be_found(case, list, text))
    }

    /// The text finds the rows that contain it and no others.
    pub(super) fn must_be_found(&self, case: &Case<'_>, list: List, text: &str) -> Checked {
        let (part, text) = (fold(text), search(text));
        match list {
            List::Users => {
                let filter = AcsUserFilter::new().matching(text);
                case.must_list(&users_that(filter), &Row::with(&self.users, &part))
            }
            List::Identities => {
                let filter = UserIdentityFilter::new().matching(text);
                let found = Row::with(&self.identities, &part);
                case.must_list(&identities_that(filter), &found)
            }
            List::Groups => {
                case.must_list_groups(all().matching(text), &Row::with(&self.groups, &part))
            }
            List::Entrances => {
                let filter = EntranceFilter::new().matching(text);
                case.must_list(&entrances_that(filter), &Row::with(&self.entrances, &part))
            }
            List::Systems => {
                let filter = AcsSystemFilter::new().matching(text);
                let found = Row::with(&self.systems, &part);
                case.must_list_all(ListAcsSystems::new(filter), &found)
            }
        }
    }

    /// Texts of the end of one field and the start of another one.
    pub(super) fn joined(&self) -> Vec<(List, String)> {
        let (users, identities) = (Row::joined(&self.users), Row::joined(&self.identities));
        let (groups, systems) = (Row::joined(&self.groups), Row::joined(&self.systems));
        let lists = [
            (List::Users, users),
            (List::Identities, identities),
            (List::Groups, groups),
            (List::Systems, systems),
        ];
        let lists = lists.into_iter();
        let each = lists.flat_map(|(list, texts)| texts.into_iter().map(move |text| (list, text)));
        each.collect()
    }
}

/// A list that can be searched.
#[derive(Clone, Copy)]
pub(super) enum List {
    Users,
    Identities,
    Groups,
    Entrances,
    Systems,
}

pub(super) const LISTS: [List; 5] = [
    List::Users,
    List::Identities,
    List::Groups,
    List::Entrances,
    List::Systems,
];
