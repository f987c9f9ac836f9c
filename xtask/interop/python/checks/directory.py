import seam as sdk

from harness import equal, ids, refused, same, that
from site_file import UNKNOWN


def run(world):
    harness, site = world.harness, world.site
    row = harness.row
    acs = world.seam.acs
    entrances, systems, users = acs.entrances, acs.systems, acs.users
    east, west = site.system("East"), site.system("West")

    def unknown(code, call):
        refused(sdk.SeamHttpApiError, 404, code, call)

    def doors_of(user):
        return ids(users.list_accessible_entrances(acs_user_id=user), "acs_entrance_id")

    def reads_an_entrance():
        roof = site.entrance("Roof Terrace", east)
        read = entrances.get(acs_entrance_id=roof.acs_entrance_id)
        equal(read.display_name, "Roof Terrace", "name")
        equal(read.acs_system_id, east.acs_system_id, "system")
        equal(read.connected_account_id, east.connected_account_id, "account")
        equal(read.errors, [], "errors")

    def says_how_it_is_unlocked():
        roof = site.entrance("Roof Terrace", east)
        read = entrances.get(acs_entrance_id=roof.acs_entrance_id)
        for by in ("card", "code", "mobile_key"):
            key = f"can_unlock_with_{by}"
            harness.needs_field(read, key)
            equal(getattr(read, key), getattr(roof, key, None), key)

    row("/acs/entrances/get", entrances.get, {
        "reads what the site says": reads_an_entrance,
        "says how it is unlocked": says_how_it_is_unlocked,
        "an unknown one is not found": lambda: unknown(
            "acs_entrance_not_found", lambda: entrances.get(acs_entrance_id=UNKNOWN)
        ),
    })

    def listed(**filters):
        for parameter in filters:
            harness.needs(entrances.list, parameter)
        return ids(entrances.list(**filters), "acs_entrance_id")

    def of_system(system):
        return [
            it.acs_entrance_id
            for it in site.entrances
            if it.acs_system_id == system.acs_system_id
        ]

    row("/acs/entrances/list", entrances.list, {
        "all of them": lambda: same(listed(), ids(site.entrances, "acs_entrance_id"), "doors"),
        "of a system": lambda: same(
            listed(acs_system_id=west.acs_system_id), of_system(west), "doors"
        ),
        "by part of a name": lambda: same(
            listed(search="boiler"),
            [site.entrance("Boiler Room", west).acs_entrance_id],
            "doors",
        ),
        "of an account": lambda: same(
            listed(connected_account_id=east.connected_account_id), of_system(east), "doors"
        ),
    })

    def opens_it_to_a_user():
        joan = users.create(acs_system_id=west.acs_system_id, full_name="Joan Clarke").acs_user_id
        dock = site.entrance("Loading Dock", west).acs_entrance_id
        entrances.grant_access(acs_user_id=joan, acs_entrance_id=dock)
        entrances.grant_access(acs_user_id=joan, acs_entrance_id=dock)
        same(doors_of(joan), [dock], "doors")
        equal(acs.access_groups.list(acs_user_id=joan), [], "groups")

    def opens_it_to_an_identity():
        identity = site.identity.user_identity_id
        roof = site.entrance("Roof Terrace", east).acs_entrance_id
        entrances.grant_access(user_identity_id=identity, acs_entrance_id=roof)
        marta = users.get(user_identity_id=identity, acs_system_id=east.acs_system_id)
        that(roof in doors_of(marta.acs_user_id), "the grant counts")

    row("/acs/entrances/grant_access", entrances.grant_access, {
        "opens it to a user, without a membership": opens_it_to_a_user,
        "opens it to an identity": opens_it_to_an_identity,
        "of an unknown entrance is not found": lambda: unknown(
            "acs_entrance_not_found",
            lambda: entrances.grant_access(
                acs_user_id=site.user("Keiko Sato").acs_user_id, acs_entrance_id=UNKNOWN
            ),
        ),
    })

    def reads_a_system():
        read = systems.get(acs_system_id=east.acs_system_id)
        for key in ("name", "external_type", "connected_account_id"):
            equal(getattr(read, key), getattr(east, key), key)
        equal(read.connected_account_ids, [east.connected_account_id], "its old accounts")
        equal(read.system_type, read.external_type, "its old type")
        equal(read.workspace_id, site.workspace.workspace_id, "workspace")

    row("/acs/systems/get", systems.get, {
        "reads what the site says": reads_a_system,
        "an unknown one is not found": lambda: unknown(
            "acs_system_not_found", lambda: systems.get(acs_system_id=UNKNOWN)
        ),
    })

    def names(**filters):
        for parameter in filters:
            harness.needs(systems.list, parameter)
        return ids(systems.list(**filters), "name")

    row("/acs/systems/list", systems.list, {
        "all of them": lambda: same(names(), ids(site.systems, "name"), "systems"),
        "by part of a name": lambda: same(names(search="west"), [west.name], "systems"),
        "of an account": lambda: same(
            names(connected_account_id=east.connected_account_id), [east.name], "systems"
        ),
    })

    def the_one_of_the_key():
        read = world.seam.workspaces.get()
        for key in ("workspace_id", "name", "company_name", "is_sandbox"):
            equal(getattr(read, key), getattr(site.workspace, key), key)

    row("/workspaces/get", world.seam.workspaces.get, {"the one of the key": the_one_of_the_key})
