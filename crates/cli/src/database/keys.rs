//! `keys`: which credentials open the workspaces of a database.
//!
//! Only digests are stored, and a key is shown once. None is ever an argument.

use access_groups_core::{ResourceIssue, Timestamp, WorkspaceId, names};
use access_groups_server::SecretDigest;
use access_groups_sql::{CredentialKind, Digest, StoredCredential, StoredWorkspace};
use serde::Serialize;
use serde_json::json;

use super::{Database, actor, choose};
use crate::{
    args::{CreateKey, Options, RevokeKey},
    clock,
    describe::line,
    failure::Failure,
    list::{self, Row},
    output::{self, Format},
    random, signals, store,
    table::Table,
};

/// A credential as the outputs show it. The JSON is documented.
#[derive(Serialize)]
struct Listed {
    name: String,
    kind: &'static str,
    workspace_id: WorkspaceId,
    created_at: Timestamp,
    fingerprint: String,
}

impl Row for Listed {
    const COLUMNS: &'static [&'static str] =
        &["name", "kind", "workspace_id", "created_at", "fingerprint"];

    fn issues(&self) -> Vec<ResourceIssue> {
        Vec::new()
    }
}

impl Listed {
    fn of(stored: &StoredCredential) -> Self {
        Self {
            name: stored.name.clone(),
            kind: stored.kind.name(),
            workspace_id: stored.workspace,
            created_at: stored.created_at,
            fingerprint: fingerprint(stored),
        }
    }
}

pub(super) fn list(database: &Database, options: &Options) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Keys<'a> {
        keys: &'a [Listed],
    }
    let workspaces = database.workspaces()?;
    let stored = stored(database, &workspaces, options)?;
    let keys: Vec<_> = stored.iter().map(Listed::of).collect();
    let body = Keys { keys: &keys };
    let nothing = || "no keys: `access-groups keys create` makes one".to_owned();
    let table = || table(&stored, &workspaces);
    list::show(options.format, "keys", &body, &keys, table, nothing)
}

fn table(stored: &[StoredCredential], workspaces: &[StoredWorkspace]) -> Table {
    let rows = stored.iter().map(|stored| {
        vec![
            line(&stored.name),
            stored.kind.name().to_owned(),
            opened(stored.workspace, workspaces),
            format!("{:.0}", stored.created_at),
            fingerprint(stored),
        ]
    });
    Table::without_ids(["name", "kind", "opens", "created", "fingerprint"], rows)
}

/// The credentials of the chosen workspace, or of all.
fn stored(
    database: &Database,
    workspaces: &[StoredWorkspace],
    options: &Options,
) -> Result<Vec<StoredCredential>, Failure> {
    let wanted = options.workspace()?;
    let chosen = wanted.map(|text| choose::among(workspaces, Some(&text), &database.name));
    let chosen = chosen.transpose()?.map(|workspace| workspace.id);
    Ok(database.wait(database.store.credentials(chosen))?)
}

/// Creates a key and prints it, and nothing else, on stdout.
pub(super) fn create(
    arguments: &CreateKey,
    database: &Database,
    options: &Options,
) -> Result<(), Failure> {
    let workspaces = opened_by(arguments, database, options)?;
    let (secret, kind) = match arguments.token {
        true => (random::personal_access_token()?, CredentialKind::Token),
        false => (random::api_key()?, CredentialKind::Key),
    };
    let digest = SecretDigest::of(&secret);
    let name = match &arguments.name {
        Some(name) => Some(name.clone()),
        None => actor(options, store::variable)?,
    };
    let Some(name) = name else {
        return Err(
            Failure::usage("the key needs a name, and it is not known who creates it")
                .with_hint("give it one with --name NAME"),
        );
    };
    must_be_only(database, &workspaces, &name, digest)?;
    let create = || {
        add(database, &workspaces, digest, kind, &name)?;
        // Again: another command may have done the same at the same time, and at least one sees both.
        let is_only = must_be_only(database, &workspaces, &name, digest);
        let shown = is_only.and_then(|()| {
            print(
                secret.expose(),
                digest,
                kind,
                &name,
                &workspaces,
                options.format,
            )
        });
        // Nobody knows it: it must not open anything.
        shown.map_err(|failure| take_back(failure, database, digest))
    };
    signals::while_saving(create)
}

/// Refuses the name of another key of these workspaces: nobody could tell which one it is in the history.
fn must_be_only(
    database: &Database,
    workspaces: &[StoredWorkspace],
    name: &str,
    digest: SecretDigest,
) -> Result<(), Failure> {
    for workspace in workspaces {
        let stored = database.wait(database.store.credentials(Some(workspace.id)))?;
        let same = stored.iter().find(|stored| {
            stored.digest != digest.to_bytes() && names::are_same(&stored.name, name)
        });
        if let Some(same) = same {
            let message = format!(
                "{} has a {} {} already ({})",
                choose::called(workspace),
                noun(same.kind),
                line(&same.name),
                fingerprint(same)
            );
            return Err(Failure::failed(message)
                .with_hint("give another name with --name NAME, or revoke that one first"));
        }
    }
    Ok(())
}

/// The workspaces of the options, or the only one.
fn opened_by(
    arguments: &CreateKey,
    database: &Database,
    options: &Options,
) -> Result<Vec<StoredWorkspace>, Failure> {
    let all = database.workspaces()?;
    match &*options.workspaces {
        [] | [_] => {
            let wanted = options.workspace()?;
            Ok(vec![choose::among(
                &all,
                wanted.as_deref(),
                &database.name,
            )?])
        }
        several if arguments.token => {
            let found = several.iter();
            let found = found.map(|text| choose::among(&all, Some(text), &database.name));
            let mut found = found.collect::<Result<Vec<_>, _>>()?;
            found.sort_unstable_by_key(|workspace| workspace.id);
            found.dedup();
            Ok(found)
        }
        _ => Err(Failure::usage("a key opens one workspace")
            .with_hint("give --workspace once; with --token, a token opens several")),
    }
}

fn add(
    database: &Database,
    workspaces: &[StoredWorkspace],
    digest: SecretDigest,
    kind: CredentialKind,
    name: &str,
) -> Result<(), Failure> {
    let now = clock::now();
    for (before, workspace) in workspaces.iter().enumerate() {
        let new = StoredCredential::new(digest.to_bytes(), kind, workspace.id, name, now);
        let (failure, may_be_there) = match database.wait(database.store.add_credential(&new)) {
            Ok(true) => continue,
            Ok(false) => {
                let called = choose::called(workspace);
                let message = format!("the workspace {called} does not exist any more");
                (Failure::failed(message), false)
            }
            Err(error) => {
                let may_be_there = error.is_ambiguous();
                (Failure::from(error), may_be_there)
            }
        };
        return Err(match may_be_there || before > 0 {
            true => take_back(failure, database, digest),
            false => failure.with_detail("no key was created"),
        });
    }
    Ok(())
}

/// Revokes a key that was not shown. If that fails too, the failure says which one is left.
fn take_back(failure: Failure, database: &Database, digest: SecretDigest) -> Failure {
    let revoked = database.wait(database.store.revoke_credential(digest.to_bytes(), None));
    match revoked {
        Ok(_) => failure.with_detail("no key was created"),
        Err(error) => {
            let fingerprint = digest.fingerprint();
            failure
                .with_detail(format!(
                    "a key that nobody has seen may be left: {}",
                    error.message()
                ))
                .with_hint(format!(
                    "`access-groups keys revoke {fingerprint}` revokes it"
                ))
        }
    }
}

fn print(
    secret: &str,
    digest: SecretDigest,
    kind: CredentialKind,
    name: &str,
    workspaces: &[StoredWorkspace],
    format: Format,
) -> Result<(), Failure> {
    if format != Format::Human {
        let ids: Vec<_> = workspaces.iter().map(|workspace| workspace.id).collect();
        let body = json!({
            "key": secret,
            "kind": kind.name(),
            "name": name,
            "fingerprint": digest.fingerprint(),
            "workspace_ids": ids,
        });
        return output::once_to_stdout(&output::document("keys create", &body)?);
    }
    output::once_to_stdout(&format!("{secret}\n"))?;
    let opens: Vec<_> = workspaces.iter().map(choose::called).collect();
    let noun = noun(kind);
    output::to_stderr(format_args!(
        "created the {noun} {} ({}), which opens {}; it is not shown again",
        line(name),
        digest.fingerprint(),
        opens.join(", ")
    ));
    Ok(())
}

pub(super) fn revoke(
    arguments: &RevokeKey,
    database: &Database,
    options: &Options,
) -> Result<(), Failure> {
    let which = arguments.which.trim();
    must_be_no_secret(which)?;
    let workspaces = database.workspaces()?;
    let mut found = stored(database, &workspaces, options)?;
    found.retain(|stored| is_it(stored, which));
    let [first, rest @ ..] = &*found else {
        return Err(Failure::failed(format!("there is no key {}", line(which)))
            .with_hint("`access-groups keys` lists the keys, with their names and fingerprints"));
    };
    if rest.iter().any(|other| other.digest != first.digest) {
        let listed = output::table_in_failure(table(&found, &workspaces));
        return Err(
            Failure::failed(format!("several keys match {}", line(which)))
                .with_detail(listed)
                .with_hint("nothing was revoked: name one by its fingerprint"),
        );
    }
    // In the chosen workspace only, if one was chosen.
    let chosen = options.workspace()?.map(|_| first.workspace);
    database.wait(database.store.revoke_credential(first.digest, chosen))?;
    let opened: Vec<_> = found
        .iter()
        .map(|key| opened(key.workspace, &workspaces))
        .collect();
    let (noun, name) = (noun(first.kind), line(&first.name));
    let words = format!(
        "Revoked the {noun} {name} ({}), which opened {}. Running servers refuse it within 5 seconds.",
        fingerprint(first),
        opened.join(", ")
    );
    let ids: Vec<_> = found.iter().map(|stored| stored.workspace).collect();
    let body = json!({
        "kind": first.kind.name(),
        "name": first.name,
        "fingerprint": fingerprint(first),
        "workspace_ids": ids,
    });
    output::answer_after(
        "the key is revoked",
        options.format,
        "keys revoke",
        &words,
        &body,
    )
}

/// A secret on the command line was seen by everybody on the machine.
fn must_be_no_secret(which: &str) -> Result<(), Failure> {
    if !which.contains("seam_") {
        return Ok(());
    }
    let fingerprint = SecretDigest::of(&access_groups_protocol::Secret::new(which)).fingerprint();
    Err(
        Failure::usage("this looks like a key itself, which is never an argument").with_hint(
            format!(
                "others on this machine may have seen it: `access-groups keys revoke {fingerprint}`"
            ),
        ),
    )
}

/// By name, or by the beginning of the fingerprint.
fn is_it(stored: &StoredCredential, which: &str) -> bool {
    let digits = which.strip_prefix(SecretDigest::PREFIX).unwrap_or(which);
    let digits = digits.to_ascii_lowercase();
    names::are_same(&stored.name, which)
        || (digits.len() >= SHORTEST_FINGERPRINT
            && hexadecimal(&stored.digest).starts_with(&digits))
}

fn hexadecimal(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn fingerprint(stored: &StoredCredential) -> String {
    SecretDigest::from_bytes(stored.digest).fingerprint()
}

fn noun(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Key => "key",
        CredentialKind::Token => "token",
    }
}

fn opened(workspace: WorkspaceId, workspaces: &[StoredWorkspace]) -> String {
    let found = workspaces.iter().find(|found| found.id == workspace);
    found.map_or_else(|| workspace.to_string(), choose::called)
}

/// Fewer digits are too easily somebody else's.
const SHORTEST_FINGERPRINT: usize = 4;
