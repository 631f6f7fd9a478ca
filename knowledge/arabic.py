"""Arabic for matching: normalise, tokenise, stem, cut into letter sequences. Never for display."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from threading import local

NORMALISER_VERSION = "1"
"""Raised whenever the same text may give other tokens; an index of another version is refused."""

_SAME_LETTER = str.maketrans(
    {
        **dict.fromkeys("أإآٱٲٳ", "ا"),
        **dict.fromkeys("ىیيېۍ", "ي"),
        "ئ": "ي",
        "ؤ": "و",
        "ة": "ه",
        "ۀ": "ه",
        "ہ": "ه",
        "ھ": "ه",
        "ک": "ك",
        # Letters for foreign sounds, as Arabs without such a keyboard write them.
        "گ": "ك",
        "ڭ": "ك",
        "چ": "ج",
        "پ": "ب",
        "ڤ": "ف",
        "ژ": "ز",
        "ـ": "",
        "ء": "",
        "٫": ".",
        "٬": "",
    }
)
# A number, a run of Arabic letters or a run of others: الـbitcoin is two words.
# The Arabic letters are spelt out, for a look ahead at every letter takes twice as long.
_LETTERS = "".join(character for character in map(chr, range(0x600, 0x700)) if character.isalpha())
_WORD = re.compile(rf"\d+(?:[.,]\d+)*|[{_LETTERS}]+|(?:(?![\u0600-\u06ff])[^\W\d_])+")
_TRIPLED = re.compile(r"(.)\1\1")
_ELONGATED = re.compile(r"([^\W\d_])\1{2,}")
_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")
_stemmers = local()


@dataclass(frozen=True, slots=True)
class Token:
    """One word in its matching form; `start` and `end` are offsets into the text as it was given."""

    text: str
    start: int
    end: int


class _MatchingForm(dict[int, str]):
    """What one code point becomes for matching; filled as code points are met."""

    def __missing__(self, code_point: int) -> str:
        form = ""
        for character in unicodedata.normalize("NFKC", chr(code_point)):
            category = unicodedata.category(character)
            if category == "Nd":
                form += str(unicodedata.digit(character))
            elif category == "Zs":
                form += " "
            # Marks are vowel signs here, Cf the invisible direction and joining controls.
            elif category not in {"Mn", "Me", "Cf"}:
                form += character.lower().translate(_SAME_LETTER)
        self[code_point] = form
        return form


_FORMS = _MatchingForm()


def normalise(text: str) -> str:
    """Return `text` in its matching form: one shape per letter, ASCII digits, no vowel signs or controls."""
    plain = text.translate(_FORMS)
    # Hardly any text has an elongated word, and looking for one is quicker than mending it.
    return _ELONGATED.sub(r"\1", plain) if _TRIPLED.search(plain) else plain


def tokenise(text: str) -> list[str]:
    """Return the words and numbers of `text` in their matching form."""
    return _WORD.findall(normalise(text))


# One question is looked at from many sides, again and again.
@lru_cache(maxsize=64)
def tokenise_with_offsets(text: str) -> tuple[Token, ...]:
    """Return the words of `text` in their matching form with the place each has in the original."""
    forms = [_FORMS[ord(character)] for character in text]
    origin = [index for index, form in enumerate(forms) for _ in form]
    plain = "".join(forms)
    elongated = _TRIPLED.search(plain) is not None
    return tuple(
        Token(
            _ELONGATED.sub(r"\1", match.group()) if elongated else match.group(),
            origin[match.start()],
            origin[match.end() - 1] + 1,
        )
        for match in _WORD.finditer(plain)
    )


def is_arabic(text: str) -> bool:
    """Tell whether `text` holds an Arabic letter."""
    return _ARABIC.search(text) is not None


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the light stem of a word in matching form (Snowball's Arabic stemmer; other scripts unchanged).

    Source: Snowball, https://snowballstem.org/algorithms/arabic/stemmer.html
    """
    if not is_arabic(word):
        return word
    if not hasattr(_stemmers, "arabic"):
        import Stemmer

        _stemmers.arabic = Stemmer.Stemmer("arabic")
    # In matching form a final ه may have been a ة, which the stemmer knows as a suffix; so is the pronoun ه.
    stemmed: str = _stemmers.arabic.stemWord(f"{word[:-1]}ة" if word.endswith("ه") else word)
    return stemmed.translate(_SAME_LETTER) or word


def letter_sequences(stemmed: str, length: int = 4) -> list[str]:
    """Return the overlapping runs of `length` characters of a stem, or the stem itself when it is shorter.

    Sub-word units carry Arabic better than words: prefixes and suffixes that the stemmer leaves
    share most of their runs with the bare form.
    """
    if len(stemmed) <= length:
        return [stemmed]
    return [stemmed[at : at + length] for at in range(len(stemmed) - length + 1)]
