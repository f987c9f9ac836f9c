//! The commands that do what a provider does: systems, groups and entrances are created, changed
//! and deleted; users change; single entrances are granted and revoked.
//!
//! Seam's API lacks most of these calls; stores have all of them.

mod create;
mod delete;
mod grant;
mod kind;
mod update;

use access_groups_core::prelude::*;
use serde_json::{Map, Value, json};

use crate::{
    args::IdOrName,
    clock::now,
    describe,
    failure::Failure,
    local_time::{When, Zones},
    resolve::{self, SystemNames},
};

pub(crate) use create::{create_entrance, create_group, create_system};
pub(crate) use delete::{delete_entrance, delete_group, delete_system};
pub(crate) use grant::{grant, revoke};
use kind::Kind;
pub(crate) use update::{update_entrance, update_group, update_system, update_user};

/// The id and the resource under their names in JSON.
fn body<T: Kind>(id: T::Id, resource: Option<&T>) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert(T::ID_KEY.to_owned(), json!(id.to_string()));
    body.insert(T::NOUN.to_owned(), json!(resource));
    body
}

/// " in Main", but for a system itself.
fn place<T: Kind>(resource: &T, port: &dyn BlockingAccessGroupPort) -> String {
    match T::IS_SYSTEM {
        true => String::new(),
        false => {
            let system = SystemNames::read(port).name(resource.system());
            format!(" in {}", describe::line(&system))
        }
    }
}

fn entrances(
    named: &[IdOrName<EntranceId>],
    system: AcsSystemId,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Vec<EntranceId>, Failure> {
    let named = named.iter();
    let found = named.map(|entrance| resolve::in_system::<Entrance>(entrance, Some(system), port));
    found.collect()
}

fn instant(
    when: Option<&When>,
    system: AcsSystemId,
    zones: &Zones<'_>,
) -> Result<Option<Timestamp>, Failure> {
    when.map(|when| zones.instant(when, || Ok(system)))
        .transpose()
}

/// The failure of a call that was to set a schedule. One that ends too early is told in local
/// times: services tell it in instants that nobody has typed.
pub(crate) fn bad_span(
    error: Error,
    span: Option<(Option<Timestamp>, Option<Timestamp>)>,
    unchanged: &str,
    system: AcsSystemId,
    zones: &Zones<'_>,
) -> Failure {
    let Some((start, Some(end))) = span else {
        return error.into();
    };
    let why = match start {
        _ if error.kind() != ErrorKind::Invalid => return error.into(),
        _ if end <= now() => "that is past".to_owned(),
        Some(start) if end <= start => format!("it starts on {}", zones.shown(start, system)),
        _ => return error.into(),
    };
    let end = zones.shown(end, system);
    Failure::failed(format!("access cannot end on {end}: {why}")).with_detail(unchanged)
}
