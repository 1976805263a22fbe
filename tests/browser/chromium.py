"""Finds the Chromium that the browser tests drive, and on Debian installs one. Knows no test."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
# The second is for prompts and captions with emoji.
DEBIAN_PACKAGES = ("chromium", "fonts-noto-color-emoji")


def find() -> str | None:
    """The installed Chromium or Chrome, or None."""
    named = next(filter(None, map(shutil.which, NAMES)), None)
    return named or next((place for place in PLACES if Path(place).is_file()), None)


def install() -> str:
    """Install Debian's Chromium where we may; an empty text, or why there is none now."""
    if not _is_debian() or os.geteuid() != 0:
        return "no Chromium is installed, and only root on Debian could install one"
    apt = ["apt-get", "-q", "-o", "Acquire::Retries=2"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *DEBIAN_PACKAGES]):
        done = subprocess.run(
            [*apt, *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != 0:
            last = (done.stdout.strip() or "no output").splitlines()[-1]
            return f"apt-get {command[0]} failed: {last}"
    return ""


def _is_debian() -> bool:
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False
