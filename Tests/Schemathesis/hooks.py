"""What schemathesis cannot know from the description: names that this bot has."""

import schemathesis


@schemathesis.hook("map_body").apply_to(method="POST", path="/v1/classify")
def known_classifier(context, body):
    """Any well-formed name may be a classifier's; this bot has only the one that every bot has."""
    if isinstance(body, dict):
        name = body.get("classifier")
        if isinstance(name, str) and name.isascii() and name.isidentifier() and len(name) <= 64:
            return body | {"classifier": "intent"}
    return body
