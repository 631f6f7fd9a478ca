"""Which sentences are quoted, and which words of them are marked."""

from collections.abc import Mapping

import numpy as np

from bot.answer import Quote, Span
from index.generation import Generation
from index.protocols import PassageSource, ReadSentence
from index.retriever import Candidates

SECOND_SENTENCE_MARGIN = 0.35
"""A neighbour is quoted too when its score is this near to the best sentence's.

The scores of neighbours differ by .1 to .5; at .35 about one quotation in four has two sentences.
"""

SECOND_SENTENCE_MARGIN_READ = 6.0
"""The same where the logits of a reader and a matcher are part of the scores."""
SPAN_CERTAINTY = 0.4
"""The probability from which words are marked as those that answer."""


def quotes_of(
    generation: Generation, found: Candidates, read: Mapping[int, ReadSentence], *, always: bool = False
) -> tuple[Quote, ...]:
    """Return the best sentence, and its better neighbour in its document when that is nearly as good.

    `read` is empty without a reader. Words are marked where it is sure of them; with `always`, in the best
    sentence in any case.
    """
    if not len(found.sentences):
        return ()
    passages = generation.passages
    best = int(found.sentence_score.argmax())
    row = int(found.sentences[best])
    near = np.flatnonzero(abs(found.sentences - row) <= 1)
    rows = found.sentences[near]
    passage_of = dict(zip(rows.tolist(), passages.passage_of_sentence(rows).tolist(), strict=True))
    chosen = [row]
    neighbours = [
        (score, other)
        for score, other in zip(found.sentence_score[near].tolist(), passage_of, strict=True)
        if other != row and _same_document(passages, passage_of[other], passage_of[row])
    ]
    if neighbours:
        score, neighbour = max(neighbours)
        margin = SECOND_SENTENCE_MARGIN_READ if read else SECOND_SENTENCE_MARGIN
        if float(found.sentence_score[best]) - score < margin:
            chosen.append(neighbour)
    marked = {
        sentence: read[sentence]
        for sentence in chosen
        if sentence in read
        and read[sentence].start < read[sentence].end
        and (_is_sure(read[sentence]) or (always and sentence == row))
    }
    return tuple(
        _quote(passages, sentence, passage_of[sentence], marked.get(sentence)) for sentence in sorted(chosen)
    )


def _same_document(passages: PassageSource, one: int, other: int) -> bool:
    return one == other or passages.document_of(one).id == passages.document_of(other).id


def _quote(passages: PassageSource, sentence: int, row: int, marked: ReadSentence | None) -> Quote:
    passage = passages.passage(row)
    index = sentence - int(passages.first_sentence[row])
    quoted = passage.sentences[index]
    spans = (Span(quoted.start + marked.start, quoted.start + marked.end),) if marked else ()
    return Quote.of(passage, quoted, passages.sentence_number(row, index), spans)


def _is_sure(read: ReadSentence) -> bool:
    return read.score > 0 and read.certainty >= SPAN_CERTAINTY
