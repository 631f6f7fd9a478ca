"""What an index was built from, and the refusal of anything else, by name."""

from hashlib import file_digest
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from index.errors import IndexDamagedError, IndexMismatchError
from index.protocols import EmbedderIdentity
from index.reports import IndexStatus

SCHEMA_VERSION = 5
MANIFEST_NAME = "manifest.json"
REBUILD = "rawi reindex"


class EmbedderRecord(BaseModel):
    """The embedding model as written in a manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    revision: str
    dimension: int

    @classmethod
    def of(cls, identity: EmbedderIdentity) -> Self:
        """Return the record of `identity`."""
        return cls(model=identity.model, revision=identity.revision, dimension=identity.dimension)


class IndexManifest(BaseModel):
    """What stands in `manifest.json` of a generation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: int = SCHEMA_VERSION
    generation: str
    created_at: str
    """ISO 8601, UTC."""
    embedder: EmbedderRecord
    chunking: str
    normaliser_version: str
    store: str
    """Which vector store wrote the vectors, with its parameters and, where measured, its recall."""
    corpus_hash: str
    """SHA-256 over the names and content hashes of the documents, in order."""
    documents: int
    passages: int
    sentences: int
    checksums: dict[str, str]
    """SHA-256 of every other file of the generation, by name."""

    def status(self) -> IndexStatus:
        """Return what people are told of the index."""
        return IndexStatus(
            generation=self.generation,
            documents=self.documents,
            passages=self.passages,
            sentences=self.sentences,
            model=self.embedder.model,
            built_at=self.created_at,
        )

    def refuse_mismatch(self, embedder: EmbedderIdentity, chunking: str, normaliser_version: str) -> None:
        """Raise IndexMismatchError naming the first thing that differs from what is configured."""
        wanted = EmbedderRecord.of(embedder)
        for name, found, expected in (
            ("embedding model", self.embedder.model, wanted.model),
            ("embedding dimension", self.embedder.dimension, wanted.dimension),
            ("revision of the embedding model", self.embedder.revision, wanted.revision),
            ("chunking", self.chunking, chunking),
            ("normaliser", self.normaliser_version, normaliser_version),
        ):
            if found != expected:
                raise IndexMismatchError(
                    f"the index was built with {name} {found!r}, expected {expected!r}; run: {REBUILD}"
                )


def read_manifest(folder: Path) -> IndexManifest:
    """Return the manifest of a generation folder; raises IndexDamagedError or IndexMismatchError."""
    path = folder / MANIFEST_NAME
    try:
        manifest = IndexManifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = (
            f"{error.error_count()} wrong fields" if isinstance(error, ValidationError) else error.strerror
        )
        raise IndexDamagedError(
            f"{path}: {reason}, expected the manifest of an index; run: {REBUILD}"
        ) from error
    if manifest.schema_version != SCHEMA_VERSION:
        raise IndexMismatchError(
            f"the index has schema {manifest.schema_version}, expected {SCHEMA_VERSION}; run: {REBUILD}"
        )
    return manifest


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def verify_checksums(folder: Path, manifest: IndexManifest) -> None:
    """Raise IndexDamagedError naming the first file that is missing or not what the manifest records."""
    for name, expected in manifest.checksums.items():
        path = folder / name
        if not path.is_file():
            raise IndexDamagedError(f"{path} is missing, expected a file of the index; run: {REBUILD}")
        found = checksum(path)
        if found != expected:
            raise IndexDamagedError(
                f"{path} has checksum {found[:12]}…, expected {expected[:12]}…: it is damaged; run: {REBUILD}"
            )
