//! `workspaces`: which there are, and new and old ones.

use access_groups_core::{ResourceIssue, Workspace, WorkspaceId, names};
use access_groups_sql::StoredWorkspace;
use serde::Serialize;
use serde_json::json;

use super::{Database, choose};
use crate::{
    args::{CreateWorkspace, DeleteWorkspace},
    describe::line,
    failure::Failure,
    list::{self, Row},
    output::{self, Format, counted},
    random, signals,
    table::Table,
    terminal,
};

/// A workspace as the outputs show it. The JSON is documented.
#[derive(Serialize)]
struct Listed {
    workspace_id: WorkspaceId,
    name: Option<String>,
    history_days: Option<u32>,
}

impl Row for Listed {
    const COLUMNS: &'static [&'static str] = &["workspace_id", "name", "history_days"];

    fn issues(&self) -> Vec<ResourceIssue> {
        Vec::new()
    }
}

pub(super) fn list(database: &Database, format: Format) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Workspaces<'a> {
        workspaces: &'a [Listed],
    }
    let stored = database.workspaces()?;
    let listed = stored.iter().map(|workspace| Listed {
        workspace_id: workspace.id,
        name: workspace.name.clone(),
        history_days: workspace.history_days,
    });
    let workspaces: Vec<_> = listed.collect();
    let table = || {
        let rows = stored.iter().map(|workspace| {
            let history = kept(workspace.history_days);
            vec![choose::called(workspace), history, workspace.id.to_string()]
        });
        Table::new(["name", "history", "id"], rows)
    };
    let body = Workspaces {
        workspaces: &workspaces,
    };
    let nothing = || "no workspaces: `access-groups workspaces create NAME` makes one".to_owned();
    list::show(format, "workspaces", &body, &workspaces, table, nothing)
}

/// How long a history is kept, in words.
pub(super) fn kept(days: Option<u32>) -> String {
    match days {
        None => "kept for ever".to_owned(),
        Some(days) => format!("kept for {}", counted(days.into(), "day", "days")),
    }
}

pub(super) fn create(
    arguments: &CreateWorkspace,
    database: &Database,
    format: Format,
) -> Result<(), Failure> {
    let id = match arguments.id {
        Some(id) => id,
        None => random::workspace_id()?,
    };
    let name = &arguments.name;
    must_be_only(database, name, id)?;
    signals::set_note(format!(
        "interrupted: the workspace {id} may have been created"
    ));
    if !database.create_workspace(&Workspace::new(id, &**name))? {
        return Err(
            Failure::failed(format!("there is a workspace {id} already"))
                .with_hint("`access-groups workspaces` lists the workspaces"),
        );
    }
    // Again: another command may have done the same at the same time, and at least one sees both.
    must_be_only(database, name, id).map_err(|failure| match database.delete_empty(id) {
        Ok(_) => failure,
        Err(error) => failure.with_detail(format!(
            "this one may be left, with the id {id}: {}",
            error.message()
        )),
    })?;
    let words = format!(
        "Created the workspace {}: {id}.\nFill it with `access-groups import SITE.json --workspace \
         {id}`, and let clients in with `access-groups keys create --workspace {id}`.",
        line(name)
    );
    let body = json!({"workspace_id": id, "name": name});
    output::answer_after(
        "the workspace is created",
        format,
        "workspaces create",
        &words,
        &body,
    )
}

/// Refuses the name of another workspace: a name chooses one.
fn must_be_only(database: &Database, name: &str, id: WorkspaceId) -> Result<(), Failure> {
    let all = database.workspaces()?;
    let is_same = |other: &&StoredWorkspace| {
        let of_other = other.name.as_deref();
        other.id != id && of_other.is_some_and(|of_other| names::are_same(of_other, name))
    };
    let Some(same) = all.iter().find(is_same) else {
        return Ok(());
    };
    let message = format!("there is a workspace {} already: {}", line(name), same.id);
    Err(Failure::failed(message).with_hint("give this one another name"))
}

pub(super) fn delete(
    arguments: &DeleteWorkspace,
    database: &Database,
    format: Format,
) -> Result<(), Failure> {
    terminal::must_confirm(arguments.yes)?;
    let all = database.workspaces()?;
    let found = choose::among(&all, Some(&arguments.which), &database.name);
    // It is an argument here, and no option.
    let found = found.map_err(|failure| {
        failure.with_hint("nothing was deleted: give the id or the whole name of one that there is")
    })?;
    let (id, name) = (found.id, choose::called(&found));
    if !arguments.yes {
        let question = format!(
            "Delete workspace {name} ({id}) with all its people, groups, entrances, keys and history, \
             for ever?"
        );
        if !terminal::confirm(&question)? {
            return Err(Failure::failed("nothing was deleted"));
        }
    }
    signals::set_note("interrupted: the workspace may or may not have been deleted");
    let is_deleted = database.wait(database.store.delete_workspace(id))?;
    let words = match is_deleted {
        true => format!("Deleted the workspace {name}."),
        false => format!("The workspace {name} was deleted by somebody else."),
    };
    let body = json!({"workspace_id": id, "name": found.name, "is_deleted": is_deleted});
    output::answer_after(
        "the workspace is deleted",
        format,
        "workspaces delete",
        &words,
        &body,
    )
}
