"""Room: who may come in. The users file, passwords, keys. No torch, no SQLite, no HTTP."""
