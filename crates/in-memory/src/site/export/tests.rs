use access_groups_core::{Workspace, WorkspaceId};

use super::*;
use crate::{BlockingInMemory, SiteBuilder};

/// Exports while `meanwhile` changes the store at each step.
fn exported(
    memory: &BlockingInMemory,
    mut meanwhile: impl FnMut(&mut State, &str, usize),
) -> Export {
    export_over(memory, &mut |step| {
        memory.update(|state| meanwhile(state, step.part, step.done));
    })
    .expect("exported")
}

fn check(site: &SiteBuilder, expected: &State) {
    let export = exported(&site.build_blocking(), |_, _, _| ());
    assert_eq!(export.left_out, Vec::<String>::new());
    assert_eq!(export.state.to_site_json(), expected.to_site_json());
    assert_eq!(&export.state, expected);
}

/// Two systems with every kind of resource and reference.
fn building() -> SiteBuilder {
    let mut site = SiteBuilder::new();
    let [ada, grace] = site.users(["Ada", "Grace"]);
    let [gym, pool] = site.groups(["Gym", "Pool"]);
    let [gym_door, side_door] = site.entrances(["Gym Door", "Side Door"]);
    site.members(gym, [ada, grace]).opens(gym, [gym_door]);
    site.opens(pool, [side_door]);
    site.grant(ada, [side_door]).suspend(grace);
    site.new_system("West");
    let west = site.user("Ada");
    site.identity("Ada King", [ada, west]);
    site
}

#[test]
fn everything_listed_is_exported() {
    check(&building(), &building().build_state());
    check(&SiteBuilder::new(), &State::new());
}

#[test]
fn known_workspaces_are_exported() {
    let id = WorkspaceId::from_u128(7);
    for name in ["North", ""] {
        let mut site = SiteBuilder::in_workspace(Workspace::new(id, name));
        check(&site, &site.build_state());
        site.user("Ada");
        let export = exported(&site.build_blocking(), |_, _, _| ());
        let shown = site.build_state().workspace_or_default();
        assert_eq!(export.state.workspace_or_default(), shown);
    }
}

#[test]
fn grants_covered_by_a_group_are_invisible() {
    let covered = |granted| {
        let mut site = SiteBuilder::new();
        let (ada, gym, door) = (site.user("Ada"), site.group("Gym"), site.entrance("Door"));
        site.members(gym, [ada]).opens(gym, [door]);
        if granted {
            site.grant(ada, [door]);
        }
        site
    };
    check(&covered(true), &covered(false).build_state());
}

#[test]
fn concurrent_deletions_are_left_out_silently() {
    let memory = building().build_blocking();
    let whole = memory.snapshot();
    let gone = whole.acs_users().map(|user| user.acs_user_id).min();
    let gone = gone.expect("a user");
    let export = exported(&memory, |state, what, done| {
        if (what, done) == ("groups", 0) {
            let all = AccessGroupFilter::new();
            let first = state.access_groups(&all).next();
            let first = first.expect("a group").acs_access_group_id;
            state.delete_group(first).expect("there");
        }
        if (what, done) == ("what users can open", 0) {
            state.delete_user(gone).expect("there");
        }
    });
    assert_eq!(export.left_out, Vec::<String>::new());
    assert_eq!(
        export.state.acs_users().count(),
        whole.acs_users().count() - 1
    );
    assert_eq!(export.state.groups_of(gone).count(), 0);
    let all = AccessGroupFilter::new();
    let groups = export.state.access_groups(&all).count();
    assert_eq!(groups, whole.access_groups(&all).count() - 1);
    let text = export.state.to_site_json();
    State::from_site_json(&text).expect("a sound site file");
}

#[test]
fn concurrent_creations_are_left_out_and_reported() {
    let memory = building().build_blocking();
    let before = memory.snapshot();
    let late = AcsUserId::from_u128(99);
    let export = exported(&memory, |state, what, done| {
        if (what, done) == ("groups", 0) {
            let all = AccessGroupFilter::new();
            let group = state.access_groups(&all).next().expect("a group").clone();
            let user = AcsUser::new(late, group.acs_system_id, "Late");
            state.insert_user(user).expect("new");
            state
                .add_user(late, group.acs_access_group_id)
                .expect("of one system");
        }
    });
    assert_eq!(export.state, before);
    let [reported] = export.left_out.as_slice() else {
        panic!("one reference is left out: {:?}", export.left_out);
    };
    assert!(reported.contains(&late.to_string()), "{reported}");
}

#[test]
fn progress_counts_resources_of_each_part() {
    let memory = building().build_blocking();
    let mut steps = Vec::new();
    export_over(&memory, &mut |step| {
        steps.push((step.part, step.done, step.total))
    })
    .expect("exported");
    for step in [
        ("users", 2, None),
        ("groups", 1, Some(2)),
        ("what users can open", 2, Some(3)),
    ] {
        assert!(steps.contains(&step), "{step:?}: {steps:?}");
    }
}

#[test]
fn a_pending_removal_explains_access() {
    let mut site = SiteBuilder::new();
    let (ada, gym, door) = (site.user("Ada"), site.group("Gym"), site.entrance("Door"));
    site.members(gym, [ada]).opens(gym, [door]);
    let mut state = site.build_state();
    state.set_propagation(crate::PropagationMode::Manual);
    state.remove_user(ada, gym).expect("a member");
    assert!(is_explained(&state, ada, &[gym]));
    state.propagate_all();
    assert!(!is_explained(&state, ada, &[gym]));
    assert!(!is_explained(&state, AcsUserId::from_u128(404), &[gym]));
}

/// A store that does not list what users can open.
struct Silent(BlockingInMemory);

impl BlockingAccessGroupPort for Silent {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        match operation {
            Operation::ListEntrancesOfUser(_) => Err(Error::unsupported_operation(&operation)),
            other => self.0.call(other, context),
        }
    }
}

#[test]
fn an_adapter_without_grants_is_exported() {
    let memory = building().build_blocking();
    let export = export_over(&Silent(memory.clone()), &mut |_| ()).expect("exported");
    assert_eq!(export.state.grants().count(), 0);
    let memberships = memory.read(|state| state.memberships().count());
    assert_eq!(export.state.memberships().count(), memberships);
}
