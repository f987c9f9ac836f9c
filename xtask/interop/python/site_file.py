"""What the site file says: the driver's own oracle, which the server has no part in."""

import json
from types import SimpleNamespace

UNKNOWN = "00000000-0000-4000-8000-000000000000"


class SiteFile:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            site = json.load(file, object_hook=lambda fields: SimpleNamespace(**fields))
        self.workspace = site.workspace
        self.systems = site.acs_systems
        self.groups = site.acs_access_groups
        self.users = site.acs_users
        self.entrances = site.acs_entrances
        self._memberships = site.memberships
        self._group_entrances = site.group_entrances
        self.identity = _only(site.user_identities, lambda _: True)

    def system(self, part):
        return _only(self.systems, lambda it: part in it.name)

    def group(self, name):
        return _only(self.groups, lambda it: it.name == name)

    def user(self, name):
        return _only(self.users, lambda it: it.full_name == name)

    def entrance(self, name, system):
        return _only(
            self.entrances,
            lambda it: it.display_name == name and it.acs_system_id == system.acs_system_id,
        )

    def linked(self):
        """The users of the one identity."""
        return [it for it in self.users if hasattr(it, "user_identity_id")]

    def members_of(self, group):
        return [
            it.acs_user_id
            for it in self._memberships
            if it.acs_access_group_id == group.acs_access_group_id
        ]

    def groups_of(self, acs_user_id):
        return [
            it.acs_access_group_id for it in self._memberships if it.acs_user_id == acs_user_id
        ]

    def entrances_of(self, group):
        return [
            it.acs_entrance_id for it in self._group_entrances if it.acs_access_group_id == group
        ]

    def entrances_of_user(self, acs_user_id):
        groups = self.groups_of(acs_user_id)
        return list({door for group in groups for door in self.entrances_of(group)})


def _only(rows, is_it):
    (found,) = filter(is_it, rows)
    return found
