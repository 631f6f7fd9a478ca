"""Embeddings by the hash of their text: unchanged text is never embedded twice, killed runs included."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.protocols import Embedder, EmbedderIdentity, Progress, StoredVectors, Vectors
from knowledge.errors import RawiError

_READ_BATCH = 512
_EMBED_BLOCK = 4096
"""Texts sorted by length together: those of one length in a batch waste no padding."""
_EMBED_BATCH = 128
"""Texts embedded between two commits: what a killed run loses at most."""
_KEY_BYTES = 16
STORED = np.dtype("<f2")
"""Half precision moves an inner product by about 1e-5; fresh vectors go the same way as kept ones."""

Keys = NDArray[np.void]


class Texts(Protocol):
    """Texts that can be gone through more than once; need not be in memory."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def __iter__(self) -> Iterator[str]:
        """Yield them, from the first to the last."""
        ...


class VectorCache:
    """One SQLite file an embedding model, in the data folder."""

    def __init__(self, data_dir: Path, identity: EmbedderIdentity) -> None:
        name = blake2b(repr(identity).encode(), digest_size=8).hexdigest()
        self._path = data_dir / "vectors" / f"{name}.sqlite"

    def embed(
        self,
        texts: Texts,
        embedder: Embedder,
        vectors: Vectors | StoredVectors,
        progress: Progress | None = None,
    ) -> int:
        """Fill `vectors` of shape (len(texts), dimension) and return how many texts had to be embedded.

        Beside `vectors`, which may be memory-mapped, a text takes some dozens of bytes of memory.
        Raises RawiError when the cache cannot be written.
        """
        try:
            try:
                return self._embed(texts, embedder, vectors, progress)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                # Damaged, and a cache can always be made again.
                self._remove()
                return self._embed(texts, embedder, vectors, progress)
        except (sqlite3.OperationalError, OSError) as error:
            raise RawiError(
                f"{self._path} could not be written ({error}), expected a writable folder with free space; "
                "mend it or set RAWI_DATA_DIR, then run: rawi reindex"
            ) from error

    def keep_only(self, texts: Texts) -> None:
        """Forget every vector but those of `texts`, once twice as many are kept as are needed."""
        with closing(self._connect()) as database:
            (kept,) = database.execute("SELECT count(*) FROM vectors").fetchone()
            if kept <= 2 * len(texts):
                return
            with database:
                database.execute("CREATE TEMP TABLE wanted (key BLOB PRIMARY KEY) WITHOUT ROWID")
                database.executemany(
                    "INSERT OR IGNORE INTO wanted VALUES (?)", ((_key(text),) for text in texts)
                )
                database.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM wanted)")
            database.execute("VACUUM")

    def _embed(
        self, texts: Texts, embedder: Embedder, vectors: Vectors | StoredVectors, progress: Progress | None
    ) -> int:
        keys: Keys = np.frombuffer(b"".join(map(_key, texts)), dtype=np.dtype((np.void, _KEY_BYTES)))
        with closing(self._connect()) as database:
            missing = np.flatnonzero(~_fill_known(database, keys, vectors))
            if not len(missing):
                return 0
            _, first = np.unique(keys[missing], return_index=True)
            fresh = np.sort(missing[first])
            done = 0
            for block in _blocks(texts, fresh):
                for batch in _batches(sorted(block, key=lambda item: len(item[1]))):
                    rows = [row for row, _ in batch]
                    found = embedder.embed_passages([text for _, text in batch]).astype(STORED)
                    with database:
                        database.executemany(
                            "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                            [
                                (bytes(keys[row]), _sealed(vector))
                                for row, vector in zip(rows, found, strict=True)
                            ],
                        )
                    vectors[rows] = found
                    done += len(batch)
                    if progress is not None:
                        progress(done, len(fresh))
            repeated = np.setdiff1d(missing, fresh)
            known = np.zeros(len(keys), dtype=np.bool_)
            known[repeated] = True
            _fill_known(database, keys, vectors, known)
        return len(fresh)

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._open()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self._remove()
            return self._open()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path)
        try:
            # A commit need not reach the disk: what a power cut takes is embedded again.
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS vectors "
                "(key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
            )
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                self._path.with_name(self._path.name + ending).unlink()


def _key(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=_KEY_BYTES).digest()


def _fill_known(
    database: sqlite3.Connection,
    keys: Keys,
    vectors: Vectors | StoredVectors,
    wanted: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Fill the rows whose vector is kept, of the wanted ones; tell which rows those are."""
    known = np.zeros(len(keys), dtype=np.bool_)
    rows = np.arange(len(keys)) if wanted is None else np.flatnonzero(wanted)
    # In the order that the table is kept in.
    rows = rows[np.argsort(keys[rows], kind="stable")]
    for start in range(0, len(rows), _READ_BATCH):
        batch = rows[start : start + _READ_BATCH]
        of_key: dict[bytes, list[int]] = {}
        for row in batch.tolist():
            of_key.setdefault(bytes(keys[row]), []).append(row)
        marks = ",".join("?" * len(of_key))
        query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608 - only marks
        for key, blob in database.execute(query, list(of_key)):
            vector = _unsealed(blob, vectors.shape[1])
            if vector is not None:
                vectors[of_key[key]] = vector
                known[of_key[key]] = True
    return known


def _blocks(texts: Iterable[str], rows: NDArray[np.int64]) -> Iterator[list[tuple[int, str]]]:
    """Yield the texts of `rows`, which ascend, with their rows, a block at a time."""
    wanted = iter(rows.tolist())
    row = next(wanted, None)
    block: list[tuple[int, str]] = []
    for number, text in enumerate(texts):
        if number == row:
            block.append((number, text))
            row = next(wanted, None)
            if len(block) == _EMBED_BLOCK or row is None:
                yield block
                block = []
        if row is None:
            return


def _batches(items: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    waiting = iter(items)
    while batch := list(islice(waiting, _EMBED_BATCH)):
        yield batch


def _sealed(vector: NDArray[np.float16]) -> bytes:
    data: bytes = vector.tobytes()
    return data + zlib.crc32(data).to_bytes(4, "little")


def _unsealed(blob: bytes, dimension: int) -> NDArray[np.float16] | None:
    data, seal = blob[:-4], blob[-4:]
    if len(data) != dimension * STORED.itemsize or zlib.crc32(data).to_bytes(4, "little") != seal:
        return None
    return np.frombuffer(data, dtype=STORED)
