"""Fooocus Lite: type a prompt, press Generate, keep the picture."""

__version__ = "0.1.0"
