"""Who asks, and what they see: keys, personal access tokens, client sessions."""

import seam as sdk

from harness import equal, ids, refused, same, that
from site_file import UNKNOWN


def run(world):
    harness, settings, site = world.harness, world.settings, world.site
    row = harness.row
    token = settings.personal_access_token
    from_token = sdk.Seam.from_personal_access_token
    keiko = site.user("Keiko Sato").acs_user_id
    gym = site.group("Gym").acs_access_group_id

    def unauthorized(call):
        refused(sdk.SeamHttpUnauthorizedError, 401, "unauthorized", call)

    def as_person(workspace):
        return harness.watch(from_token(token, workspace, endpoint=settings.endpoint))

    def reads_and_changes():
        workspace = site.workspace.workspace_id
        seam = as_person(workspace)
        equal(seam.workspaces.get().workspace_id, workspace, "workspace")
        seam.acs.users.add_to_access_group(acs_user_id=keiko, acs_access_group_id=gym)
        groups = seam.acs.access_groups.list(acs_user_id=keiko)
        same(ids(groups, "acs_access_group_id"), [gym], "groups")
        seam.acs.users.remove_from_access_group(acs_user_id=keiko, acs_access_group_id=gym)

    row("personal access token with its workspace", from_token, {
        "reads and changes": reads_and_changes,
    })

    # The same class under the name of each version.
    without_workspace = getattr(sdk, "SeamWithoutWorkspace", None) or sdk.SeamMultiWorkspace

    def is_refused_without():
        seam = without_workspace.from_personal_access_token(token, endpoint=settings.endpoint)
        client = harness.watch(seam).client
        unauthorized(lambda: client.get("/workspaces/get"))
        unauthorized(lambda: client.get("/acs/users/list"))

    row("personal access token without a workspace", without_workspace, {
        "is refused": is_refused_without,
    })

    def is_refused_for_another():
        for workspace in (settings.other_workspace_id, UNKNOWN):
            unauthorized(as_person(workspace).workspaces.get)

    row("personal access token for another workspace", from_token, {
        "is refused": is_refused_for_another,
    })

    def sees_its_own_and_nothing_else():
        seam = world.connect(settings.other_api_key)
        users = seam.acs.users
        other = settings.other_workspace_id
        equal(seam.workspaces.get().workspace_id, other, "workspace")
        that(
            all(it.workspace_id == other for it in users.list()),
            "every user is of that workspace",
        )
        for call in (
            lambda: users.get(acs_user_id=keiko),
            lambda: users.add_to_access_group(acs_user_id=keiko, acs_access_group_id=gym),
        ):
            refused(sdk.SeamHttpApiError, 404, "acs_user_not_found", call)

    row("the key of another workspace", sdk.Seam.from_api_key, {
        "sees its own and nothing else": sees_its_own_and_nothing_else,
    })

    row("client session token", getattr(sdk.Seam, "from_client_session_token", None), {})
