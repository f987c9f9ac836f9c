"""Membership beyond one call: suspended users, systems, identities."""

import seam as sdk

from harness import equal, ids, refused, same, that
from site_file import UNKNOWN


def run(world):
    site = world.site
    row = world.harness.row
    groups, users = world.seam.acs.access_groups, world.seam.acs.users
    identities = world.seam.user_identities
    add_user = groups.add_user
    east, west = site.system("East").acs_system_id, site.system("West").acs_system_id
    bikes = site.group("Bike Room").acs_access_group_id

    def members(group):
        return ids(groups.list_users(acs_access_group_id=group), "acs_user_id")

    def like_any_others():
        samuel = site.user("Samuel Adeyemi").acs_user_id
        groups.add_user(acs_user_id=samuel, acs_access_group_id=bikes)
        that(samuel in members(bikes), "he is a member")
        equal(users.get(acs_user_id=samuel).is_suspended, True, "suspended")
        groups.remove_user(acs_user_id=samuel, acs_access_group_id=bikes)
        that(samuel not in members(bikes), "he is no member")

    row("suspended users join, stay and leave", add_user, {"like any others": like_any_others})

    def are_refused():
        stranger = site.user("Keiko Sato").acs_user_id
        refused(
            sdk.SeamHttpApiError,
            400,
            "invalid_input",
            lambda: groups.add_user(acs_user_id=stranger, acs_access_group_id=bikes),
        )
        that(stranger not in members(bikes), "she is no member")

    row("user and group of two systems", add_user, {"are refused": are_refused})

    def and_leaves_as_them():
        identity = site.identity.user_identity_id
        (marta,) = [it.acs_user_id for it in site.linked() if it.acs_system_id == west]
        groups.add_user(user_identity_id=identity, acs_access_group_id=bikes)
        that(marta in members(bikes), "she is a member")
        groups.remove_user(user_identity_id=identity, acs_access_group_id=bikes)
        that(marta not in members(bikes), "she is no member")

    row("an identity joins as its user", add_user, {
        "and leaves as them": and_leaves_as_them,
        "an unknown one is not found": lambda: refused(
            sdk.SeamHttpApiError,
            404,
            "user_identity_not_found",
            lambda: groups.add_user(user_identity_id=UNKNOWN, acs_access_group_id=bikes),
        ),
    })

    def by_e_mail_address():
        address = "hedy@example.com"
        hedy = users.create(
            acs_system_id=west, full_name="H. Lamarr", email_address=address
        ).acs_user_id
        identity = identities.create(email_address=address).user_identity_id
        groups.add_user(user_identity_id=identity, acs_access_group_id=bikes)
        that(hedy in members(bikes), "she is a member")
        equal(users.get(acs_user_id=hedy).user_identity_id, identity, "identity")

    def by_phone_number():
        number = "+15555550177"
        rita = users.create(
            acs_system_id=east, full_name="R. Levi-Montalcini", phone_number=number
        ).acs_user_id
        identity = identities.create(phone_number=number).user_identity_id
        gym = site.group("Gym").acs_access_group_id
        groups.add_user(user_identity_id=identity, acs_access_group_id=gym)
        that(rita in members(gym), "she is a member")

    row("an identity is linked when it joins", add_user, {
        "by e-mail address": by_e_mail_address,
        "by phone number": by_phone_number,
    })

    def if_nobody_is_like_it():
        identity = identities.create(full_name="Vera Rubin").user_identity_id
        groups.add_user(user_identity_id=identity, acs_access_group_id=bikes)
        (user,) = users.list(user_identity_id=identity)
        equal((user.full_name, user.acs_system_id), ("Vera Rubin", west), "user")
        that(user.acs_user_id in members(bikes), "she is a member")

    def leaving_makes_none():
        identity = identities.create(full_name="Jocelyn Bell").user_identity_id
        groups.remove_user(user_identity_id=identity, acs_access_group_id=bikes)
        same(ids(users.list(user_identity_id=identity), "acs_user_id"), [], "users")

    row("an identity gets a user when it joins", add_user, {
        "if nobody is like it": if_nobody_is_like_it,
        "leaving makes none": leaving_makes_none,
    })
