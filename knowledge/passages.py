"""A document cut into passages of whole sentences: what is embedded, ranked and quoted from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from knowledge.sentences import MAX_WORDS, split_sentences
from knowledge.types import Document, Passage, Sentence

CountTokens = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Chunking:
    """How documents are cut; goes into the index manifest, so that another way of cutting is noticed."""

    name: str = "whole-sentences-1"
    target_words: int = 80
    """A passage is closed once it has this many words; at a paragraph's end, three quarters will do."""
    max_words: int = 150
    """Never more; a document that fits is one passage."""
    max_tokens: int = 440
    """Of the 512 that the model reads; the rest is for its prefix and the title."""
    sentence_words: int = MAX_WORDS

    def __post_init__(self) -> None:
        if not 0 < self.target_words <= self.max_words or not 0 < self.sentence_words <= self.max_words:
            raise ValueError(f"expected 0 < target_words, sentence_words <= max_words, found {self}")
        if self.max_tokens < 8:
            raise ValueError(f"expected max_tokens of at least 8, found {self.max_tokens}")


@dataclass(frozen=True, slots=True)
class _Unit:
    """Sentences that stay together: a heading and what follows it, or one sentence."""

    sentences: tuple[Sentence, ...]
    words: int
    tokens: int
    opens_paragraph: bool


DEFAULT_CHUNKING = Chunking()


def split_passages(
    document: Document,
    chunking: Chunking = DEFAULT_CHUNKING,
    *,
    count_tokens: CountTokens | None = None,
) -> tuple[Passage, ...]:
    """Cut `document` into passages; each sentence is in exactly one, in reading order.

    `count_tokens` counts what the model would read of a text; without it only words bound a passage. The
    tokens of a passage are taken as the sum over its sentences, which is never too few.
    """
    counter = count_tokens or (lambda _: 0)
    units = list(_units(document.text, chunking, counter))
    return tuple(_passage(document, ordinal, group) for ordinal, group in enumerate(_group(units, chunking)))


def _passage(document: Document, ordinal: int, group: list[_Unit]) -> Passage:
    sentences = tuple(sentence for unit in group for sentence in unit.sentences)
    start, end = sentences[0].start, sentences[-1].end
    return Passage(
        id=f"{document.id}#{ordinal}",
        document_id=document.id,
        title=document.title,
        ordinal=ordinal,
        text=document.text[start:end],
        start=start,
        end=end,
        sentences=sentences,
    )


def _units(text: str, chunking: Chunking, count_tokens: CountTokens) -> Iterator[_Unit]:
    headings: list[_Unit] = []
    previous_end = 0
    sentences = split_sentences(text, max_words=chunking.sentence_words)
    for sentence in (part for whole in sentences for part in _fit(whole, chunking.max_tokens, count_tokens)):
        opens = previous_end == 0 or "\n\n" in text[previous_end : sentence.start]
        heading = opens and _is_heading(text, sentence)
        words = len(sentence.text.split())
        unit = _Unit((sentence,), words, count_tokens(sentence.text), opens)
        previous_end = sentence.end
        if heading and len(headings) < 3:
            headings.append(unit)
            continue
        yield from _join([*headings, unit], chunking)
        headings = []
    yield from _join(headings, chunking)


def _is_heading(text: str, sentence: Sentence) -> bool:
    """A short line between blank lines (the caller knows of the one before) without a stop at its end."""
    return (
        text.startswith("\n\n", sentence.end)
        and len(sentence.text.split()) <= 12
        and sentence.text[-1] not in ".!؟?…؛،»"
    )


def _join(units: list[_Unit], chunking: Chunking) -> Iterator[_Unit]:
    """One unit of all, or the units as they are where they would be too long for a passage."""
    words, tokens = sum(unit.words for unit in units), sum(unit.tokens for unit in units)
    if len(units) < 2 or words > chunking.max_words or tokens > chunking.max_tokens:
        yield from units
    else:
        sentences = tuple(sentence for unit in units for sentence in unit.sentences)
        yield _Unit(sentences, words, tokens, units[0].opens_paragraph)


def _fit(sentence: Sentence, max_tokens: int, count_tokens: CountTokens) -> Iterator[Sentence]:
    """Halve a sentence, at a blank where there is one, until the model reads each part whole."""
    text = sentence.text
    if len(text) < 2 or count_tokens(text) <= max_tokens:
        yield sentence
        return
    middle = len(text) // 2
    blanks = [at for at in (text.rfind(" ", 0, middle), text.find(" ", middle)) if at > 0]
    cut = min(blanks, key=lambda at: abs(at - middle), default=middle)
    for start, end in ((0, cut), (cut, len(text))):
        part = text[start:end]
        first = sentence.start + start + len(part) - len(part.lstrip())
        part = part.strip()
        yield from _fit(Sentence(part, first, first + len(part)), max_tokens, count_tokens)


def _group(units: list[_Unit], chunking: Chunking) -> Iterator[list[_Unit]]:
    """Close a passage when it is full, long enough, or well begun at a new paragraph or heading."""
    waiting: list[_Unit] = []
    group: list[_Unit] = []
    if _fits(units, chunking):
        if units:
            yield units
        return
    for unit in units:
        words = sum(member.words for member in group)
        enough = chunking.target_words * (3 if unit.opens_paragraph else 4)
        if group and (4 * words >= enough or not _fits([*group, unit], chunking)):
            if waiting:
                yield waiting
            waiting, group = group, []
        group.append(unit)
    # A last passage of a line or two tells too little: it goes to the one before where that has room.
    if sum(unit.words for unit in group) < chunking.target_words // 3 and _fits([*waiting, *group], chunking):
        waiting, group = [*waiting, *group], []
    yield from (part for part in (waiting, group) if part)


def _fits(units: list[_Unit], chunking: Chunking) -> bool:
    return (
        sum(unit.words for unit in units) <= chunking.max_words
        and sum(unit.tokens for unit in units) <= chunking.max_tokens
    )
