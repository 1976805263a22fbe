"""Bytes and seconds as people read them: in the same words everywhere."""

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


def in_time(seconds: float) -> str:
    """Such as "0.4 s", "3 s", "14 s", "3 min" or "1 h 5 min"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s" if seconds < 0.95 or seconds % 1 >= 0.05 else f"{seconds:.0f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def time_left(seconds: float) -> str:
    """`in_time` of what is still to come: whole seconds, for tenths flicker, and at least one."""
    return in_time(max(1, round(seconds)))
