"""Builds a BM25 index in bounded memory: a block of texts at a time into runs on disk, then the postings."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.keyword import (
    LENGTH_WEIGHT,
    TERM_FREQUENCY_SATURATION,
    KeywordIndex,
    hash_units,
    open_index,
    units_of_word,
)
from index.protocols import Vectors
from knowledge.arabic import tokenise

_BLOCK = 16_384
"""Texts held at once: some 2 million postings of sentences."""
_WORDS_REMEMBERED = 300_000
_RARE_BELOW = 20_000
_COMMON_SHARE = 0.1
"""A unit in more than this share of at least `_RARE_BELOW` rows is left out: it tells few rows apart."""

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
    with TemporaryDirectory(prefix=f"{name}.", dir=folder) as runs:
        lengths: list[NDArray[np.int64]] = []
        paths: list[Path] = []
        terms = np.zeros(0, dtype=np.uint64)
        documents = np.zeros(0, dtype=np.int64)
        for run in _runs(texts):
            paths.append(Path(runs) / f"{len(paths)}.npz")
            np.savez(paths[-1], terms=run.terms, starts=run.starts, rows=run.rows, frequency=run.frequency)
            terms, documents = _merged(terms, documents, run)
            lengths.append(run.lengths)
            done(sum(len(own) for own in lengths))
        _write_postings(folder / name, paths, _Corpus(terms, documents, np.concatenate([*lengths, []])))


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
    """What the weights need to know of all texts: their units, the rows each stands in, their lengths."""

    terms: NDArray[np.uint64]
    documents: NDArray[np.int64]
    lengths: NDArray[np.float64]

    def without_common_units(self) -> NDArray[np.bool_]:
        """Tell which of `terms` are kept."""
        size = len(self.lengths)
        if size < _RARE_BELOW:
            return np.ones(len(self.terms), dtype=np.bool_)
        return self.documents <= _COMMON_SHARE * size

    def weigh(
        self, term: NDArray[np.int64], row: NDArray[np.int32], frequency: NDArray[np.uint16]
    ) -> Vectors:
        """Return the BM25 weights of postings."""
        documents = self.documents[term]
        rarity = np.log1p((len(self.lengths) - documents + 0.5) / (documents + 0.5))
        relative = self.lengths[row] / max(float(self.lengths.mean()), 1e-9)
        norm = TERM_FREQUENCY_SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * relative)
        weights = rarity * frequency * (TERM_FREQUENCY_SATURATION + 1) / (frequency + norm)
        return weights.astype(np.float32)


def _runs(texts: Iterable[str]) -> Iterator[_Run]:
    hashes_of: dict[str, NDArray[np.uint64]] = {}
    waiting, first_row = iter(texts), 0
    while block := list(islice(waiting, _BLOCK)):
        if len(hashes_of) > _WORDS_REMEMBERED:
            hashes_of.clear()
        words = [tokenise(text) for text in block]
        for word in set(chain.from_iterable(words)).difference(hashes_of):
            hashes_of[word] = np.array(hash_units(units_of_word(word)), dtype=np.uint64)
        yield _run(words, hashes_of, first_row)
        first_row += len(block)


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
    bound = np.zeros(len(corpus.terms), dtype=np.float32)
    rows = _array(target, "rows", np.dtype(np.int32), int(documents.sum()))
    weights = _array(target, "weights", np.dtype(np.float16), int(documents.sum()))
    for path in runs:
        with np.load(path, allow_pickle=False) as run:
            term = np.searchsorted(corpus.terms, run["terms"])
            counts = np.diff(run["starts"])
            keep = np.repeat(kept[term], counts)
            row = run["rows"]
            added = corpus.weigh(np.repeat(term, counts), row, run["frequency"]).astype(np.float16)
            place = np.repeat(cursor[term] - run["starts"][:-1], counts) + np.arange(len(row))
            rows[place[keep]] = row[keep]
            weights[place[keep]] = added[keep]
            if len(term):
                bound[term] = np.maximum(bound[term], np.maximum.reduceat(added, run["starts"][:-1]))
            cursor[term] += np.where(kept[term], counts, 0)
    small: dict[str, NDArray[Any]] = {
        "terms": corpus.terms[kept],
        "offsets": np.concatenate([[0], ends[kept]]).astype(np.int64),
        "bound": bound[kept],
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
