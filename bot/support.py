"""Is there an answer at all? One calibrated probability from what retrieval and the reader saw; pure."""

from dataclasses import dataclass

from index.retriever import Candidates


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer."""

    similarity: float


def evidence_of(found: Candidates) -> Evidence:
    return Evidence(float(found.sentence_similarity.max()))


def confidence(evidence: Evidence) -> float:
    return evidence.similarity
