"""Door: HTTP for programs. Our own API with live previews, and two that other clients speak.

Imports the studio, what it hands out, and the words; no room, and nothing of the page.
"""
