"""What schemathesis cannot know from the description: names that this bot has."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Any well-formed name may be a classifier's; this bot has only the one that every bot has."""
    body = case.body
    if case.path == "/v1/classify" and isinstance(body, dict):
        name = body.get("classifier")
        if isinstance(name, str) and name.isascii() and name.isidentifier() and len(name) <= 64:
            case.body = body | {"classifier": "intent"}
