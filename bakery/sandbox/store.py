"""Documents of the sandbox: in memory for reading, written through to one SQLite file.

Everything runs in one thread, so a request sees no half-done work of another one. `flush` is
called before each reply, so what a caller was told survives a restart.
"""

import json
import sqlite3
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
)
"""


class Store:
    """Keeps documents by kind and id, in the order in which they were first saved."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            ":memory:" if path is None else path, isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(_SCHEMA)
        self._documents: dict[str, dict[str, Document]] = {}
        self._dirty: dict[tuple[str, str], None] = {}
        self._seq: dict[tuple[str, str], int] = {}
        self._next_seq = 1
        self.version = 1
        self._load()

    def _load(self) -> None:
        rows = self._db.execute("SELECT kind, id, seq, body FROM document ORDER BY seq")
        for kind, key, seq, body in rows:
            self._documents.setdefault(kind, {})[key] = json.loads(body)
            self._seq[kind, key] = seq
            self._next_seq = seq + 1

    def save(self, kind: str, document: Document) -> Document:
        """Add or replace a document under its own `id`; written at the next flush."""
        key = str(document["id"])
        self._documents.setdefault(kind, {})[key] = document
        if (kind, key) not in self._seq:
            self._seq[kind, key] = self._next_seq
            self._next_seq += 1
        self._dirty[kind, key] = None
        self.version += 1
        return document

    def delete(self, kind: str, key: str) -> None:
        """Remove a document; a missing one is no error."""
        if self._documents.get(kind, {}).pop(key, None) is not None:
            self._dirty[kind, key] = None
            self.version += 1

    def get(self, kind: str, key: str) -> Document | None:
        """Return the live document (save it after a change) or None."""
        return self._documents.get(kind, {}).get(key)

    def all(self, kind: str) -> list[Document]:
        """Return the documents of a kind, oldest first."""
        return list(self._documents.get(kind, {}).values())

    def latest(self, kind: str, count: int) -> list[Document]:
        """Return up to `count` documents of a kind, newest first."""
        newest_first = reversed(self._documents.get(kind, {}).values())
        return [document for document, _ in zip(newest_first, range(count), strict=False)]

    def flush(self) -> None:
        """Write every change since the last flush in one transaction."""
        if not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        self._db.execute("BEGIN")
        for kind, key in dirty:
            document = self.get(kind, key)
            if document is None:
                self._seq.pop((kind, key), None)
                self._db.execute("DELETE FROM document WHERE kind = ? AND id = ?", (kind, key))
                continue
            self._db.execute(
                "INSERT INTO document (kind, id, seq, body) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                (kind, key, self._seq[kind, key], json.dumps(document)),
            )
        self._db.execute("COMMIT")

    def reset(self) -> None:
        """Forget everything."""
        self._documents.clear()
        self._dirty.clear()
        self._seq.clear()
        self._db.execute("DELETE FROM document")
        self.version += 1

    def close(self) -> None:
        """Write what is left and close the file."""
        self.flush()
        self._db.close()
