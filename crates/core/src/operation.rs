//! Operations as values, and their replies.
//!
//! Everything here is generated from one table: the operation types, their replies, their
//! [effects](Effect) and the [ids they name](Operation::visit_ids). The
//! [methods](crate::methods) of callers are generated from the same table.

mod ids;
mod reply;
#[macro_use]
mod table;

use std::fmt;

use crate::error::{Error, Subject};

use ids::NamesIds;
use types::*;

use reply::IsList;
pub use reply::{Content, Reply};

/// The types that the table names, for those who expand it.
pub(crate) mod types {
    pub(crate) use crate::{
        draft::{AcsUserUpdate, NewAcsUser, NewUserIdentity, UserIdentityUpdate},
        filter::{
            AccessGroupFilter, AcsSystemFilter, AcsUserFilter, EntranceFilter, UserIdentityFilter,
        },
        id::{AccessGroupId, AcsSystemId, AcsUserId, EntranceId, UserIdentityId},
        page::{Page, PageRequest},
        provision::{
            AccessGroupUpdate, AcsSystemUpdate, EntranceUpdate, NewAccessGroup, NewAcsSystem,
            NewEntrance,
        },
        resource::{AccessGroup, AcsSystem, AcsUser, Entrance, UserIdentity, Workspace},
        selector::{AcsUserSelector, UserIdentitySelector, UserRef},
    };
}

/// One operation as a type of its own, with the type of its reply.
///
/// Implemented only by the operations of [the table](Operation).
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupId, AcsUserId, AddUser, Call, RemoveUser};
///
/// let reply = AddUser::answer(()); // the only way to make a reply
/// assert!(AddUser::reply(reply.clone()).is_ok());
///
/// let error = RemoveUser::reply(reply).unwrap_err(); // it answers another operation
/// assert_eq!(error.message(), "the adapter answered add_user instead");
/// ```
///
/// An answer of another type does not compile:
///
/// ```compile_fail,E0308
/// use access_groups_core::{AddUser, Call};
///
/// AddUser::answer(vec![1]);
/// ```
pub trait Call: Into<Operation> + Clone + fmt::Debug + Send + Sync + 'static {
    /// The operation's [name](Operation::name).
    const NAME: &'static str;

    /// The type of the answer; `()` if there is nothing to return.
    // `Clone`, so that a mock can return the same answer several times.
    type Reply: Clone + fmt::Debug + Send + 'static;

    /// Wraps the answer to this operation.
    fn answer(value: Self::Reply) -> Reply;

    /// Unwraps the answer to this operation.
    ///
    /// # Errors
    ///
    /// - `Internal`: the reply answers another operation, which is a bug of the adapter.
    fn reply(reply: Reply) -> Result<Self::Reply, Error>;
}

/// How an operation affects the state of the service, in the terms of
/// [RFC 9110, section 9.2](https://www.rfc-editor.org/rfc/rfc9110#section-9.2).
///
/// It decides whether a failed call may be repeated without asking the user: a safe or an idempotent
/// one always, any other only if the first attempt certainly did not reach the service.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupId, DeleteAccessGroup, Effect, GetAccessGroup, Operation};
///
/// let gym = AccessGroupId::from_u128(1);
/// assert!(Operation::from(GetAccessGroup::new(gym)).effect().is_safe());
///
/// // The second call fails with `NotFound`, but the state is the same as after the first.
/// let delete = Operation::from(DeleteAccessGroup::new(gym));
/// assert_eq!(delete.effect(), Effect::Idempotent);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// A read: it changes nothing.
    Safe,
    /// A change that has the same effect when it is made twice.
    Idempotent,
    /// A change that may have a further effect each time: a repeated creation may create two
    /// resources.
    NonIdempotent,
}

impl Effect {
    /// Whether the operation changes nothing.
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Safe)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safe => "safe",
            Self::Idempotent => "idempotent",
            Self::NonIdempotent => "not idempotent",
        })
    }
}

macro_rules! operation_types {
    ($(
        $(#[$subject_doc:meta])*
        $title:literal $methods:ident / $blocking_methods:ident {$(
            $(#[$doc:meta])*
            $method:ident = $name:ident {
                $($(#[$field_doc:meta])* $field:ident: $type:ty = $argument:ty,)*
            } -> $reply:ty, $effect:ident $(deletes $deleted:ident)?
            $(, rows $rows:ident($filter:ty) -> $item:ty, by $id:ident)?;
        )*}
    )*) => {
        $($(
            #[doc = concat!(
                "The operation [`", stringify!($method), "`](crate::", stringify!($methods), "::",
                stringify!($method), ") as a value."
            )]
            #[derive(Debug, Clone, PartialEq, Eq, Hash)]
            #[non_exhaustive]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl $name {
                /// Takes the arguments of the method.
                #[must_use]
                #[allow(clippy::new_without_default, reason = "one row of the table has no fields")]
                pub fn new($($field: $argument),*) -> Self {
                    // Most arguments have the type of their field already; `into` is for selectors.
                    Self { $($field: $field.into(),)* }
                }
            }

            impl Call for $name {
                const NAME: &'static str = stringify!($method);
                type Reply = $reply;

                fn answer(value: $reply) -> Reply {
                    Reply::new(Self::NAME, value)
                }

                fn reply(reply: Reply) -> Result<$reply, Error> {
                    reply.into_answer(Self::NAME)
                }
            }

            impl From<$name> for Operation {
                fn from(operation: $name) -> Self {
                    Self::$name(operation)
                }
            }
        )*)*

        // A client that repeats a deletion must know that it is one: its own first attempt may be why
        // there is nothing left.
        $($(const _: () = assert!(
            is_deletion(stringify!($method)) != <[&str]>::is_empty(&[$(stringify!($deleted))?]),
            "a row says what it deletes if its name begins with delete_, and no other does",
        );)*)*

        /// Every operation of a port, as a value.
        ///
        /// The enum is exhaustive: the compiler reports a new operation to code that lists all of
        /// them. The operation types are not, so that an operation may get further fields.
        ///
        /// # Examples
        ///
        /// ```
        /// use access_groups_core::{AccessGroupId, AcsUserId, AddUser, Effect, Operation};
        ///
        /// let (ada, gym) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
        /// let operation = Operation::from(AddUser::new(ada, gym));
        /// assert_eq!(operation.name(), "add_user");
        /// assert_eq!(operation.effect(), Effect::Idempotent);
        /// assert_eq!(operation.ids(), [ada.into(), gym.into()]);
        /// ```
        ///
        /// An adapter that supports one operation only:
        ///
        /// ```
        /// use access_groups_core::{
        ///     AcsSystemFilter, AddUser, Call, Error, ErrorKind, ListAcsSystems, Operation, Reply,
        /// };
        ///
        /// fn call(operation: Operation) -> Result<Reply, Error> {
        ///     match operation {
        ///         Operation::AddUser(_) => Ok(AddUser::answer(())),
        ///         other => Err(Error::unsupported_operation(&other)),
        ///     }
        /// }
        ///
        /// let error = call(ListAcsSystems::new(AcsSystemFilter::new()).into()).unwrap_err();
        /// assert_eq!(error.kind(), ErrorKind::Unsupported);
        /// assert_eq!(error.operation(), Some("acs_systems"));
        /// ```
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(
                #[doc = concat!(
                    "[`", stringify!($method), "`](crate::", stringify!($methods), "::",
                    stringify!($method), ")."
                )]
                $name($name),
            )*)*
        }

        impl Operation {
            /// The name of every operation, in the order of the table.
            pub const NAMES: &'static [&'static str] = &[$($(stringify!($method),)*)*];

            /// The name of the method that makes the operation.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $($(Self::$name(_) => stringify!($method),)*)*
                }
            }

            /// How the operation affects the state of the service.
            #[must_use]
            pub const fn effect(&self) -> Effect {
                match self {
                    $($(Self::$name(_) => Effect::$effect,)*)*
                }
            }

            /// Whether the reply is a list: its size is not known beforehand.
            ///
            /// # Examples
            ///
            /// ```
            /// use access_groups_core::{
            ///     AccessGroupId, GetAccessGroup, ListUsersInGroup, Operation,
            /// };
            ///
            /// let gym = AccessGroupId::from_u128(1);
            /// assert!(Operation::from(ListUsersInGroup::new(gym)).is_list());
            /// assert!(!Operation::from(GetAccessGroup::new(gym)).is_list());
            /// ```
            #[must_use]
            pub const fn is_list(&self) -> bool {
                match self {
                    $($(Self::$name(_) => <$reply as IsList>::IS_LIST,)*)*
                }
            }

            /// The resource that the operation deletes, and the reply that says so; `None` if the
            /// operation is no deletion.
            ///
            /// # Examples
            ///
            /// ```
            /// use access_groups_core::{AccessGroupId, DeleteAccessGroup, GetAccessGroup, Operation};
            ///
            /// let gym = AccessGroupId::from_u128(1);
            /// let delete = Operation::from(DeleteAccessGroup::new(gym));
            /// assert_eq!(delete.deletion().map(|(deleted, _)| deleted), Some(gym.into()));
            /// assert!(Operation::from(GetAccessGroup::new(gym)).deletion().is_none());
            /// ```
            #[must_use]
            pub fn deletion(&self) -> Option<(Subject, Reply)> {
                match self {
                    $($($(Self::$name(operation) => {
                        let deleted = first_id(&operation.$deleted)?;
                        Some((deleted, $name::answer(())))
                    })?)*)*
                    _ => None,
                }
            }

            /// Visits every id that the operation names, in the order of its fields, without an
            /// allocation. Page cursors and search texts are opaque: ids in them are not visited.
            ///
            /// # Examples
            ///
            /// ```
            /// use access_groups_core::{
            ///     AccessGroupFilter, AcsSystemId, ListAccessGroups, Operation,
            /// };
            ///
            /// let system = AcsSystemId::from_u128(7);
            /// let filter = AccessGroupFilter::new()
            ///     .in_system(system)
            ///     .matching(AcsSystemId::from_u128(8).to_string().parse()?); // opaque
            /// let mut ids = Vec::new();
            /// Operation::from(ListAccessGroups::new(filter)).visit_ids(|id| ids.push(id));
            /// assert_eq!(ids, [system.into()]);
            /// # Ok::<(), access_groups_core::ParseSearchError>(())
            /// ```
            pub fn visit_ids(&self, mut visit: impl FnMut(Subject)) {
                match self {
                    $($(Self::$name($name { $($field),* }) => {
                        $($field.visit_ids(&mut visit);)*
                    })*)*
                }
            }

            /// Every id that the operation names, as [`visit_ids`](Self::visit_ids) visits them.
            #[must_use]
            pub fn ids(&self) -> Vec<Subject> {
                let mut ids = Vec::new();
                self.visit_ids(|id| ids.push(id));
                ids
            }
        }
    };
}

with_operations!(operation_types);

const fn is_deletion(method: &str) -> bool {
    matches!(
        method.as_bytes(),
        [b'd', b'e', b'l', b'e', b't', b'e', b'_', ..]
    )
}

/// The id of a field that names one resource; a user of an identity in a system is the identity's.
fn first_id(field: &impl NamesIds) -> Option<Subject> {
    let mut first = None;
    field.visit_ids(&mut |id| first = first.or(Some(id)));
    first
}

// Here rather than in `error`, which does not depend on the table.
impl Error {
    /// Like [`unsupported`](Self::unsupported), for a whole operation: for the last arm of an
    /// adapter's `match`.
    #[must_use]
    pub fn unsupported_operation(operation: &Operation) -> Self {
        let name = operation.name();
        Self::unsupported("this adapter does not support the operation").with_operation(name)
    }
}

/// How long a list of ids in an operation may be for every adapter to take it: 1,000 ids. A server
/// refuses a longer one unless it is told otherwise; Seam documents no maximum.
pub const MAX_IDS: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AccessGroupId, AcsSystemId, AcsUserId, AcsUserSelector, NewAcsUser, NewUserIdentity,
        Subject, UserIdentityId,
    };

    #[test]
    fn effects_follow_the_table() {
        let user = NewAcsUser::new(AcsSystemId::from_u128(1), "Ada".parse().expect("a name"));
        let created: [Operation; 2] = [
            CreateAcsUser::new(user).into(),
            CreateUserIdentity::new(NewUserIdentity::default()).into(),
        ];
        for operation in created {
            let effect = operation.effect();
            assert_eq!(effect, Effect::NonIdempotent, "{}", operation.name());
        }
        let group = AccessGroupId::from_u128(1);
        assert!(
            Operation::from(GetAccessGroup::new(group))
                .effect()
                .is_safe()
        );
        let deleted = Operation::from(DeleteAccessGroup::new(group));
        assert_eq!(deleted.effect(), Effect::Idempotent);
        assert!(!deleted.effect().is_safe());
    }

    #[test]
    fn every_id_is_visited_in_order() {
        let (user, group) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
        let (system, identity) = (AcsSystemId::from_u128(3), UserIdentityId::from_u128(4));
        let check =
            |operation: Operation, expected: &[Subject]| assert_eq!(operation.ids(), expected);
        check(
            AddUser::new(identity, group).into(),
            &[identity.into(), group.into()],
        );
        let selector = AcsUserSelector::of(identity, system);
        check(
            GetAcsUser::new(selector).into(),
            &[identity.into(), system.into()],
        );
        let new = NewAcsUser::new(system, "Ada".parse().expect("a name"))
            .with_identity(identity)
            .in_group(group);
        check(
            CreateAcsUser::new(new).into(),
            &[system.into(), identity.into(), group.into()],
        );
        check(
            UnlinkAcsUser::new(user, identity).into(),
            &[user.into(), identity.into()],
        );
        check(GetWorkspace::new().into(), &[]);
    }

    #[test]
    fn a_reply_belongs_to_its_operation() {
        let reply = DeleteAccessGroup::answer(());
        assert_eq!(reply.operation(), "delete_access_group");
        let error = AddUser::reply(reply).expect_err("another operation's");
        assert_eq!(error.operation(), Some("add_user"));
    }
}
