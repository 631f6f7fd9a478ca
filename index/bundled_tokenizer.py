"""The bundled model's tokenizer, with the vocabulary cut to what Arabic articles contain.

XLM-R's normaliser maps text code point by code point. NFKC is nearly the same but also reorders a shadda and
a vowel, which changes tokens of vocalised words, so the model's own map is applied here in Python.
"""

import json
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import ModelError
from index.q4_weights import Q4File

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

TOKENIZER_FILE = "tokenizer.json"
NORMALISER_FILE = "normaliser.json"
BOS, PAD, EOS, UNKNOWN = 0, 1, 2, 3
_MARKERS = 4
# Pieces are ordered by how common they are; each kept one takes nearly a kilobyte of memory.
_COMMON_RANKS = 60_000
_FIRST_IDEOGRAPH = "\u2e80"
_ARABIC_BLOCKS = ((0x600, 0x700), (0x750, 0x780), (0x8A0, 0x900), (0xFB50, 0xFE00), (0xFE70, 0xFF00))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids of one text or a pair; per token its place in its own text (code points, end exclusive).

    The place of a word's first token includes the space before the word.
    `texts` says which text a token comes from: 0, 1, or -1 for a marker, whose offsets are (0, 0).
    """

    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]
    texts: tuple[int, ...]


def kept_pieces(weights: Q4File) -> list[int]:
    """Return the ids of the pieces that are kept, two fifths of all.

    They are markers, Arabic, ASCII, digits and symbols; common pieces with accented Latin letters, for
    foreign names; and single letters of other alphabets.
    """
    return [i for i, piece in enumerate(weights.pieces) if i < _MARKERS or _is_kept(i, piece)]


def _is_kept(rank: int, piece: str) -> bool:
    letters = piece.removeprefix("▁")
    if all(map(_is_common, letters)) or (len(letters) == 1 and letters < _FIRST_IDEOGRAPH):
        return True
    return rank < _COMMON_RANKS and all(_is_common(c) or "LATIN" in unicodedata.name(c, "") for c in letters)


def _is_common(character: str) -> bool:
    code_point = ord(character)
    if code_point < 0x80 or any(first <= code_point < last for first, last in _ARABIC_BLOCKS):
        return True
    return unicodedata.category(character)[0] in "NPSZ"


def write(weights: Q4File, kept: Sequence[int], folder: Path) -> None:
    """Write the tokenizer of the kept pieces, whose ids become their places in `kept`."""
    tokenizer(weights, kept).save(str(folder / TOKENIZER_FILE), pretty=False)
    mapping = {str(code_point): text for code_point, text in weights.normaliser.items()}
    (folder / NORMALISER_FILE).write_text(json.dumps(mapping), encoding="utf-8")


def tokenizer(weights: Q4File, kept: Sequence[int]) -> "Tokenizer":
    """Return the tokenizer without the code point map: unigram, metaspace, `<s> text </s>`."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = [(weights.pieces[i], weights.scores[i]) for i in kept]
    built = Tokenizer(models.Unigram(vocabulary, unk_id=UNKNOWN))
    built.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    built.pre_tokenizer = pre_tokenizers.Metaspace()
    built.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", BOS), ("</s>", EOS)],
    )
    return built


class BundledTokenizer:
    """Text to token ids of the bundled model; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Load the tokenizer of a folder that `bundled_model.ensure` returned; raises ModelError."""
        from tokenizers import Tokenizer

        try:
            mapping = json.loads((folder / NORMALISER_FILE).read_text(encoding="utf-8"))
            self._map = {int(code_point): text for code_point, text in mapping.items()}
            self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:  # tokenizers raises plain Exception
            raise ModelError(
                f"The tokenizer in {folder} cannot be read: {error}. Delete that folder; it is built again."
            ) from error

    def count(self, text: str) -> int:
        """Return the number of tokens, the two markers included, without truncation."""
        return len(self._tokenizer.encode(self._normalise(text)).ids)

    def ids(self, text: str, limit: int) -> list[int]:
        """Return `<s> text </s>` as ids, at most `limit` of them."""
        ids: list[int] = self._tokenizer.encode(self._normalise(text)).ids
        return ids if len(ids) <= limit else [*ids[: limit - 1], EOS]

    def encode(self, text: str, limit: int) -> Tokens:
        """Return `<s> text </s>` with offsets into `text`, at most `limit` tokens."""
        return self._tokens(self._tokenizer.encode(self._normalise(text)), [text], limit)

    def encode_pair(self, first: str, second: str, limit: int) -> Tokens:
        """Return `<s> first </s></s> second </s>` with offsets into each, at most `limit` tokens.

        What does not fit is cut from the end, so `second` suffers first.
        """
        encoded = self._tokenizer.encode(self._normalise(first), self._normalise(second))
        return self._tokens(encoded, [first, second], limit)

    def _normalise(self, text: str) -> str:
        mapped = text.translate(self._map)
        # A lone surrogate (from a damaged file name or a console) cannot be encoded.
        return mapped if mapped.isascii() else mapped.encode("utf-8", "replace").decode("utf-8")

    def _tokens(self, encoded: "Encoding", texts: Sequence[str], limit: int) -> Tokens:
        starts = [self._starts(text) for text in texts]
        offsets = [
            (0, 0) if text is None else _source(starts[text], *place)
            for text, place in zip(encoded.sequence_ids, encoded.offsets, strict=True)
        ]
        tokens = list(
            zip(encoded.ids, offsets, [-1 if t is None else t for t in encoded.sequence_ids], strict=True)
        )
        fitting = tokens if len(tokens) <= limit else [*tokens[: limit - 1], tokens[-1]]
        ids, places, owners = zip(*fitting, strict=True)
        return Tokens(ids, places, owners)

    def _starts(self, text: str) -> list[int]:
        """Return where each code point of the text begins in the normalised text, then its length."""
        return list(accumulate((len(self._map.get(ord(c), c)) for c in text), initial=0))


def _source(starts: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """Return the place in the text of a place in the normalised text."""
    first = bisect_right(starts, start) - 1
    return (first, first) if end <= start else (first, bisect_right(starts, end - 1))
