import seam as sdk

from harness import equal, ids, refused, same, that
from site_file import UNKNOWN


def run(world):
    harness, site = world.harness, world.site
    row = harness.row
    identities, users = world.seam.user_identities, world.seam.acs.users
    east, west = site.system("East").acs_system_id, site.system("West").acs_system_id
    caretaker = site.identity.user_identity_id

    def unknown(call):
        refused(sdk.SeamHttpApiError, 404, "user_identity_not_found", call)

    def created(**fields):
        return identities.create(**fields).user_identity_id

    def someone(full_name):
        return users.create(acs_system_id=west, full_name=full_name).acs_user_id

    def users_of(identity):
        return ids(identities.list_acs_users(user_identity_id=identity), "acs_user_id")

    def with_everything():
        wanted = {
            "user_identity_key": "rosalind",
            "full_name": "Rosalind Franklin",
            "email_address": "rosalind@example.com",
            "phone_number": "+442071234567",
        }
        made = identities.create(**wanted, acs_system_ids=[east])
        for key, value in wanted.items():
            equal(getattr(made, key), value, key)
        identity = made.user_identity_id
        user = users.get(user_identity_id=identity, acs_system_id=east)
        equal(user.full_name, "Rosalind Franklin", "her user's name")
        equal(user.user_identity_id, identity, "the link")
        equal(users_of(identity), [user.acs_user_id], "the link, from the other side")

    def with_nothing():
        read = identities.get(user_identity_id=created())
        equal((read.full_name, read.email_address), (None, None), "name and address")

    def a_key_belongs_to_one():
        try:
            identities.create(user_identity_key="caretaker")
        except sdk.SeamHttpApiError as error:
            that(400 <= error.status_code < 500, f"{error.status_code} is 4xx")
        else:
            that(False, "a second one with that key is refused")

    row("/user_identities/create", identities.create, {
        "with everything": with_everything,
        "with nothing": with_nothing,
        "a key belongs to one": a_key_belongs_to_one,
    })

    def by_id():
        read = identities.get(user_identity_id=caretaker)
        for key in ("full_name", "email_address", "phone_number", "user_identity_key"):
            equal(getattr(read, key), getattr(site.identity, key), key)
        equal((read.errors, read.warnings), ([], []), "standing notices")

    def unknown_ones():
        unknown(lambda: identities.get(user_identity_id=UNKNOWN))
        unknown(lambda: identities.get(user_identity_key="no such key"))

    row("/user_identities/get", identities.get, {
        "by id": by_id,
        "by key": lambda: equal(
            identities.get(user_identity_key="caretaker").user_identity_id,
            caretaker,
            "identity",
        ),
        "an unknown one is not found": unknown_ones,
    })

    def by_part_of_a_name():
        harness.needs(identities.list, "search")
        found = identities.list(search="kowalska")
        same(ids(found, "user_identity_id"), [caretaker], "identities")

    row("/user_identities/list", identities.list, {
        "all of them": lambda: that(
            caretaker in ids(identities.list(), "user_identity_id"), "the caretaker is there"
        ),
        "by part of a name": by_part_of_a_name,
    })

    def changes_what_it_names():
        lise = created(full_name="Lise Meitner", phone_number="+431234567")
        identities.update(user_identity_id=lise, full_name="L. Meitner")
        read = identities.get(user_identity_id=lise)
        equal((read.full_name, read.phone_number), ("L. Meitner", "+431234567"), "identity")

    def clears_with_null():
        null = harness.null()
        otto = created(full_name="Otto Hahn", email_address="otto@example.com")
        identities.update(user_identity_id=otto, email_address=null)
        read = identities.get(user_identity_id=otto)
        equal((read.full_name, read.email_address), ("Otto Hahn", None), "identity")

    row("/user_identities/update", identities.update, {
        "changes what it names and nothing else": changes_what_it_names,
        "clears with null": clears_with_null,
        "an unknown one is not found": lambda: unknown(
            lambda: identities.update(user_identity_id=UNKNOWN, full_name="Nobody")
        ),
    })

    def takes_its_users_along():
        emmy = created(full_name="Emmy Noether", acs_system_ids=[west])
        (user,) = users_of(emmy)
        identities.delete(user_identity_id=emmy)
        unknown(lambda: identities.get(user_identity_id=emmy))
        refused(
            sdk.SeamHttpApiError,
            404,
            "acs_user_not_found",
            lambda: users.get(acs_user_id=user),
        )

    row("/user_identities/delete", identities.delete, {
        "takes its users along": takes_its_users_along,
    })

    def links():
        identity, user = created(full_name="Chien-Shiung Wu"), someone("C. S. Wu")
        identities.add_acs_user(user_identity_id=identity, acs_user_id=user)
        identities.add_acs_user(user_identity_id=identity, acs_user_id=user)
        same(users_of(identity), [user], "users")
        read = users.get(acs_user_id=user)
        equal(read.user_identity_id, identity, "identity")
        equal(read.user_identity_full_name, "Chien-Shiung Wu", "identity's name")

    row("/user_identities/add_acs_user", identities.add_acs_user, {
        "links": links,
        "of an unknown user is not found": lambda: refused(
            sdk.SeamHttpApiError,
            404,
            "acs_user_not_found",
            lambda: identities.add_acs_user(user_identity_id=caretaker, acs_user_id=UNKNOWN),
        ),
    })

    def ends_the_link():
        identity, user = created(full_name="Maria Mayer"), someone("M. Mayer")
        identities.add_acs_user(user_identity_id=identity, acs_user_id=user)
        identities.remove_acs_user(user_identity_id=identity, acs_user_id=user)
        same(users_of(identity), [], "users")
        equal(users.get(acs_user_id=user).user_identity_id, None, "identity")

    row("/user_identities/remove_acs_user", identities.remove_acs_user, {
        "ends the link, and both stay": ends_the_link,
    })

    row("/user_identities/list_acs_users", identities.list_acs_users, {
        "those of all systems": lambda: same(
            users_of(caretaker), ids(site.linked(), "acs_user_id"), "users"
        ),
        "of an unknown identity are not found": lambda: unknown(lambda: users_of(UNKNOWN)),
    })

    systems = identities.list_acs_systems
    row("/user_identities/list_acs_systems", systems, {
        "those that know the person": lambda: same(
            ids(systems(user_identity_id=caretaker), "acs_system_id"),
            ids(site.linked(), "acs_system_id"),
            "systems",
        ),
        "of an unknown identity are not found": lambda: unknown(
            lambda: systems(user_identity_id=UNKNOWN)
        ),
    })

    doors = getattr(identities, "list_accessible_entrances", None)

    def those_of_all_their_users():
        found = ids(doors(user_identity_id=caretaker), "acs_entrance_id")
        for user in site.linked():
            expected = site.entrances_of_user(user.acs_user_id)
            that(set(expected) <= set(found), "every door of a group is there")
        equal(len(set(found)), len(found), "each once")

    row("/user_identities/list_accessible_entrances", doors, {
        "those of all their users": those_of_all_their_users,
        "of an unknown identity are not found": lambda: unknown(
            lambda: doors(user_identity_id=UNKNOWN)
        ),
    })
