"""Custom widgets: a function each, with an .html and a .js file of its name beside it."""
