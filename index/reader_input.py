"""What the reader is given: a question and one sentence with the end of the sentence before it, as token ids.

    <s> question </s></s> end of the sentence before, sentence </s>

Tokens of the sentence itself have type 1, all others type 0.
"""

from dataclasses import dataclass

from index.bundled_tokenizer import BOS, EOS, BundledTokenizer

QUESTION_TOKENS, BEFORE_TOKENS, SENTENCE_TOKENS = 40, 8, 80


@dataclass(frozen=True, slots=True)
class Pair:
    """The token ids and types of one pair; `places` are the code points of each token of the sentence."""

    ids: tuple[int, ...]
    types: tuple[int, ...]
    first: int
    """Where the sentence's tokens begin."""
    places: tuple[tuple[int, int], ...]


def pair_of(tokenizer: BundledTokenizer, question: str, before: str, sentence: str) -> Pair:
    """Return the pair of `question` and `sentence`, each cut to the tokens that the reader reads of it."""
    # Markers aside; a text and its two markers fit a limit of two more.
    asked = tokenizer.ids(question, QUESTION_TOKENS + 2)[1:-1]
    context = tokenizer.ids(before, 512)[1:-1][-BEFORE_TOKENS:] if before else []
    tokens = tokenizer.encode(sentence, SENTENCE_TOKENS + 2)
    body = tokens.ids[1:-1]
    first = len(asked) + 3 + len(context)
    return Pair(
        ids=(BOS, *asked, EOS, EOS, *context, *body, EOS),
        types=(*[0] * first, *[1] * len(body), 0),
        first=first,
        places=tokens.offsets[1:-1],
    )
