"""The journal's tables, and opening its file."""

import sqlite3
from pathlib import Path
from typing import Final

from knowledge.errors import RawiError

VERSION: Final = 1
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS inbox (
    update_id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL,
    payload TEXT NOT NULL,
    owner TEXT NOT NULL DEFAULT '',
    received_at REAL NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS inbox_open ON inbox (update_id) WHERE NOT done;
CREATE TABLE IF NOT EXISTS people (user_id INTEGER PRIMARY KEY, language TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS exchanges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    asked_at REAL NOT NULL,
    chat_id INTEGER NOT NULL,
    conversation TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    replies TEXT NOT NULL DEFAULT '[]',
    question TEXT NOT NULL,
    key TEXT NOT NULL,
    verdict TEXT NOT NULL,
    quotes TEXT NOT NULL,
    passages TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS exchanges_message ON exchanges (chat_id, message_id);
CREATE INDEX IF NOT EXISTS exchanges_conversation ON exchanges (conversation, id);
CREATE INDEX IF NOT EXISTS exchanges_user ON exchanges (user_id);
CREATE TABLE IF NOT EXISTS votes (
    exchange_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    helpful INTEGER NOT NULL,
    PRIMARY KEY (exchange_id, user_id)
) STRICT;
"""


class JournalError(RawiError):
    """The journal file cannot be used."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file in write-ahead mode.

    Raises JournalError when it is damaged, held by another process, or of another version.
    """
    try:
        database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5)
        database.row_factory = sqlite3.Row
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        # What /forget deletes must not stay readable in free pages.
        database.execute("PRAGMA secure_delete = ON")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            database.execute(f"PRAGMA user_version = {VERSION}")
    except sqlite3.OperationalError as error:
        raise JournalError(
            f"{path} cannot be opened ({error}); if another process holds it, run the command again, "
            f"else see to the folder's permissions: ls -l {path.parent}"
        ) from error
    except sqlite3.DatabaseError as error:
        raise JournalError(
            f"{path} cannot be opened as a journal ({error}); move it away: mv {path} {path}.damaged"
        ) from error
    if version not in (0, VERSION):
        database.close()
        raise JournalError(
            f"{path} has version {version}, expected {VERSION}; use the Rawi that wrote it, "
            f"or move it away: mv {path} {path}.old"
        )
    return database


def make_tables(database: sqlite3.Connection) -> None:
    """Make the tables that are missing, and the column that earlier files lack."""
    database.executescript(SCHEMA)
    if "owner" not in [row["name"] for row in database.execute("PRAGMA table_info(inbox)")]:
        database.execute("ALTER TABLE inbox ADD COLUMN owner TEXT NOT NULL DEFAULT ''")
