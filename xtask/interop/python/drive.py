"""Drives every operation of the server with Seam's SDK for Python.

    python drive.py < settings.json

xtask writes the settings: endpoint, keys, tokens, the site file that is served.
"""

import faulthandler
import json
import sys
from importlib.metadata import version
from types import SimpleNamespace

import seam as sdk

from checks import (
    access_groups,
    deletions,
    directory,
    errors,
    identities,
    joining,
    pages,
    tokens,
    users,
    wire,
)
from harness import Harness
from site_file import SiteFile

# A server that never answers must not hold everything up.
faulthandler.dump_traceback_later(300, exit=True)

# Deletions last: the others read what the site file says.
CHECKS = [
    access_groups,
    users,
    directory,
    identities,
    joining,
    pages,
    errors,
    tokens,
    wire,
    deletions,
]


def main():
    settings = SimpleNamespace(**json.load(sys.stdin))
    harness = Harness(sdk)

    def connect(api_key):
        seam = sdk.Seam.from_api_key(api_key, endpoint=settings.endpoint)
        return harness.watch(seam)

    harness.hello("seam", version("seam"))
    world = SimpleNamespace(
        harness=harness,
        connect=connect,
        settings=settings,
        seam=connect(settings.api_key),
        site=SiteFile(settings.site),
    )
    for checks in CHECKS:
        checks.run(world)
    harness.goodbye()


main()
