"""Adds a new person to a group with Seam's SDK, and survives a server that fails.

    SEAM_API_KEY=… SEAM_ENDPOINT=http://127.0.0.1:3030 python add_user.py
"""

import httpx
from seam import Seam
from seam.exceptions import SeamHttpApiError

NAME, ADDRESS, GROUP = "Noor Haddad", "noor.haddad@example.com", "Gym"


def main():
    seam = Seam()
    # Reads, and changes that may be made twice, are repeated by the SDK: after 429 and 5xx, and
    # when the connection breaks.
    groups = seam.acs.access_groups.list()
    (group,) = (group for group in groups if group.name == GROUP)
    user, attempts = found_or_created(seam, group.acs_system_id)
    print(f"{NAME} is there after {attempts} attempts")
    seam.acs.users.add_to_access_group(
        acs_user_id=user.acs_user_id, acs_access_group_id=group.acs_access_group_id
    )
    members = seam.acs.access_groups.list_users(acs_access_group_id=group.acs_access_group_id)
    count = sum(member.acs_user_id == user.acs_user_id for member in members)
    print(f"members of {GROUP} who are {NAME}: {count}")


def found_or_created(seam, acs_system_id, most_attempts=3):
    """The user with the address. The SDK does not repeat a creation, since a second one would
    create a second user: whoever gets no answer looks first whether the user is there."""
    for attempt in range(1, most_attempts + 1):
        users = seam.acs.users.list(acs_system_id=acs_system_id, search=ADDRESS)
        if users:
            return users[0], attempt
        try:
            user = seam.acs.users.create(
                acs_system_id=acs_system_id, full_name=NAME, email_address=ADDRESS
            )
            return user, attempt
        except httpx.TransportError:
            continue  # it may have been made
        except SeamHttpApiError as error:
            if error.status_code != 429 and error.status_code < 500:
                raise
    raise SystemExit(f"{NAME} could not be created in {most_attempts} attempts")


if __name__ == "__main__":
    main()
