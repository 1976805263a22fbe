"""Front: the line. Whose job is next, what happens now, how long it takes."""
