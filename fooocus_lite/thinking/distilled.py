"""Whether a model was made for few steps, told by what its makers call it.

Its files do not say: SDXL Turbo has the same shapes and settings as SDXL.
"""

import re

_NAMES = re.compile(
    r"turbo|lightning|schnell|(?<![a-z])(?:lcm|dmd2?|hyper|distill(?:ed)?)(?![a-z])|klein(?!.*base)",
    re.IGNORECASE,
)


def is_named_distilled(model: str) -> bool:
    """Whether a repository or file is called as such models are: Turbo, Lightning, schnell, …"""
    return _NAMES.search(model.rpartition("/")[2]) is not None
