import seam as sdk

from checks.access_groups import field, instant
from harness import equal, ids, refused, same, that
from site_file import UNKNOWN

START = "2026-01-01T00:00:00.000Z"
END = "2036-01-01T00:00:00.000Z"


def run(world):
    harness, site = world.harness, world.site
    row = harness.row
    groups, users = world.seam.acs.access_groups, world.seam.acs.users
    east = site.system("East").acs_system_id
    gym = site.group("Gym").acs_access_group_id
    keiko = site.user("Keiko Sato").acs_user_id
    identity = site.identity.user_identity_id
    marta = {"user_identity_id": identity, "acs_system_id": east}
    (marta_id,) = [it.acs_user_id for it in site.linked() if it.acs_system_id == east]

    def unknown(call):
        refused(sdk.SeamHttpApiError, 404, "acs_user_not_found", call)

    def groups_of(user):
        return ids(groups.list(acs_user_id=user), "acs_access_group_id")

    def someone(full_name, **more):
        return users.create(acs_system_id=east, full_name=full_name, **more).acs_user_id

    def makes_a_member():
        same(groups_of(keiko), [], "groups before")
        users.add_to_access_group(acs_user_id=keiko, acs_access_group_id=gym)
        same(groups_of(keiko), [gym], "groups")

    row("/acs/users/add_to_access_group", users.add_to_access_group, {
        "makes a member": makes_a_member,
        "an unknown user is not found": lambda: unknown(
            lambda: users.add_to_access_group(acs_user_id=UNKNOWN, acs_access_group_id=gym)
        ),
    })

    def ends_the_membership():
        users.add_to_access_group(acs_user_id=keiko, acs_access_group_id=gym)
        users.remove_from_access_group(acs_user_id=keiko, acs_access_group_id=gym)
        same(groups_of(keiko), [], "groups")

    def by_identity():
        users.add_to_access_group(acs_user_id=marta_id, acs_access_group_id=gym)
        that(gym in groups_of(marta_id), "she is a member")
        users.remove_from_access_group(user_identity_id=identity, acs_access_group_id=gym)
        that(gym not in groups_of(marta_id), "she is no member")

    row("/acs/users/remove_from_access_group", users.remove_from_access_group, {
        "ends the membership": ends_the_membership,
        "by identity": by_identity,
    })

    def with_everything():
        made = users.create(
            acs_system_id=east,
            full_name="Ada Lovelace",
            email_address="ada@example.com",
            phone_number="+15555550100",
            acs_access_group_ids=[gym],
            access_schedule={"starts_at": START, "ends_at": END},
        )
        read = users.get(acs_user_id=made.acs_user_id)
        equal(read, made, "the user as created and as read")
        equal(read.full_name, "Ada Lovelace", "name")
        equal((read.email_address, read.email), ("ada@example.com",) * 2, "e-mail")
        equal(read.phone_number, "+15555550100", "phone")
        equal(instant(field(read.access_schedule, "ends_at")), instant(END), "end")
        equal(read.workspace_id, site.workspace.workspace_id, "workspace")
        same(groups_of(made.acs_user_id), [gym], "groups")

    def with_a_name_only():
        grace = someone("Grace Hopper")
        equal(users.get(acs_user_id=grace).full_name, "Grace Hopper", "name")
        same(groups_of(grace), [], "groups")

    row("/acs/users/create", users.create, {
        "with everything": with_everything,
        "with a name only": with_a_name_only,
        "in an unknown system is not found": lambda: refused(
            sdk.SeamHttpApiError,
            404,
            "acs_system_not_found",
            lambda: users.create(acs_system_id=UNKNOWN, full_name="Nobody"),
        ),
    })

    def reads():
        chloe = site.user("Chloe Nguyen")
        user = users.get(acs_user_id=chloe.acs_user_id)
        for key in ("full_name", "email_address", "phone_number", "external_type"):
            equal(getattr(user, key), getattr(chloe, key), key)
        equal(user.is_managed, True, "is_managed")
        equal((user.errors, user.warnings), ([], []), "standing notices")

    row("/acs/users/get", users.get, {
        "reads what the site says": reads,
        "by identity and system": lambda: equal(
            users.get(**marta).acs_user_id, marta_id, "user"
        ),
        "an unknown one is not found": lambda: unknown(lambda: users.get(acs_user_id=UNKNOWN)),
    })

    def listed(**filters):
        return ids(users.list(**filters), "acs_user_id")

    def everybody():
        all_of_them = listed()
        that(
            all(it.acs_user_id in all_of_them for it in site.users),
            "everybody of the site is there",
        )

    def of_a_system():
        west = site.system("West").acs_system_id
        expected = [it.acs_user_id for it in site.users if it.acs_system_id == west]
        same(listed(acs_system_id=west), expected, "users")

    def of_an_identity():
        expected = ids(site.linked(), "acs_user_id")
        same(listed(user_identity_id=identity), expected, "users")
        address = site.identity.email_address
        same(listed(user_identity_email_address=address), expected, "users")

    row("/acs/users/list", users.list, {
        "everybody": everybody,
        "of a system": of_a_system,
        "of an identity": of_an_identity,
        "by part of a name": lambda: same(
            listed(search="tanaka"), [site.user("Hiroshi Tanaka").acs_user_id], "users"
        ),
        "at most so many": lambda: equal(len(listed(limit=3)), 3, "users"),
    })

    def changes_what_it_names():
        edith = someone("Edith Clarke", phone_number="+15555550101")
        users.update(acs_user_id=edith, full_name="Edith C.", email_address="edith@example.com")
        user = users.get(acs_user_id=edith)
        equal(
            (user.full_name, user.email_address, user.phone_number),
            ("Edith C.", "edith@example.com", "+15555550101"),
            "user",
        )

    def set_schedule(user):
        users.update(acs_user_id=user, access_schedule={"starts_at": START, "ends_at": END})
        return instant(field(users.get(acs_user_id=user).access_schedule, "ends_at"))

    def clears_a_schedule():
        null = harness.null()
        katherine = someone("Katherine Johnson")
        set_schedule(katherine)
        users.update(acs_user_id=katherine, access_schedule=null)
        equal(users.get(acs_user_id=katherine).access_schedule, None, "schedule")

    def updates_by_identity():
        users.update(**marta, phone_number="+14165550199")
        equal(users.get(**marta).phone_number, "+14165550199", "phone")

    row("/acs/users/update", users.update, {
        "changes what it names and nothing else": changes_what_it_names,
        "sets a schedule": lambda: equal(
            set_schedule(someone("Mary Jackson")), instant(END), "end"
        ),
        "clears a schedule with null": clears_a_schedule,
        "by identity and system": updates_by_identity,
        "an unknown one is not found": lambda: unknown(
            lambda: users.update(acs_user_id=UNKNOWN, full_name="Nobody")
        ),
    })

    suspensions(world, someone, groups_of, unknown, marta)
    doors(world, someone, groups_of, unknown, marta, marta_id)

    unmanaged = getattr(users, "unmanaged", None)
    row("/acs/users/unmanaged/get", getattr(unmanaged, "get", None), {
        "there are none": lambda: unknown(lambda: unmanaged.get(acs_user_id=keiko)),
    })
    row("/acs/users/unmanaged/list", getattr(unmanaged, "list", None), {
        "there are none": lambda: equal(unmanaged.list(), [], "users"),
    })


def suspensions(world, someone, groups_of, unknown, marta):
    site, users = world.site, world.seam.acs.users
    gym = site.group("Gym").acs_access_group_id

    def is_suspended(call, **user):
        call(**user)
        return users.get(**user).is_suspended or False

    def shows():
        annie = someone("Annie Easley", acs_access_group_ids=[gym])
        equal(is_suspended(users.suspend, acs_user_id=annie), True, "suspended")
        equal(is_suspended(users.suspend, acs_user_id=annie), True, "suspended twice")
        same(groups_of(annie), [gym], "groups")

    def by_identity():
        equal(is_suspended(users.suspend, **marta), True, "suspended")
        users.unsuspend(**marta)

    world.harness.row("/acs/users/suspend", users.suspend, {
        "shows, and membership stays": shows,
        "by identity and system": by_identity,
        "an unknown one is not found": lambda: unknown(
            lambda: users.suspend(acs_user_id=UNKNOWN)
        ),
    })

    def ends_it():
        farid = site.user("Farid Haddad").acs_user_id
        equal(users.get(acs_user_id=farid).is_suspended, True, "suspended before")
        equal(is_suspended(users.unsuspend, acs_user_id=farid), False, "suspended")
        equal(is_suspended(users.unsuspend, acs_user_id=farid), False, "suspended")
        users.suspend(acs_user_id=farid)

    world.harness.row("/acs/users/unsuspend", users.unsuspend, {
        "ends it": ends_it,
        "an unknown one is not found": lambda: unknown(
            lambda: users.unsuspend(acs_user_id=UNKNOWN)
        ),
    })


def doors(world, someone, groups_of, unknown, marta, marta_id):
    site, users = world.site, world.seam.acs.users
    gym = site.group("Gym").acs_access_group_id

    def doors_of(**user):
        return ids(users.list_accessible_entrances(**user), "acs_entrance_id")

    def those_of_all_groups():
        amara = site.user("Amara Okafor").acs_user_id
        same(doors_of(acs_user_id=amara), site.entrances_of_user(amara), "doors")

    world.harness.row(
        "/acs/users/list_accessible_entrances", users.list_accessible_entrances, {
            "those of all groups, each once": those_of_all_groups,
            "by identity and system": lambda: same(
                doors_of(**marta), site.entrances_of_user(marta_id), "doors"
            ),
            "of an unknown user are not found": lambda: unknown(
                lambda: doors_of(acs_user_id=UNKNOWN)
            ),
        }
    )

    def ends_memberships_and_grants():
        dorothy = someone("Dorothy Vaughan", acs_access_group_ids=[gym])
        laundry = site.entrance("Laundry", site.system("East")).acs_entrance_id
        world.seam.acs.entrances.grant_access(acs_user_id=dorothy, acs_entrance_id=laundry)
        that(laundry in doors_of(acs_user_id=dorothy), "the grant counts")
        users.revoke_access_to_all_entrances(acs_user_id=dorothy)
        same(doors_of(acs_user_id=dorothy), [], "doors")
        same(groups_of(dorothy), [], "groups")

    world.harness.row(
        "/acs/users/revoke_access_to_all_entrances", users.revoke_access_to_all_entrances, {
            "ends memberships and grants": ends_memberships_and_grants,
            "of an unknown user is not found": lambda: unknown(
                lambda: users.revoke_access_to_all_entrances(acs_user_id=UNKNOWN)
            ),
        }
    )
