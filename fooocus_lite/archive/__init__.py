"""The room of disk and SQLite: the line of jobs, pictures with their recipes, the history."""
