"""Rows, checks and assertions; what xtask reads is one line of JSON for each check."""

import inspect
import json
import platform


class Lacks(Exception):
    """The SDK has the method, but not what the check needs of it."""


class Harness:
    def __init__(self, sdk):
        self.sdk = sdk
        self._lines = 0
        self._sent = "nothing was sent"

    def hello(self, sdk, version):
        """The first line: which SDK drives, so that xtask can hold it to the pin."""
        runtime = f"Python {platform.python_version()}"
        self._write(sdk=sdk, version=version, runtime=runtime)

    def goodbye(self):
        """The last line: without it, or with another count, the driver died early."""
        self._write(checks=self._lines)

    def row(self, row, method, checks):
        """One row of the table. `method` is the SDK's, so that a row it lacks says so."""
        if not callable(method):
            self._lines += 1
            self._write(row=row, lacks=True)
            return
        for check, body in checks.items():
            self._sent = "nothing was sent"
            outcome = {"ok": True, "detail": ""}
            try:
                body()
            except Lacks as lack:
                outcome = {"lacks": True, "detail": str(lack)}
            except Exception as error:  # whatever it is, it is the check's
                outcome = {"ok": False, "detail": self._describe(error)}
            self._lines += 1
            self._write(row=row, check=check, **outcome)

    def watch(self, seam):
        """Remembers the last request of a client, to be told when a check fails."""
        hooks = getattr(seam.client, "event_hooks", None)
        if hooks is not None:  # httpx
            seam.client.event_hooks = {**hooks, "request": [*hooks["request"], self._see]}
        else:  # niquests
            seam.client.hooks["pre_request"].append(self._see)
        return seam

    def null(self):
        """What this SDK writes as null on the wire."""
        if not hasattr(self.sdk, "NULL"):
            raise Lacks("it cannot send null")
        return self.sdk.NULL

    def needs(self, method, parameter):
        """The check is nothing without this parameter."""
        if parameter not in inspect.signature(method).parameters:
            raise Lacks(f"its method has no parameter {parameter}")

    def needs_field(self, resource, field):
        """The check is nothing without this field of what was read."""
        if not hasattr(resource, field):
            raise Lacks(f"its {type(resource).__name__} has no field {field}")

    def _see(self, request):
        body = getattr(request, "content", None) or getattr(request, "body", None)
        if isinstance(body, bytes):
            body = body.decode("utf-8", "replace")
        self._sent = f"{request.method} {request.url} {body or ''}"

    def _describe(self, error):
        about = [f"{type(error).__name__}: {error}"]
        if hasattr(error, "status_code"):
            about.append(
                f"status {error.status_code}, code {error.code}, request {error.request_id}"
            )
        if getattr(error, "response", None) is not None:
            about.append(f"answer {error.response.status_code} {error.response.text}")
        about.append(f"last request: {self._sent}")
        return "; ".join(about)

    def _write(self, **line):
        print(json.dumps(line), flush=True)


def that(holds, what):
    if not holds:
        raise AssertionError(f"it does not hold that {what}")


def equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {expected!r} expected, {actual!r} found")


def same(actual, expected, what):
    """The same rows in any order, each once."""
    equal(sorted(actual), sorted(expected), what)


def refused(kind, status, code, call):
    """The call must fail, as the SDK's class `kind`, with status, code and request id."""
    try:
        call()
    except kind as error:
        equal((error.status_code, error.code), (status, code), "status and code")
        that(bool(error.request_id), "the error has a request id")
        return error
    raise AssertionError(f"it does not hold that the call is refused with {status} {code}")


def ids(rows, key):
    return [getattr(row, key) for row in rows]
