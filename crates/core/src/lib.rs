#![doc = include_str!("../README.md")]

mod access;
mod error;
mod filter;
mod id;
mod lift;
mod notice;
mod operation;
mod pending;
mod ports;
mod resource;
mod schedule;
mod timestamp;
mod user_ref;

pub use access::{Candidate, GroupReason, GroupVerdict, UserReason, Verdict};
pub use error::{Error, ErrorKind, FieldError, Subject};
pub use filter::{AccessGroupFilter, ParseSearchError, SearchText};
pub use id::{
    AccessGroupId, AcsSystemId, AcsUserId, EntranceId, ParseIdError, UserIdentityId, WorkspaceId,
};
pub use lift::Lift;
pub use notice::{
    AccessGroupErrorCode, AccessGroupType, AccessGroupWarningCode, AcsSystemErrorCode,
    AcsSystemType, AcsSystemWarningCode, AcsUserErrorCode, AcsUserType, AcsUserWarningCode,
    EntranceWarningCode, ResourceError, ResourceWarning, UserIdentityErrorCode,
    UserIdentityWarningCode,
};
pub use operation::{
    AddUser, Call, DeleteAccessGroup, GetAccessGroup, GetAcsUser, GetEntrance, ListAccessGroups,
    ListEntrancesOfGroup, ListUsersInGroup, Operation, RemoveUser, Reply,
};
pub use pending::{
    AccessGroupChange, AcsUserChange, CredentialSide, DeferredVariant, EntranceSide, GroupSide,
    PendingMutation, ScheduleSide, SuspensionSide, Update, UserSide,
};
pub use ports::{
    AccessGroupPort, AcsUserPort, BlockingAccessGroupPort, BlockingAcsUserPort,
    BlockingDirectoryPort, BlockingPorts, DirectoryPort, Ports, dispatch, dispatch_blocking,
};
#[cfg(feature = "mock")]
pub use ports::{
    MockAccessGroupPort, MockAcsUserPort, MockBlockingAccessGroupPort, MockBlockingAcsUserPort,
    MockBlockingDirectoryPort, MockDirectoryPort,
};
pub use resource::{
    AccessGroup, AcsSystem, AcsUser, Entrance, Extra, Location, NO_CONNECTED_ACCOUNT, UserIdentity,
    Workspace,
};
pub use schedule::{AccessSchedule, SchedulePhase};
pub use timestamp::{ParseTimestampError, Timestamp};
pub use user_ref::UserRef;
