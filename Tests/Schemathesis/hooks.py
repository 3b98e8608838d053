"""What schemathesis cannot know from the description: names that this bot has, and that a request's own name is new."""

import itertools
import re

import schemathesis

NUMBERS = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Any well-formed name may be a classifier's; this bot has only the one that every bot has. Two requests that differ cannot
    have one Idempotency-Key. A request that breaks the description, be it without a key, stays as it is."""
    key = (case.headers or {}).get("Idempotency-Key")
    is_negative = case.meta is not None and case.meta.generation.mode.is_negative
    if not is_negative and isinstance(key, str) and re.fullmatch("[!-~]{1,255}", key):
        case.headers["Idempotency-Key"] = f"{key[:200]}{next(NUMBERS)}"
    body = case.body
    if case.path == "/v1/classify" and isinstance(body, dict):
        name = body.get("classifier")
        if isinstance(name, str) and name.isascii() and name.isidentifier() and len(name) <= 64:
            case.body = body | {"classifier": "intent"}
