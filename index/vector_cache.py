"""Embeddings by the hash of their text, so that unchanged text is never embedded twice, killed runs included."""

import sqlite3
import zlib
from collections.abc import Sequence
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import numpy as np

from index.protocols import Embedder, EmbedderIdentity, Progress, Vectors

_READ_BATCH = 512
_EMBED_BATCH = 128
_STORED = np.dtype("<f2")
"""Half precision moves an inner product by about 1e-5; fresh vectors go the same way as kept ones."""


class VectorCache:
    """One SQLite file an embedding model, in the data folder."""

    def __init__(self, data_dir: Path, identity: EmbedderIdentity) -> None:
        name = blake2b(repr(identity).encode(), digest_size=8).hexdigest()
        self._path = data_dir / "vectors" / f"{name}.sqlite"

    def embed(
        self, texts: Sequence[str], embedder: Embedder, vectors: Vectors, progress: Progress | None = None
    ) -> int:
        """Fill `vectors` of shape (len(texts), dimension) and return how many texts had to be embedded."""
        rows_of: dict[bytes, list[int]] = {}
        for row, text in enumerate(texts):
            rows_of.setdefault(blake2b(text.encode(), digest_size=16).digest(), []).append(row)
        with closing(self._connect()) as database:
            self._fill_known(database, rows_of, vectors)
            # Texts of one length in a batch waste no padding.
            pending = sorted(rows_of.items(), key=lambda item: len(texts[item[1][0]]))
            for start in range(0, len(pending), _EMBED_BATCH):
                batch = pending[start : start + _EMBED_BATCH]
                fresh = embedder.embed_passages([texts[rows[0]] for _, rows in batch]).astype(_STORED)
                for (_, rows), vector in zip(batch, fresh, strict=True):
                    vectors[rows] = vector
                with database:
                    database.executemany(
                        "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                        [(key, _sealed(vector)) for (key, _), vector in zip(batch, fresh, strict=True)],
                    )
                if progress is not None:
                    progress(start + len(batch), len(pending))
        return len(pending)

    def keep_only(self, texts: Sequence[str]) -> None:
        """Forget every vector but those of `texts`, once twice as many are kept as are needed."""
        wanted = {blake2b(text.encode(), digest_size=16).digest() for text in texts}
        with closing(self._connect()) as database, database:
            (kept,) = database.execute("SELECT count(*) FROM vectors").fetchone()
            if kept > 2 * len(wanted):
                stale = [(key,) for (key,) in database.execute("SELECT key FROM vectors") if key not in wanted]
                database.executemany("DELETE FROM vectors WHERE key = ?", stale)

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._open()
        except sqlite3.DatabaseError:
            # A cache can always be made again.
            self._path.unlink()
            return self._open()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path)
        database.execute(
            "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
        )
        return database

    def _fill_known(
        self, database: sqlite3.Connection, rows_of: dict[bytes, list[int]], vectors: Vectors
    ) -> None:
        """Fill the rows whose vector is kept and take them out of `rows_of`."""
        keys = list(rows_of)
        for start in range(0, len(keys), _READ_BATCH):
            batch = keys[start : start + _READ_BATCH]
            marks = ",".join("?" * len(batch))
            query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608 - only marks
            for key, blob in database.execute(query, batch):
                vector = _unsealed(blob, vectors.shape[1])
                if vector is not None:
                    vectors[rows_of.pop(key)] = vector


def _sealed(vector: Vectors) -> bytes:
    data: bytes = vector.tobytes()
    return data + zlib.crc32(data).to_bytes(4, "little")


def _unsealed(blob: bytes, dimension: int) -> Vectors | None:
    data, seal = blob[:-4], blob[-4:]
    if len(data) != dimension * _STORED.itemsize or zlib.crc32(data).to_bytes(4, "little") != seal:
        return None
    return np.frombuffer(data, dtype=_STORED).astype(np.float32)
