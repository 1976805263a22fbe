"""The tables, and how a database of an earlier version gets them: one step per version, in order.

A step that was released is never changed.
"""

JOBS_AND_PICTURES = (
    """CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        owner TEXT NOT NULL,
        state TEXT NOT NULL,
        priority INTEGER NOT NULL,
        turn REAL NOT NULL,
        created REAL NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        is_started INTEGER NOT NULL DEFAULT 0,
        remaining INTEGER NOT NULL,
        picture_index INTEGER,
        step INTEGER NOT NULL DEFAULT 0,
        total_steps INTEGER NOT NULL DEFAULT 0,
        seconds_per_step REAL,
        stage TEXT,
        stop_requested INTEGER NOT NULL DEFAULT 0,
        skip_requested INTEGER,
        error TEXT)""",
    "CREATE INDEX jobs_line ON jobs (priority DESC, turn, number) WHERE state = 'queued'",
    "CREATE INDEX jobs_active ON jobs (state) WHERE state IN ('loading', 'running')",
    "CREATE INDEX jobs_owner ON jobs (owner, turn)",
    "CREATE INDEX jobs_waiting ON jobs (owner) WHERE state = 'queued'",
    "CREATE INDEX jobs_clock ON jobs (turn) WHERE is_started",
    "CREATE TABLE requests (job_id TEXT PRIMARY KEY, request TEXT NOT NULL)",
    """CREATE TABLE recipes (
        job_id TEXT NOT NULL,
        picture_index INTEGER NOT NULL,
        recipe TEXT NOT NULL,
        outcome TEXT,
        PRIMARY KEY (job_id, picture_index))""",
    """CREATE TABLE pictures (
        id TEXT NOT NULL PRIMARY KEY,
        job_id TEXT,
        picture_index INTEGER NOT NULL,
        owner TEXT NOT NULL,
        path TEXT NOT NULL,
        recipe TEXT NOT NULL,
        words TEXT NOT NULL,
        created REAL NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        is_saved INTEGER NOT NULL,
        cook_s REAL,
        UNIQUE (job_id, picture_index))""",
    "CREATE UNIQUE INDEX pictures_path ON pictures (path) WHERE is_saved",
    "CREATE INDEX pictures_created ON pictures (created)",
    "CREATE INDEX pictures_owner ON pictures (owner, created)",
)
"""Jobs with their recipes, and the index of pictures.

Texts stand apart from `jobs`, so that a heartbeat rewrites a row of some hundred bytes.
"""

TIMINGS = (
    """CREATE TABLE timings (
        device TEXT NOT NULL,
        model TEXT NOT NULL,
        plan TEXT NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        batch INTEGER NOT NULL,
        seconds_per_step REAL NOT NULL,
        beside_s REAL NOT NULL,
        runs INTEGER NOT NULL,
        PRIMARY KEY (device, model, plan, width, height, batch))""",
    """CREATE TABLE load_times (
        device TEXT NOT NULL,
        model TEXT NOT NULL,
        plan TEXT NOT NULL,
        seconds REAL NOT NULL,
        PRIMARY KEY (device, model, plan))""",
)
"""How long steps and loading took, for forecasts."""

LOGINS_AND_AUDIT = (
    """CREATE TABLE sessions (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        token TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        stamp TEXT NOT NULL,
        expires REAL NOT NULL)""",
    "CREATE INDEX sessions_name ON sessions (name)",
    """CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        who TEXT NOT NULL,
        action TEXT NOT NULL,
        outcome TEXT NOT NULL,
        subject TEXT NOT NULL,
        pictures INTEGER NOT NULL,
        prompt TEXT)""",
    "CREATE INDEX audit_who ON audit (who, at)",
)
"""Logins, and who did what."""

CLASSES = (
    "DROP INDEX jobs_line",
    "DROP INDEX jobs_clock",
    "DROP INDEX jobs_owner",
    "DROP INDEX jobs_waiting",
    "ALTER TABLE jobs DROP COLUMN priority",
    "ALTER TABLE jobs ADD COLUMN priority TEXT NOT NULL DEFAULT 'fast'",
    "ALTER TABLE jobs ADD COLUMN waiting_since REAL NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN promoted REAL NOT NULL DEFAULT 9e999",
    "ALTER TABLE jobs ADD COLUMN picture_s REAL",
    "CREATE INDEX jobs_line ON jobs (promoted, turn, number) WHERE state = 'queued'",
    """CREATE INDEX jobs_clock ON jobs (turn)
        WHERE is_started AND promoted = 9e999 AND priority <> 'spare'""",
    "CREATE INDEX jobs_owner ON jobs (owner, priority, turn)",
    """CREATE INDEX jobs_waiting ON jobs (owner, priority, promoted, turn, number)
        WHERE state = 'queued'""",
    "ALTER TABLE recipes ADD COLUMN path TEXT",
    """CREATE INDEX recipes_begun ON recipes (job_id)
        WHERE path IS NOT NULL AND outcome IS NULL""",
    "CREATE TABLE line_clock (seconds REAL NOT NULL)",
    "INSERT INTO line_clock VALUES (0)",
)
"""Classes of jobs, those that waited too long, what each will take, and where it will lie."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (JOBS_AND_PICTURES, TIMINGS, LOGINS_AND_AUDIT, CLASSES)
"""The statements of each step."""
