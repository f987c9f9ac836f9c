from datetime import datetime

import seam as sdk

from harness import equal, ids, refused, same, that
from site_file import UNKNOWN


def run(world):
    site = world.site
    row = world.harness.row
    groups = world.seam.acs.access_groups
    keiko = site.user("Keiko Sato").acs_user_id
    gym = site.group("Gym").acs_access_group_id
    pair = {"acs_user_id": keiko, "acs_access_group_id": gym}

    def is_member():
        return keiko in ids(groups.list_users(acs_access_group_id=gym), "acs_user_id")

    def unknown(code, call):
        refused(sdk.SeamHttpApiError, 404, code, call)

    def makes_a_member():
        that(not is_member(), "she is no member before")
        groups.add_user(**pair)
        that(is_member(), "she is a member")
        same(ids(groups.list(acs_user_id=keiko), "acs_access_group_id"), [gym], "her groups")

    def twice_is_once():
        groups.add_user(**pair)
        groups.add_user(**pair)
        that(is_member(), "she is a member")
        groups.remove_user(**pair)
        that(not is_member(), "one removal ends it")

    row("/acs/access_groups/add_user", groups.add_user, {
        "makes a member": makes_a_member,
        "twice is once": twice_is_once,
        "an unknown user is not found": lambda: unknown(
            "acs_user_not_found",
            lambda: groups.add_user(acs_user_id=UNKNOWN, acs_access_group_id=gym),
        ),
        "an unknown group is not found": lambda: unknown(
            "acs_access_group_not_found",
            lambda: groups.add_user(acs_user_id=keiko, acs_access_group_id=UNKNOWN),
        ),
    })

    def ends_the_membership():
        groups.add_user(**pair)
        groups.remove_user(**pair)
        that(not is_member(), "she is no member")

    def of_nobody():
        before = groups.list_users(acs_access_group_id=gym)
        groups.remove_user(**pair)
        equal(len(groups.list_users(acs_access_group_id=gym)), len(before), "members")

    row("/acs/access_groups/remove_user", groups.remove_user, {
        "ends the membership": ends_the_membership,
        "of nobody changes nothing": of_nobody,
    })

    def reads():
        group = groups.get(acs_access_group_id=gym)
        equal(group.name, "Gym", "name")
        equal(group.acs_system_id, site.group("Gym").acs_system_id, "system")
        equal(group.workspace_id, site.workspace.workspace_id, "workspace")
        equal(group.is_managed, True, "is_managed")
        equal(group.access_group_type, group.external_type, "its old type")
        permits = site.group("Garage Permits").acs_access_group_id
        display_name = groups.get(acs_access_group_id=permits).display_name
        equal(display_name, "Garage Permits 2026-2035", "display name")

    def without_notices():
        group = groups.get(acs_access_group_id=gym)
        for notices in ("errors", "warnings", "pending_mutations"):
            world.harness.needs_field(group, notices)
            equal(getattr(group, notices), [], notices)

    def with_its_schedule():
        permits = site.group("Garage Permits")
        group = groups.get(acs_access_group_id=permits.acs_access_group_id)
        world.harness.needs_field(group, "access_schedule")
        for key in ("starts_at", "ends_at"):
            read = field(group.access_schedule, key)
            expected = getattr(permits.access_schedule, key)
            equal(instant(read), instant(expected), key)

    row("/acs/access_groups/get", groups.get, {
        "reads what the site says": reads,
        "without standing notices": without_notices,
        "with its schedule": with_its_schedule,
        "an unknown one is not found": lambda: unknown(
            "acs_access_group_not_found", lambda: groups.get(acs_access_group_id=UNKNOWN)
        ),
    })

    def names(**filters):
        return ids(groups.list(**filters), "name")

    def by_part_of_a_name():
        world.harness.needs(groups.list, "search")
        same(names(search="residents"), ["East Residents", "West Residents"], "groups")
        same(names(search="no such group"), [], "groups")

    row("/acs/access_groups/list", groups.list, {
        "all of them": lambda: same(names(), ids(site.groups, "name"), "groups"),
        "of a system": lambda: same(
            names(acs_system_id=site.system("East").acs_system_id),
            ["East Caretakers", "East Residents", "Gym", "Pool, Summer 2025"],
            "groups",
        ),
        "of a user": lambda: same(
            names(acs_user_id=site.user("Amara Okafor").acs_user_id),
            ["East Residents", "Gym"],
            "groups",
        ),
        "of an identity": lambda: same(
            names(user_identity_id=site.identity.user_identity_id),
            ["East Caretakers", "West Caretakers"],
            "groups",
        ),
        "by part of a name": by_part_of_a_name,
    })

    residents = site.group("East Residents")
    east = residents.acs_access_group_id
    row("/acs/access_groups/list_users", groups.list_users, {
        "everybody, suspended or not": lambda: same(
            ids(groups.list_users(acs_access_group_id=east), "acs_user_id"),
            site.members_of(residents),
            "members",
        ),
        "of an unknown group is not found": lambda: unknown(
            "acs_access_group_not_found",
            lambda: groups.list_users(acs_access_group_id=UNKNOWN),
        ),
    })

    doors = groups.list_accessible_entrances
    row("/acs/access_groups/list_accessible_entrances", doors, {
        "its doors": lambda: same(
            ids(doors(acs_access_group_id=east), "acs_entrance_id"),
            site.entrances_of(east),
            "doors",
        ),
        "of an unknown group are not found": lambda: unknown(
            "acs_access_group_not_found", lambda: doors(acs_access_group_id=UNKNOWN)
        ),
    })

    unmanaged = getattr(groups, "unmanaged", None)
    row("/acs/access_groups/unmanaged/get", getattr(unmanaged, "get", None), {
        "there are none": lambda: unknown(
            "acs_access_group_not_found", lambda: unmanaged.get(acs_access_group_id=gym)
        ),
    })
    row("/acs/access_groups/unmanaged/list", getattr(unmanaged, "list", None), {
        "there are none": lambda: equal(unmanaged.list(), [], "groups"),
    })


def field(schedule, key):
    """Of a schedule, which is an object in one version and a dict in another."""
    return schedule[key] if isinstance(schedule, dict) else getattr(schedule, key)


def instant(text):
    return datetime.fromisoformat(text)
