"""Builds a BM25 index in bounded memory: a block of texts at a time into runs on disk, then the postings."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index import arrays
from index.keyword import (
    LENGTH_WEIGHT,
    TERM_FREQUENCY_SATURATION,
    KeywordIndex,
    hash_units,
    open_index,
    units_of_word,
    worth,
)
from knowledge.arabic import tokenise

_BLOCK = 16_384
"""Sentences or texts held at once: some 2 million postings of sentences."""
_WORDS_REMEMBERED = 300_000
_LARGE_FROM = 20_000
"""Rows from which on an index is made small: common units are left out, and shares are kept as bytes."""
_COMMON = 1 / 4000
"""A unit in more rows than this share of all units that the rows hold is too common: it tells few apart.

That is in one of fifty sentences, and in one of ten passages, which hold more of everything.
"""

_Item = TypeVar("_Item")
RowDone = Callable[[int], None]
"""Called with the number of rows done."""


def build(texts: Iterable[str]) -> KeywordIndex:
    """Index `texts` in memory; row i is the i-th text."""
    with TemporaryDirectory(prefix="rawi-words-") as folder:
        write_index(texts, Path(folder), "words")
        opened = open_index(Path(folder), "words")
        return KeywordIndex(
            **{part: np.array(getattr(opened, part)) for part in KeywordIndex.__dataclass_fields__}
        )


def write_index(texts: Iterable[str], folder: Path, name: str, done: RowDone = lambda _: None) -> None:
    """Index `texts` into `{name}.{part}.npy` for `keyword.open_index`; row i is the i-th text."""
    hashes = _Hashes()
    with TemporaryDirectory(prefix=f"{name}.", dir=folder) as runs:
        rows = _Writer(folder / name, Path(runs))
        for block in _blocks(texts):
            words = [tokenise(text) for text in block]
            rows.add(words, hashes.of(words))
            done(rows.count)
        rows.finish()


def write_indexes(
    passages: Iterable[Sequence[str]],
    folder: Path,
    sentences: str,
    whole: str,
    done: RowDone = lambda _: None,
) -> None:
    """Index passages, each given as its sentences: the sentences as `sentences`, the passages as `whole`.

    A passage has the words of its sentences; each is read once.
    """
    hashes = _Hashes()
    with TemporaryDirectory(prefix="runs.", dir=folder) as runs, ThreadPoolExecutor(1) as beside:
        for name in (sentences, whole):
            (Path(runs) / name).mkdir()
        of_sentences = _Writer(folder / sentences, Path(runs) / sentences)
        of_passages = _Writer(folder / whole, Path(runs) / whole)
        for block in _blocks(passages, len):
            words = [[tokenise(text) for text in own] for own in block]
            flat = list(chain.from_iterable(words))
            known = hashes.of(flat)
            # NumPy sorts and counts outside the interpreter's lock.
            adding = beside.submit(of_sentences.add, flat, known)
            of_passages.add([list(chain.from_iterable(own)) for own in words], known)
            adding.result()
            done(of_sentences.count + of_passages.count)
        of_sentences.finish()
        of_passages.finish()


def _blocks(items: Iterable[_Item], size: Callable[[_Item], int] = lambda _: 1) -> Iterator[list[_Item]]:
    """Yield the items some at a time, of at least `_BLOCK` together in size but for the last."""
    block: list[_Item] = []
    room = _BLOCK
    for item in items:
        block.append(item)
        room -= size(item)
        if room <= 0:
            yield block
            block, room = [], _BLOCK
    if block:
        yield block


class _Hashes:
    """The hashed units of the words met last."""

    def __init__(self) -> None:
        self._known: dict[str, NDArray[np.uint64]] = {}

    def of(self, words: Iterable[list[str]]) -> dict[str, NDArray[np.uint64]]:
        """Return those of `words` at least."""
        if len(self._known) > _WORDS_REMEMBERED:
            self._known.clear()
        for word in set(chain.from_iterable(words)).difference(self._known):
            self._known[word] = np.array(hash_units(units_of_word(word)), dtype=np.uint64)
        return self._known


class _Writer:
    """One index being written: its blocks are runs on disk until all are known."""

    def __init__(self, target: Path, runs: Path) -> None:
        self._target, self._runs = target, runs
        self._lengths: list[NDArray[np.int64]] = []
        self._paths: list[Path] = []
        self._terms = np.zeros(0, dtype=np.uint64)
        self._documents = np.zeros(0, dtype=np.int64)
        self.count = 0

    def add(self, words: list[list[str]], hashes: dict[str, NDArray[np.uint64]]) -> None:
        """Add rows of words."""
        run = _run(words, hashes, self.count)
        self._paths.append(self._runs / f"{len(self._paths)}.npz")
        np.savez(self._paths[-1], terms=run.terms, starts=run.starts, rows=run.rows, frequency=run.frequency)
        self._terms, self._documents = _merged(self._terms, self._documents, run)
        self._lengths.append(run.lengths)
        self.count += len(words)

    def finish(self) -> None:
        """Write the postings."""
        lengths = np.concatenate([*self._lengths, []])
        _write_postings(self._target, self._paths, _Corpus(self._terms, self._documents, lengths))


@dataclass(frozen=True, slots=True)
class _Run:
    """The postings of one block, by unit then row; those of `terms[i]` stand at `starts[i]:starts[i + 1]`."""

    terms: NDArray[np.uint64]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    frequency: NDArray[np.uint16]
    lengths: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Corpus:
    """What the shares need to know of all texts: their units, the rows each stands in, their lengths."""

    terms: NDArray[np.uint64]
    documents: NDArray[np.int64]
    lengths: NDArray[np.float64]

    @property
    def large(self) -> bool:
        return len(self.lengths) >= _LARGE_FROM

    def without_common_units(self) -> NDArray[np.bool_]:
        """Tell which of `terms` are kept."""
        if not self.large:
            return np.ones(len(self.terms), dtype=np.bool_)
        return self.documents <= _COMMON * float(self.lengths.sum())

    def shares(self, row: NDArray[np.int32], frequency: NDArray[np.uint16]) -> NDArray[Any]:
        """Return what BM25 makes of frequencies in rows, as the index keeps it."""
        relative = self.lengths[row] / max(float(self.lengths.mean()), 1e-9)
        norm = TERM_FREQUENCY_SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * relative)
        shares = frequency / (frequency + norm)
        # Never 0: a unit that a row holds adds something.
        return (
            np.maximum(np.rint(shares * 255), 1).astype(np.uint8) if self.large else shares.astype(np.float16)
        )


def _run(words: list[list[str]], hashes_of: dict[str, NDArray[np.uint64]], first_row: int) -> _Run:
    numbers = {word: number for number, word in enumerate(set(chain.from_iterable(words)))}
    hashed = [hashes_of[word] for word in numbers]
    terms, term_of = np.unique(np.concatenate([*hashed, np.zeros(0, np.uint64)]), return_inverse=True)
    units = np.array([len(own) for own in hashed], dtype=np.int64)
    first_unit = np.concatenate([[0], np.cumsum(units)]).astype(np.int64)
    word = np.fromiter((numbers[word] for own in words for word in own), dtype=np.int64)
    row = np.repeat(np.arange(len(words)), [len(own) for own in words])
    # Every unit of every word of every text, as one number a (unit, row) pair; equal ones are counted.
    many = units[word]
    position = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    pairs = term_of[np.repeat(first_unit[word], many) + position] * len(words) + np.repeat(row, many)
    pairs.sort()
    first = np.flatnonzero(np.diff(pairs, prepend=-1))
    term, block_row = np.divmod(pairs[first], len(words))
    frequency = np.diff(np.append(first, len(pairs)))
    return _Run(
        terms,
        np.searchsorted(term, np.arange(len(terms) + 1)),
        (block_row + first_row).astype(np.int32),
        np.minimum(frequency, np.iinfo(np.uint16).max).astype(np.uint16),
        np.bincount(row, weights=many, minlength=len(words)).astype(np.int64),
    )


def _merged(
    terms: NDArray[np.uint64], documents: NDArray[np.int64], run: _Run
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    together = np.union1d(terms, run.terms)
    counts = np.zeros(len(together), dtype=np.int64)
    counts[np.searchsorted(together, terms)] = documents
    counts[np.searchsorted(together, run.terms)] += np.diff(run.starts)
    return together, counts


def _write_postings(target: Path, runs: list[Path], corpus: _Corpus) -> None:
    kept = corpus.without_common_units()
    documents = np.where(kept, corpus.documents, 0)
    ends = np.cumsum(documents)
    cursor = ends - documents
    kept_as = np.dtype(np.uint8 if corpus.large else np.float16)
    greatest = np.zeros(len(corpus.terms), dtype=kept_as)
    rows = _array(target, "rows", np.dtype(np.int32), int(documents.sum()))
    shares = _array(target, "shares", kept_as, int(documents.sum()))
    for path in runs:
        run = arrays.read_together(path)
        term = np.searchsorted(corpus.terms, run["terms"])
        counts = np.diff(run["starts"])
        keep = np.repeat(kept[term], counts)
        row = run["rows"]
        share = corpus.shares(row, run["frequency"])
        place = np.repeat(cursor[term] - run["starts"][:-1], counts) + np.arange(len(row))
        rows[place[keep]] = row[keep]
        shares[place[keep]] = share[keep]
        if len(term):
            greatest[term] = np.maximum(greatest[term], np.maximum.reduceat(share, run["starts"][:-1]))
        cursor[term] += np.where(kept[term], counts, 0)
    small: dict[str, NDArray[Any]] = {
        "terms": corpus.terms,
        "offsets": np.concatenate([[0], ends]).astype(np.int64),
        "bound": (kept * greatest * worth(documents, len(corpus.lengths), kept_as)).astype(np.float32),
        "shape": np.array([len(corpus.lengths), corpus.lengths.mean() if len(corpus.lengths) else 0.0]),
    }
    for part, array in small.items():
        np.save(f"{target}.{part}.npy", array, allow_pickle=False)


def _array(target: Path, part: str, kind: np.dtype[np.generic], length: int) -> NDArray[np.generic]:
    path = f"{target}.{part}.npy"
    if length == 0:
        np.save(path, np.zeros(0, dtype=kind), allow_pickle=False)
        return np.zeros(0, dtype=kind)
    return np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=(length,))
