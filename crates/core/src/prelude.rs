//! The traits and types that most code over a port needs.
//!
//! Types that such code usually only receives, such as [`Verdict`](crate::Verdict) or
//! [`Rows`](crate::Rows), are at the root of the crate.
//!
//! # Examples
//!
//! ```
//! use access_groups_core::prelude::*;
//!
//! fn is_member(
//!     port: &dyn BlockingAccessGroupPort,
//!     user: AcsUserId,
//!     group: AccessGroupId,
//! ) -> Result<bool, Error> {
//!     let members = port.users_in_group(group)?; // a method of `BlockingAccessGroups`
//!     Ok(members.iter().any(|member| member.acs_user_id == user))
//! }
//! ```

#[doc(no_inline)]
pub use crate::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AccessGroupPort, AccessGroups, AcsSystem,
    AcsSystemFilter, AcsSystemId, AcsUser, AcsUserFilter, AcsUserId, AcsUserSelector,
    AcsUserUpdate, AcsUsers, BlockingAccessGroupPort, BlockingAccessGroups, BlockingAcsUsers,
    BlockingDirectory, BlockingUserIdentities, ContactDetail, Context, Directory, EmailAddress,
    Entrance, EntranceFilter, EntranceId, Error, ErrorKind, MembershipChange, NewAcsUser,
    NewUserIdentity, PageRequest, PersonName, PropagationStatus, Timestamp, UserIdentities,
    UserIdentity, UserIdentityFilter, UserIdentityId, UserIdentitySelector, UserIdentityUpdate,
    UserRef, async_trait,
    ext::{AccessGroupPortExt, BlockingAccessGroupPortExt},
    operation::*,
};
