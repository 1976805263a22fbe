"""What the page says while models come and samples are made. All as text."""

from collections.abc import Collection
from typing import Any

from ..studio import Studio
from ..supplies.downloads import Download
from ..thinking.amounts import in_bytes, time_left
from ..thinking.presets import Preset

STATES = {
    "waiting": "Waiting for its turn",
    "running": "Starting",
    "done": "Here and checked",
    "failed": "Failed",
    "cancelled": "Stopped",
}


def underway(studio: Studio) -> dict[str, Any]:
    """{"downloads", "sampling"}: how each download stands, and whose samples are being made."""
    studio.samples.gather()
    found, stock = studio.downloads(), studio.stock
    # Asked many times while something comes: the folders are looked through once, where it counts.
    has_come = any(each.state == "done" and each.wish.preset for each in found)
    ready = stock.ready_presets() if has_come else ()
    downloads = [_download(each, stock.presets.get(each.wish.preset), ready) for each in found]
    return {"downloads": downloads, "sampling": sorted(studio.samples.underway())}


def _download(download: Download, preset: Preset | None, ready: Collection[str]) -> dict[str, Any]:
    """`here` is what to say of one that is done; empty until its whole preset is here."""
    wish = download.wish
    is_done = download.state == "done"
    is_whole = is_done and (preset is None or preset.name in ready)
    share = download.done_bytes / download.total_bytes if download.total_bytes else 0.0
    return {
        "name": download.name,
        "title": wish.title,
        "state": download.state,
        "percent": int(100 * (1.0 if is_done else share)),
        "line": _line(download, share),
        "message": download.message,
        "link": download.link or "",
        # A single file is a model by another name, or a LoRA; settings are no model.
        "can_use": is_whole and not (wish.files or wish.is_config_only),
        "use": preset.name if preset else download.name,
        "here": f"{preset.shown_name if preset else wish.title} is here." if is_whole else "",
    }


def _line(download: Download, share: float) -> str:
    """Such as "41 % · 2.7 GiB of 6.5 GiB · 84 MiB/s · about 44 s left"."""
    if download.state == "done" or not download.total_bytes:
        return STATES[download.state]
    words = [
        f"{int(100 * share)} %",
        f"{in_bytes(download.done_bytes)} of {in_bytes(download.total_bytes)}",
    ]
    if download.state == "running":
        if download.bytes_per_s:
            words.append(f"{in_bytes(download.bytes_per_s)}/s")
        if download.eta_s:
            words.append(f"about {time_left(download.eta_s)} left")
    else:
        words.insert(0, STATES[download.state])
    return " · ".join(words)
