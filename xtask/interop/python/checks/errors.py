"""Errors come as the SDK's own classes."""

import seam as sdk

from harness import equal, refused, that
from site_file import UNKNOWN


def run(world):
    site = world.site
    row = world.harness.row
    groups, users = world.seam.acs.access_groups, world.seam.acs.users
    keiko = site.user("Keiko Sato").acs_user_id
    gym = site.group("Gym").acs_access_group_id

    def invalid(call):
        return refused(sdk.SeamHttpInvalidInputError, 400, "invalid_input", call)

    row("error: unauthorized", sdk.SeamHttpUnauthorizedError, {
        "an unknown key": lambda: refused(
            sdk.SeamHttpUnauthorizedError,
            401,
            "unauthorized",
            lambda: world.connect("seam_nobody_has_this_key").acs.users.get(acs_user_id=keiko),
        ),
    })

    def an_id_that_is_none():
        invalid(lambda: users.get(acs_user_id="not an id"))
        invalid(lambda: groups.add_user(acs_user_id="not an id", acs_access_group_id=UNKNOWN))

    row("error: invalid input", sdk.SeamHttpInvalidInputError, {
        "an id that is none": an_id_that_is_none,
        "both a user and an identity": lambda: invalid(
            lambda: groups.add_user(
                acs_user_id=keiko,
                user_identity_id=site.identity.user_identity_id,
                acs_access_group_id=gym,
            )
        ),
        "neither": lambda: invalid(lambda: groups.add_user(acs_access_group_id=gym)),
        "a limit of nothing": lambda: invalid(lambda: users.list(limit=0)),
    })

    def in_the_query():
        error = invalid(lambda: users.get(acs_user_id="not an id"))
        equal(error.get_validation_error_messages("acs_user_id"), ["Invalid uuid"], "messages")
        equal(error.get_validation_error_messages("acs_system_id"), [], "messages")

    def in_the_body():
        error = invalid(
            lambda: groups.add_user(acs_user_id="no id", acs_access_group_id="no id either")
        )
        for field in ("acs_user_id", "acs_access_group_id"):
            equal(error.get_validation_error_messages(field), ["Invalid uuid"], field)
        that("acs_access_group_id" in str(error), "the message names the field")

    def of_an_e_mail_address():
        error = invalid(
            lambda: users.create(
                acs_system_id=site.system("East").acs_system_id,
                full_name="Nobody",
                email_address="nowhere",
            )
        )
        messages = error.get_validation_error_messages("email_address")
        equal(messages, ["Invalid email"], "messages")

    by_field = getattr(sdk.SeamHttpInvalidInputError, "get_validation_error_messages", None)
    row("error: a message for each field", by_field, {
        "in the query": in_the_query,
        "in the body": in_the_body,
        "of an e-mail address": of_an_e_mail_address,
    })

    def with_code_and_request_id():
        def look():
            return refused(
                sdk.SeamHttpApiError,
                404,
                "acs_user_not_found",
                lambda: users.get(acs_user_id=UNKNOWN),
            )

        one, two = look(), look()
        that(one.request_id != two.request_id, "each request has an id of its own")
        that(not isinstance(one, sdk.SeamHttpInvalidInputError), "it is no invalid input")

    row("error: not found", sdk.SeamHttpApiError, {
        "with code and request id, another one each time": with_code_and_request_id,
    })
