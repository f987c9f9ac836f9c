//! The reply: what a port returns for any operation.

use std::fmt;

use crate::{AccessGroup, AcsSystem, AcsUser, Entrance, Error, Page, UserIdentity, Workspace};

/// The answer to an [`Operation`](crate::Operation).
///
/// Only [`Call::answer`](crate::Call::answer) makes one, and only
/// [`Call::reply`](crate::Call::reply) unwraps it; [`content`](Self::content) is for code that treats
/// all operations alike, such as a recorder.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroup, AccessGroupId, AcsSystemId, Call, Content, GetAccessGroup};
///
/// let gym = AccessGroup::new(AccessGroupId::from_u128(1), AcsSystemId::from_u128(2), "Gym");
/// let reply = GetAccessGroup::answer(gym.clone());
/// assert_eq!(reply.operation(), "access_group");
/// assert_eq!(reply.content(), &Content::AccessGroup(gym));
/// ```
#[derive(Clone)]
pub struct Reply {
    // Two operations may have answers of the same type, so the type alone does not identify one.
    operation: &'static str,
    // Boxed, and nothing for `Done`: a reply is moved several times per call, and most changes
    // answer nothing.
    content: Option<Box<Content>>,
    bytes: usize,
}

impl Reply {
    pub(super) fn new(operation: &'static str, content: impl Into<Content>) -> Self {
        let content = match content.into() {
            Content::Done(()) => None,
            content => Some(Box::new(content)),
        };
        Self {
            operation,
            content,
            bytes: 0,
        }
    }

    /// For implementors: adds how many bytes a service has sent for it, which a walk over pages
    /// [counts](crate::PageWalk::MAX_BYTES).
    #[must_use]
    pub fn with_bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// How many bytes a service has sent for it; 0 if it was not sent.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The [name](crate::Operation::name) of the answered operation.
    #[must_use]
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// The answer, by type.
    #[must_use]
    pub const fn content(&self) -> &Content {
        match &self.content {
            Some(content) => content,
            None => &DONE,
        }
    }

    /// The answer, if this operation was answered.
    pub(super) fn into_answer<T: TryFrom<Content, Error = Error>>(
        self,
        operation: &'static str,
    ) -> Result<T, Error> {
        if self.operation != operation {
            // A bug of the adapter, so a further attempt cannot help.
            let message = format!("the adapter answered {} instead", self.operation);
            return Err(Error::internal(message)
                .without_retry()
                .with_operation(operation));
        }
        match self.content {
            None => Content::Done(()).try_into(),
            Some(content) => (*content).try_into(),
        }
    }
}

/// Equal if they say the same, in however many bytes.
impl PartialEq for Reply {
    fn eq(&self, other: &Self) -> bool {
        self.operation == other.operation && self.content == other.content
    }
}

impl Eq for Reply {}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("operation", &self.operation)
            .field("content", &self.content)
            .finish()
    }
}

/// Whether an answer of this type is a list.
pub(super) trait IsList {
    const IS_LIST: bool = false;
}

impl IsList for () {}
impl IsList for AccessGroup {}
impl IsList for AcsSystem {}
impl IsList for AcsUser {}
impl IsList for Entrance {}
impl IsList for UserIdentity {}
impl IsList for Workspace {}

impl<T> IsList for Vec<T> {
    const IS_LIST: bool = true;
}

impl<T> IsList for Page<T> {
    const IS_LIST: bool = true;
}

/// The content of a reply without one.
static DONE: Content = Content::Done(());

/// The types of answers: each row is a variant and its type.
macro_rules! contents {
    ($($(#[$doc:meta])* $variant:ident($type:ty);)*) => {
        /// The content of a [`Reply`], by type.
        ///
        /// # Examples
        ///
        /// A recorder that counts the rows of listings:
        ///
        /// ```
        /// use access_groups_core::{Call, Content, ListAcsUsers, Page, Reply};
        ///
        /// fn rows(reply: &Reply) -> Option<usize> {
        ///     match reply.content() {
        ///         Content::AccessGroups(groups) => Some(groups.len()),
        ///         Content::AcsUserPage(page) => Some(page.items.len()),
        ///         _ => None,
        ///     }
        /// }
        ///
        /// let reply = ListAcsUsers::answer(Page::only(Vec::new()));
        /// assert_eq!(rows(&reply), Some(0));
        /// ```
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "a reply holds it in a box")]
        pub enum Content {
            $($(#[$doc])* $variant($type),)*
        }

        $(
            impl From<$type> for Content {
                fn from(value: $type) -> Self {
                    Self::$variant(value)
                }
            }

            impl TryFrom<Content> for $type {
                type Error = Error;

                #[inline]
                fn try_from(content: Content) -> Result<Self, Error> {
                    match content {
                        Content::$variant(value) => Ok(value),
                        // Unreachable through `Call::answer`, which checks the type.
                        #[allow(clippy::wildcard_enum_match_arm, reason = "any other type")]
                        _ => Err(Error::internal("the reply has another type")),
                    }
                }
            }
        )*
    };
}

contents! {
    /// Nothing: the service has accepted the change.
    Done(());
    /// One group.
    AccessGroup(AccessGroup);
    /// Groups, in no particular order.
    AccessGroups(Vec<AccessGroup>);
    /// One user.
    AcsUser(AcsUser);
    /// Users, in no particular order.
    AcsUsers(Vec<AcsUser>);
    /// A page of users.
    AcsUserPage(Page<AcsUser>);
    /// One entrance.
    Entrance(Entrance);
    /// Entrances, in no particular order.
    Entrances(Vec<Entrance>);
    /// A page of entrances.
    EntrancePage(Page<Entrance>);
    /// One system.
    AcsSystem(AcsSystem);
    /// Systems, in no particular order.
    AcsSystems(Vec<AcsSystem>);
    /// One identity.
    UserIdentity(UserIdentity);
    /// A page of identities.
    UserIdentityPage(Page<UserIdentity>);
    /// The workspace.
    Workspace(Workspace);
}
