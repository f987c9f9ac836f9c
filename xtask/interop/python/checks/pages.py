"""The SDK's paginators: several pages, nothing twice, nothing left out."""

import inspect

import seam as sdk

from harness import equal, ids, refused, that


def run(world):
    seam = world.seam
    row = world.harness.row
    entrances, users = seam.acs.entrances, seam.acs.users
    identities = seam.user_identities

    def walk(method, limit, key, **filters):
        filters["limit"] = limit
        whole = ids(method(**{**filters, "limit": 10_000}), key)
        that(len(whole) > 2 * limit, f"{len(whole)} rows are more than two pages")
        equal(len(set(whole)), len(whole), "rows, each once")

        def pages():
            return seam.create_paginator(method, filters)

        equal(ids(pages().flatten_to_list(), key), whole, "all pages at once")
        equal(ids(pages().flatten(), key), whole, "row by row")

        paginator = pages()
        rows, pagination = paginator.first_page()
        equal((ids(rows, key), pagination.has_next_page), (whole[:limit], True), "first page")
        count = 1
        while pagination.has_next_page:
            rows, pagination = paginator.next_page(pagination.next_page_cursor)
            that(len(rows) <= limit, f"no page is longer than {limit}")
            equal(ids(rows, key), whole[count * limit :][:limit], "page")
            count += 1
        equal(count, -(-len(whole) // limit), "pages")

    def one_page_is_enough():
        _, pagination = seam.create_paginator(users.list, {"limit": 10_000}).first_page()
        equal(
            (pagination.has_next_page, pagination.next_page_cursor, pagination.next_page_url),
            (False, None, None),
            "pagination",
        )

    row("paginator: users", paginated(users.list), {
        "everybody": lambda: walk(users.list, 7, "acs_user_id"),
        "with a filter": lambda: walk(users.list, 3, "acs_user_id", search="example.com"),
        "one page is enough": one_page_is_enough,
    })

    row("paginator: entrances", paginated(entrances.list), {
        "all of them": lambda: walk(entrances.list, 5, "acs_entrance_id"),
    })

    def all_identities():
        for full_name in ("Io", "Europa", "Ganymede", "Callisto", "Amalthea"):
            identities.create(full_name=full_name)
        walk(identities.list, 2, "user_identity_id")

    row("paginator: identities", paginated(identities.list), {"all of them": all_identities})

    def with_another_limit_or_filter():
        _, pagination = seam.create_paginator(users.list, {"limit": 2}).first_page()
        for other in ({"limit": 3}, {"limit": 2, "search": "a"}):
            paginator = seam.create_paginator(users.list, other)
            refused(
                sdk.SeamHttpApiError,
                400,
                "mismatched_page_parameters",
                lambda: paginator.next_page(pagination.next_page_cursor),
            )

    row("a cursor belongs to its question", paginated(users.list), {
        "with another limit or filter it is refused": with_another_limit_or_filter,
    })


def paginated(method):
    """The method, if it knows pages."""
    return method if "page_cursor" in inspect.signature(method).parameters else None
