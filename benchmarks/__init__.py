"""Measured claims, one script each. Nothing here is part of the program."""
