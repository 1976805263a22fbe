"""How every command writes for programs: one JSON object a line on stdout."""

import json
from collections.abc import Mapping
from typing import Any


def print_json(value: Mapping[str, Any]) -> None:
    """At once, and in any script as it is."""
    print(json.dumps(value, ensure_ascii=False), flush=True)
