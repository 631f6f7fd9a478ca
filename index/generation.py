"""One published generation, opened: everything a question is searched in."""

from dataclasses import dataclass
from pathlib import Path

from index import keyword
from index.errors import IndexDamagedError
from index.keyword import KeywordIndex
from index.manifest import IndexManifest, read_manifest, verify_checksums
from index.passage_file import PassageFile
from index.protocols import VectorStore, VectorStoreWriter

SENTENCE_VECTORS = "sentences"
PASSAGE_VECTORS = "passages"
SENTENCE_WORDS = "sentence_words"
PASSAGE_WORDS = "passage_words"


@dataclass(frozen=True, slots=True)
class Generation:
    """An open index; immutable, shared by threads, valid even after its folder was pruned."""

    manifest: IndexManifest
    passages: PassageFile
    sentence_vectors: VectorStore
    passage_vectors: VectorStore
    sentence_words: KeywordIndex
    passage_words: KeywordIndex


def open_generation(folder: Path, store: VectorStoreWriter) -> Generation:
    """Open and verify a generation folder.

    Raises IndexDamagedError when a file is not what its manifest records, IndexMismatchError for another schema.
    """
    manifest = read_manifest(folder)
    verify_checksums(folder, manifest)
    generation = Generation(
        manifest=manifest,
        passages=PassageFile(folder),
        sentence_vectors=store.open(folder, SENTENCE_VECTORS),
        passage_vectors=store.open(folder, PASSAGE_VECTORS),
        sentence_words=keyword.open_index(folder, SENTENCE_WORDS),
        passage_words=keyword.open_index(folder, PASSAGE_WORDS),
    )
    _refuse_wrong_counts(folder, generation)
    return generation


def _refuse_wrong_counts(folder: Path, generation: Generation) -> None:
    manifest = generation.manifest
    for name, found, expected in (
        ("passages", len(generation.passages), manifest.passages),
        ("sentences", generation.passages.sentences, manifest.sentences),
        ("passage vectors", generation.passage_vectors.size, manifest.passages),
        ("sentence vectors", generation.sentence_vectors.size, manifest.sentences),
        ("passages with words", generation.passage_words.size, manifest.passages),
        ("sentences with words", generation.sentence_words.size, manifest.sentences),
    ):
        if found != expected:
            raise IndexDamagedError(f"{folder} holds {found} {name}, expected {expected}; run: rawi reindex")
