"""Numbers of bytes as people read them: in GiB, MiB and KiB everywhere."""

_UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def in_bytes(size: float) -> str:
    """Such as "6.5 GiB", "1.8 MiB", "48 MiB" or "12 KiB"."""
    for unit, name in _UNITS:
        if size >= unit:
            amount = size / unit
            has_fraction = name == "GiB" or (name == "MiB" and amount < 10)
            return f"{amount:.1f} {name}" if has_fraction else f"{amount:.0f} {name}"
    return f"{size:.0f} B"


def in_mib(mib: float) -> str:
    """`in_bytes` of so many MiB, as memory is counted."""
    return in_bytes(mib * 2**20)
