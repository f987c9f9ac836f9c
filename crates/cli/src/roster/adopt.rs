//! `export --roster`: a roster of what is, to begin with.

use access_groups_core::prelude::*;
use access_groups_roster::{Adopted, Mode, Survey};
use serde::Serialize;

use crate::{
    args::{Export, IdOrName},
    concurrent,
    describe::line,
    failure::Failure,
    output::{self, Format},
    resolve, signals,
    terminal::Progress,
};

/// Prints the roster once all of it has been read: a failure prints nothing of it.
pub(crate) fn adopt(
    arguments: &Export,
    port: &dyn BlockingAccessGroupPort,
    format: Format,
) -> Result<(), Failure> {
    signals::set_note("interrupted: nothing was exported");
    let groups = groups(&arguments.groups, port)?;
    let mut progress = Progress::start();
    let observed = concurrent::drive(port, Survey::of_groups(groups.clone()), |answered| {
        progress.at("reading the groups: answers", answered, None);
    });
    drop(progress);
    let observed = observed?;
    // One that was deleted meanwhile has no members, and a mistyped id never had.
    if let Some(missing) = groups
        .iter()
        .find(|group| observed.group(**group).is_none())
    {
        return Err(Error::unknown(*missing).into());
    }
    let rows = observed.adopt(match arguments.authoritative {
        true => Mode::Authoritative,
        false => Mode::Additive,
    });
    match format {
        Format::Json | Format::Jsonl => output::json_rows(rows.iter().map(Row::from)),
        Format::Human | Format::Csv => output::csv(
            &COLUMNS,
            rows.iter().map(|adopted| Row::from(adopted).cells()),
        ),
    }
}

/// The groups that are named, or else all.
fn groups(
    arguments: &[IdOrName<AccessGroupId>],
    port: &dyn BlockingAccessGroupPort,
) -> Result<Vec<AccessGroupId>, Failure> {
    if arguments.is_empty() {
        let all = port.access_groups(AccessGroupFilter::new())?;
        return Ok(all.iter().map(|group| group.acs_access_group_id).collect());
    }
    let named = arguments.iter();
    named
        .map(|group| resolve::one::<AccessGroup>(group, port))
        .collect()
}

/// A row of the file. The columns for dates are there to be filled.
#[derive(Serialize)]
struct Row<'a> {
    user: Option<&'a str>,
    group: &'a str,
    from: Option<&'a str>,
    until: Option<&'a str>,
    note: String,
    mode: Option<Mode>,
}

impl<'a> From<&'a Adopted> for Row<'a> {
    fn from(adopted: &'a Adopted) -> Self {
        Self {
            user: Some(adopted.user.as_str()).filter(|user| !user.is_empty()),
            group: &adopted.group,
            from: None,
            until: None,
            // A roster has no line breaks.
            note: line(&adopted.name),
            mode: adopted.mode,
        }
    }
}

impl Row<'_> {
    fn cells(self) -> Vec<String> {
        let [user, from, until] = [self.user, self.from, self.until].map(Option::unwrap_or_default);
        vec![
            user.to_owned(),
            self.group.to_owned(),
            from.to_owned(),
            until.to_owned(),
            self.note,
            self.mode.map(|mode| mode.to_string()).unwrap_or_default(),
        ]
    }
}

const COLUMNS: [&str; 6] = ["user", "group", "from", "until", "note", "mode"];
