"""One published generation, opened: everything a question is searched in."""

from dataclasses import dataclass

from index.errors import IndexDamagedError
from index.manifest import IndexManifest
from index.protocols import PassageSource, VectorStore, WordStore


@dataclass(frozen=True, slots=True)
class Generation:
    """An open index; immutable, shared by threads, valid even after it was pruned."""

    manifest: IndexManifest
    passages: PassageSource
    sentence_vectors: VectorStore
    passage_vectors: VectorStore
    sentence_words: WordStore
    passage_words: WordStore

    def refuse_wrong_counts(self) -> None:
        """Raise IndexDamagedError unless every part holds as many rows as the manifest says."""
        manifest = self.manifest
        for name, found, expected in (
            ("passages", len(self.passages), manifest.passages),
            ("sentences", self.passages.sentences, manifest.sentences),
            ("passage vectors", self.passage_vectors.size, manifest.passages),
            ("sentence vectors", self.sentence_vectors.size, manifest.sentences),
            ("passages with words", self.passage_words.size, manifest.passages),
            ("sentences with words", self.sentence_words.size, manifest.sentences),
        ):
            if found != expected:
                raise IndexDamagedError(
                    f"generation {manifest.generation} holds {found} {name}, expected {expected}; "
                    "run: rawi reindex"
                )
