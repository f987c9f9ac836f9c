#![doc = include_str!("../README.md")]

mod access;
mod draft;
mod effective;
mod error;
mod ext;
mod filter;
mod id;
mod lift;
mod notice;
mod operation;
mod page;
mod patch;
mod pending;
mod ports;
mod resource;
mod schedule;
mod selector;
mod text;
mod timestamp;
mod user_ref;

pub use access::{Candidate, GroupReason, GroupVerdict, UserReason, Verdict};
pub use draft::{
    AcsUserUpdate, ClosedSchedule, NewAcsUser, NewSchedule, NewUserIdentity, UserIdentityUpdate,
};
pub use effective::{
    EffectiveStep, EffectiveWait, Goal, Settled, Settlement, wait_until_effective,
    wait_until_effective_blocking,
};
pub use error::{Error, ErrorKind, FieldError, Subject};
pub use ext::{
    AcsUserPortExt, AllRows, BlockingAcsUserPortExt, BlockingAllRows, BlockingDirectoryPortExt,
    BlockingUserIdentityPortExt, DirectoryPortExt, UserIdentityPortExt,
};
pub use filter::{
    AccessGroupFilter, AcsSystemFilter, AcsUserFilter, EntranceFilter, ParseSearchError,
    SearchText, UnmanagedAcsUserFilter, UserIdentityFilter,
};
pub use id::{
    AccessGroupId, AccessMethodId, AcsCredentialId, AcsSystemId, AcsUserId, ConnectedAccountId,
    EntranceId, LocationId, ParseIdError, SpaceId, UserIdentityId, WorkspaceId,
};
pub use lift::Lift;
pub use notice::{
    AccessGroupErrorCode, AccessGroupType, AccessGroupWarningCode, AcsSystemErrorCode,
    AcsSystemType, AcsSystemWarningCode, AcsUserErrorCode, AcsUserType, AcsUserWarningCode,
    EntranceWarningCode, ResourceError, ResourceWarning, UserIdentityErrorCode,
    UserIdentityWarningCode,
};
pub use operation::{
    AddUser, Call, CreateAcsUser, CreateUserIdentity, DeleteAccessGroup, DeleteAcsUser,
    DeleteUserIdentity, Effect, GetAccessGroup, GetAcsSystem, GetAcsUser, GetEntrance,
    GetUnmanagedAccessGroup, GetUnmanagedAcsUser, GetUserIdentity, GetWorkspace, GrantAccess,
    LinkAcsUser, ListAccessGroups, ListAcsSystems, ListAcsUsers, ListEntrances,
    ListEntrancesOfGroup, ListEntrancesOfIdentity, ListEntrancesOfUser, ListSystemsOfIdentity,
    ListUnmanagedAccessGroups, ListUnmanagedAcsUsers, ListUserIdentities, ListUsersInGroup,
    ListUsersOfIdentity, Operation, RemoveUser, Reply, RevokeAccessToAllEntrances, SuspendAcsUser,
    UnlinkAcsUser, UnsuspendAcsUser, UpdateAcsUser, UpdateUserIdentity,
};
pub use page::{Page, PageCursor, PageRequest, PageWalk, Position};
pub use patch::Patch;
pub use pending::{
    AccessGroupChange, AcsUserChange, CredentialSide, DeferredVariant, EntranceSide, GroupSide,
    PendingMutation, ScheduleSide, SuspensionSide, Update, UserSide,
};
pub use ports::{
    AccessGroupPort, AcsUserPort, BlockingAccessGroupPort, BlockingAcsUserPort,
    BlockingDirectoryPort, BlockingPorts, BlockingUserIdentityPort, DirectoryPort, Ports,
    UserIdentityPort, dispatch, dispatch_blocking,
};
#[cfg(feature = "mock")]
pub use ports::{
    MockAccessGroupPort, MockAcsUserPort, MockBlockingAccessGroupPort, MockBlockingAcsUserPort,
    MockBlockingDirectoryPort, MockBlockingUserIdentityPort, MockDirectoryPort,
    MockUserIdentityPort,
};
pub use resource::{
    AccessGroup, AcsSystem, AcsUser, Entrance, Extra, Location, NO_CONNECTED_ACCOUNT, UserIdentity,
    Workspace,
};
pub use schedule::{AccessSchedule, SchedulePhase};
pub use selector::{AcsUserSelector, UserIdentitySelector};
pub use text::{
    CustomerKey, EmailAddress, ParseTextError, PersonName, TextProblem, UserIdentityKey,
};
pub use timestamp::{ParseTimestampError, Timestamp};
pub use user_ref::UserRef;
