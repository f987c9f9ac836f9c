//! `history`: who has changed what, and when.

mod names;
mod rows;

use access_groups_core::{WorkspaceId, prelude::*};
use access_groups_sql::HistoryFilter;
use serde::Serialize;
use serde_json::json;

use super::{Chosen, Database, workspaces};
use crate::{
    args::{History, IdOrName, Keep, Options},
    failure::Failure,
    list,
    local_time::Zones,
    output::{self, counted},
    resolve::{self, Resource},
    signals,
    table::Table,
};

use names::Names;
use rows::{Gone, Line};

pub(super) fn run(
    arguments: &History,
    database: &Database,
    options: &Options,
) -> Result<(), Failure> {
    let chosen = database.choose(options)?;
    match arguments.keep {
        Some(keep) => set_retention(keep, &chosen, database, options),
        None => show(arguments, &chosen, database, options),
    }
}

fn set_retention(
    keep: Keep,
    chosen: &Chosen,
    database: &Database,
    options: &Options,
) -> Result<(), Failure> {
    let days = match keep {
        Keep::Forever => None,
        Keep::Days(days) => Some(days),
    };
    signals::set_note("interrupted: the retention may or may not have changed; repeating is safe");
    let id = chosen.stored.id;
    if !database.wait(database.store.keep_history(id, days))? {
        return Err(Failure::failed(format!(
            "the workspace {} was deleted",
            chosen.called()
        )));
    }
    let when = match days {
        None => "",
        Some(_) => "; older lines are deleted within an hour, by servers",
    };
    let words = format!(
        "The history of {} is {}{when}.",
        chosen.called(),
        workspaces::kept(days)
    );
    let body = json!({"workspace_id": id, "history_days": days});
    output::answer_after(
        "the retention is set",
        options.format,
        "history",
        &words,
        &body,
    )
}

fn show(
    arguments: &History,
    chosen: &Chosen,
    database: &Database,
    options: &Options,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Body<'a> {
        workspace_id: WorkspaceId,
        acs_user_id: Option<AcsUserId>,
        acs_access_group_id: Option<AccessGroupId>,
        acs_entrance_id: Option<EntranceId>,
        actor: Option<&'a str>,
        since: Option<Timestamp>,
        history: &'a [Line],
    }
    let port = chosen.port();
    let zones = Zones::new(&*port);
    let filter = filter(arguments, &zones, &*port)?;
    let id = chosen.stored.id;
    let mut entries = database.wait(database.store.history(id, &filter))?;
    let limit = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    let names = Names::of(&entries, &*port);
    let lines: Vec<_> = entries
        .iter()
        .map(|entry| Line::new(entry, &names))
        .collect();
    let body = Body {
        workspace_id: id,
        acs_user_id: filter.user,
        acs_access_group_id: filter.group,
        acs_entrance_id: filter.entrance,
        actor: filter.actor.as_deref(),
        since: filter.since,
        history: &lines,
    };
    let table = || {
        let zone = zones.common();
        let gone = Gone::of(&lines);
        let rows = lines.iter().map(|line| line.in_words(&zone, &gone));
        Table::without_ids(["what", "when", "by"], rows)
    };
    let nothing = || "no changes".to_owned();
    list::show(options.format, "history", &body, &lines, table, nothing)?;
    if has_more {
        let counted = counted(arguments.limit.into(), "change is", "changes are");
        output::to_stderr(format_args!(
            "note: at most {counted} shown: --limit N shows more"
        ));
    }
    Ok(())
}

fn filter(
    arguments: &History,
    zones: &Zones<'_>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<HistoryFilter, Failure> {
    let mut filter = HistoryFilter::default();
    filter.user = perhaps_gone::<AcsUser>(arguments.user.as_ref(), port)?;
    filter.group = perhaps_gone::<AccessGroup>(arguments.group.as_ref(), port)?;
    filter.entrance = perhaps_gone::<Entrance>(arguments.entrance.as_ref(), port)?;
    let since = arguments.since.as_ref();
    let since = since.map(|when| when.instant(&zones.common()));
    filter.since = since.transpose()?;
    // Only the option: its variable says who makes changes.
    filter.actor.clone_from(&arguments.by);
    // One more than is shown, to tell whether there are more.
    filter.limit = arguments.limit.saturating_add(1);
    Ok(filter)
}

/// No search finds what was deleted: a history names it by its whole id only.
fn perhaps_gone<T: Resource>(
    argument: Option<&IdOrName<T::Id>>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Option<T::Id>, Failure> {
    let hint = format!(
        "one that was deleted is named by its whole id, which `access-groups history --ids` shows; {}",
        T::HINT
    );
    let one = argument.map(|argument| resolve::one_else::<T>(argument, port, &hint));
    one.transpose()
}
