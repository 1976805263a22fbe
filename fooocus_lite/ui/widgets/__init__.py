"""Custom `gr.HTML` widgets: a Python class each, with its .html and .js beside it."""
