//! One line on stderr for each change: who asked for what, and what came of it.
//!
//! A line holds ids, never names, contact details or secrets: logs are kept and read by many.

use std::{fmt, sync::Arc};

use access_groups_core::{Content, Subject, async_trait, prelude::*};
use serde::Serialize;

use crate::{clock, output};

/// The values of `--log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Log {
    /// Words and ids, separated by blanks
    #[default]
    Text,
    /// One JSON object in one line, stable; everything else on stderr is JSON as well
    Json,
    /// No changes: warnings, errors, and what the server says of its start, reload and end
    Off,
}

impl Log {
    /// The port, with a line for each change that is asked of it.
    pub(super) fn over(self, port: Arc<dyn AccessGroupPort>) -> Arc<dyn AccessGroupPort> {
        match self {
            Self::Off => port,
            log => Arc::new(Logged { port, log }),
        }
    }
}

struct Logged {
    port: Arc<dyn AccessGroupPort>,
    log: Log,
}

#[async_trait]
impl AccessGroupPort for Logged {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        if operation.effect().is_safe() {
            return self.port.call(operation, context).await;
        }
        let (name, ids) = (operation.name(), operation.ids());
        let answer = self.port.call(operation, context).await;
        let line = Line::new(clock::now(), context, name, ids, &answer);
        match self.log {
            Log::Json => output::line_to_stderr(serde_json::to_string(&line).unwrap_or_default()),
            Log::Text | Log::Off => output::line_to_stderr(line),
        }
        answer
    }
}

/// A line of the log. The JSON is documented.
#[derive(Serialize)]
struct Line<'a> {
    at: String,
    key: &'a str,
    request_id: &'a str,
    operation: &'a str,
    /// What the change names, then what it has created.
    ids: Vec<String>,
    outcome: String,
}

impl<'a> Line<'a> {
    fn new(
        at: Timestamp,
        context: &'a Context,
        operation: &'a str,
        named: Vec<Subject>,
        answer: &Result<Reply, Error>,
    ) -> Self {
        let mut ids = named;
        ids.extend(answer.as_ref().ok().and_then(subject_of));
        ids.dedup();
        Self {
            at: format!("{at:.3}"),
            key: context.actor.as_deref().unwrap_or("-"),
            request_id: context.request_id.as_deref().unwrap_or("-"),
            operation,
            ids: ids.iter().map(Subject::to_string).collect(),
            // A message may repeat what the caller wrote; a code does not.
            outcome: match answer {
                Ok(_) => "ok".to_owned(),
                Err(error) => match error.code() {
                    Some(code) => code.to_owned(),
                    None => error.kind().to_string(),
                },
            },
        }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            at,
            key,
            request_id,
            operation,
            ids,
            outcome,
        } = self;
        write!(
            f,
            "{at} {key} {request_id} {operation} [{}] {outcome}",
            ids.join(", ")
        )
    }
}

/// The resource of an answer: the one that was created, for instance.
fn subject_of(reply: &Reply) -> Option<Subject> {
    Some(match reply.content() {
        Content::AccessGroup(group) => group.acs_access_group_id.into(),
        Content::AcsUser(user) => user.acs_user_id.into(),
        Content::Entrance(entrance) => entrance.acs_entrance_id.into(),
        Content::AcsSystem(system) => system.acs_system_id.into(),
        Content::UserIdentity(identity) => identity.user_identity_id.into(),
        Content::Done(())
        | Content::AccessGroups(_)
        | Content::AcsUsers(_)
        | Content::AcsUserPage(_)
        | Content::Entrances(_)
        | Content::EntrancePage(_)
        | Content::AcsSystems(_)
        | Content::UserIdentityPage(_)
        | Content::Workspace(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use access_groups_core::{AddUser, Call, CreateAcsUser};

    use super::*;

    const USER: AcsUserId = AcsUserId::from_u128(1);

    fn check(answer: &Result<Reply, Error>, text: &str, json: &str) {
        let context = Context::new()
            .with_actor("sha256:40fea43a")
            .with_request_id("req_1");
        let named = vec![AccessGroupId::from_u128(2).into()];
        let line = Line::new(Timestamp::UNIX_EPOCH, &context, "change", named, answer);
        assert_eq!(line.to_string(), text);
        assert_eq!(serde_json::to_string(&line).expect("JSON"), json);
    }

    #[test]
    fn line_says_who_what_and_outcome() {
        check(
            &Ok(AddUser::answer(())),
            "1970-01-01T00:00:00.000Z sha256:40fea43a req_1 change \
             [access group 00000000-0000-0000-0000-000000000002] ok",
            r#"{"at":"1970-01-01T00:00:00.000Z","key":"sha256:40fea43a","request_id":"req_1","operation":"change","ids":["access group 00000000-0000-0000-0000-000000000002"],"outcome":"ok"}"#,
        );
    }

    #[test]
    fn line_has_ids_and_codes_only() {
        let created = AcsUser::new(USER, AcsSystemId::from_u128(3), "Ada Lovelace");
        check(
            &Ok(CreateAcsUser::answer(created)),
            "1970-01-01T00:00:00.000Z sha256:40fea43a req_1 change \
             [access group 00000000-0000-0000-0000-000000000002, \
             ACS user 00000000-0000-0000-0000-000000000001] ok",
            r#"{"at":"1970-01-01T00:00:00.000Z","key":"sha256:40fea43a","request_id":"req_1","operation":"change","ids":["access group 00000000-0000-0000-0000-000000000002","ACS user 00000000-0000-0000-0000-000000000001"],"outcome":"ok"}"#,
        );
        check(
            &Err(Error::conflict("Ada Lovelace is there").with_code("taken")),
            "1970-01-01T00:00:00.000Z sha256:40fea43a req_1 change \
             [access group 00000000-0000-0000-0000-000000000002] taken",
            r#"{"at":"1970-01-01T00:00:00.000Z","key":"sha256:40fea43a","request_id":"req_1","operation":"change","ids":["access group 00000000-0000-0000-0000-000000000002"],"outcome":"taken"}"#,
        );
    }
}
