"""What is not plain text on the wire, and the SDK's other ways to call."""

import asyncio
from datetime import datetime

import seam as sdk

from harness import equal, ids, same


def run(world):
    harness, site, settings = world.harness, world.site, world.settings
    row = harness.row
    entrances, users = world.seam.acs.entrances, world.seam.acs.users
    identities = world.seam.user_identities
    keiko = site.user("Keiko Sato").acs_user_id
    gym = site.group("Gym").acs_access_group_id

    def those_whose_identity_lacks_the_value():
        null = harness.null()
        made = identities.create(
            full_name="Without Address",
            phone_number="+15555550155",
            acs_system_ids=[site.system("West").acs_system_id],
        ).user_identity_id
        found = users.list(user_identity_id=made, user_identity_email_address=null)
        equal(ids(found, "user_identity_id"), [made], "identities")
        marta = site.identity.user_identity_id
        found = users.list(user_identity_id=marta, user_identity_email_address=null)
        equal(ids(found, "acs_user_id"), [], "users")

    def the_first_page():
        null = harness.null()
        equal(len(users.list(limit=2, page_cursor=null)), 2, "users")

    row("null as a filter", users.list if hasattr(sdk, "NULL") else None, {
        "those whose identity lacks the value": those_whose_identity_lacks_the_value,
        "the first page": the_first_page,
    })

    def of_none_one_and_several():
        harness.needs(entrances.list, "acs_entrance_ids")
        some = ids(site.entrances[2:5], "acs_entrance_id")
        for wanted in (some, some[:1], []):
            found = entrances.list(acs_entrance_ids=wanted)
            same(ids(found, "acs_entrance_id"), wanted, "doors")

    def of_identities():
        harness.needs(identities.list, "user_identity_ids")
        caretaker = site.identity.user_identity_id
        found = identities.list(user_identity_ids=[caretaker])
        same(ids(found, "user_identity_id"), [caretaker], "identities")

    row("an array as a filter", entrances.list, {
        "of none, one and several": of_none_one_and_several,
        "of identities": of_identities,
    })

    def before_it():
        text = "2024-04-04T00:00:00Z"
        instant = datetime.fromisoformat(text)
        expected = [
            it.acs_user_id
            for it in site.users
            if datetime.fromisoformat(it.created_at) < instant
        ]
        # Only version 3 takes a datetime; its query is where the old one has JSON.
        instants = [instant] if hasattr(sdk, "NULL") else []
        for created_before in [text, "2024-04-04T02:00:00+02:00", *instants]:
            found = users.list(created_before=created_before)
            same(ids(found, "acs_user_id"), expected, "users")

    row("an instant as a filter", users.list, {"before it": before_it})

    row("the client by path", getattr(sdk, "SeamEndpoints", None), {})

    async def add_list_and_remove():
        async with sdk.AsyncSeam.from_api_key(
            settings.api_key, endpoint=settings.endpoint
        ) as seam:
            groups, pair = seam.acs.access_groups, {
                "acs_user_id": keiko,
                "acs_access_group_id": gym,
            }
            await seam.acs.users.add_to_access_group(**pair)
            found = await groups.list(acs_user_id=keiko)
            same(ids(found, "acs_access_group_id"), [gym], "groups")
            await seam.acs.users.remove_from_access_group(**pair)
            equal(await groups.list(acs_user_id=keiko), [], "groups")

    row("the client for asyncio", getattr(sdk, "AsyncSeam", None), {
        "adds, lists and removes": lambda: asyncio.run(add_list_and_remove()),
    })
