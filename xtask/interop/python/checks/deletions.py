import seam as sdk

from harness import ids, refused, same, that


def run(world):
    site = world.site
    row = world.harness.row
    groups, users = world.seam.acs.access_groups, world.seam.acs.users

    def gone(code, call):
        refused(sdk.SeamHttpApiError, 404, code, call)

    pool = site.group("Pool, Summer 2025")
    pool_id = pool.acs_access_group_id
    delete = getattr(groups, "delete", None)

    def takes_the_memberships_along():
        swimmer = site.members_of(pool)[0]
        delete(acs_access_group_id=pool_id)
        gone("acs_access_group_not_found", lambda: groups.get(acs_access_group_id=pool_id))
        left = [group for group in site.groups_of(swimmer) if group != pool_id]
        same(ids(groups.list(acs_user_id=swimmer), "acs_access_group_id"), left, "groups")
        users.get(acs_user_id=swimmer)

    row("/acs/access_groups/delete", delete, {
        "takes the memberships along, and nobody": takes_the_memberships_along,
        "twice is not found": lambda: gone(
            "acs_access_group_not_found", lambda: delete(acs_access_group_id=pool_id)
        ),
    })

    hiroshi = site.user("Hiroshi Tanaka").acs_user_id

    def deletes():
        group = site.groups_of(hiroshi)[0]
        users.delete(acs_user_id=hiroshi)
        gone("acs_user_not_found", lambda: users.get(acs_user_id=hiroshi))
        members = ids(groups.list_users(acs_access_group_id=group), "acs_user_id")
        that(hiroshi not in members, "he is no member")

    def by_identity_and_system():
        identity = site.identity.user_identity_id
        users.delete(
            user_identity_id=identity, acs_system_id=site.system("West").acs_system_id
        )
        left = ids(users.list(user_identity_id=identity), "acs_system_id")
        same(left, [site.system("East").acs_system_id], "systems")

    row("/acs/users/delete", users.delete, {
        "takes the memberships along": deletes,
        "twice is not found": lambda: gone(
            "acs_user_not_found", lambda: users.delete(acs_user_id=hiroshi)
        ),
        "by identity and system": by_identity_and_system,
    })
