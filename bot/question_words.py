"""What each word does in a question: joins, asks, points, or names something; from its form alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final

from knowledge.arabic import is_arabic, normalise, tokenise_with_offsets
from knowledge.lexicon import words as lexicon_words
from knowledge.scripts import english_function_words

_LEXICON = Path(__file__).parent / "texts" / "follow_up.txt"
COPULAS: Final = frozenset(("هو", "هي", "هم"))
NAMING: Final = frozenset(("من", "ما", "مين", "شكون", "منو", "وش", "شو", "ايش", "ايه"))
DEMONSTRATIVES: Final = frozenset(("هذا", "هذه", "هذان", "هولا", "ذلك", "تلك", "هاد", "هاذ", "هاذي"))
_COUNTING = frozenset(("كم", "اي", "ايه", "كام", "شحال", "قديش", "باي", "لاي"))
_RELATIVES = {
    "الذي": ("ه",),
    "التي": ("ها",),
    "الذين": ("هم",),
    "اللي": ("ه", "ها", "هم", "و"),
}
"""The pronouns that each relative one is taken up by."""
_ARTICLE = re.compile(r"[وف]?(?:ال|بال|لل|كال)\w{2,}")
_HAMZA_ON_ALIF = ("أل", "إل", "آل")
_CERTAIN_PRONOUN = re.compile(r"\w{2,}ها|\w{3,}(?:هم|هن|هما)")
_PRONOUN = re.compile(rf"{_CERTAIN_PRONOUN.pattern}|\w{{2,}}ه")
_INDEFINITE = re.compile(r"\w{2,}(?:ًا|اً)")
_VERB = re.compile(
    r"ي\w{3,}"  # يفعل
    r"|\w{3,}وا"  # فعلوا
    r"|(?!ات)\w{2,}[^اي]ت"  # فعلت, but not شركات
    r"|ا(?:ست|ن)\w{2,}[^ا]\w"  # استفعل, انفعل, but not استفعال
    r"|ت\w{1,2}[^ي]\w"  # تفعل, but not تفعيل
)


class Role(Enum):
    """What a word does in a question; the sections of texts/follow_up.txt, and OWN."""

    CONNECTOR = "connector"
    ABOUT = "about"
    QUESTION = "question"
    REFERENCE = "reference"
    GENERIC = "generic"
    OWN = "own"
    """It may name a subject."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word in matching form, and as it was typed, both without a conjunction joined to it."""

    text: str
    typed: str
    role: Role
    joined: bool
    """Whether a conjunction (و, ف) stood joined to it."""
    is_counted: bool
    """Whether it is what "how many" or "which" is asked of."""

    @property
    def is_definite(self) -> bool:
        """Whether it begins with the article; ألغى does not, though its matching form looks so."""
        return _ARTICLE.fullmatch(self.text) is not None and not self.typed.startswith(_HAMZA_ON_ALIF)

    @property
    def is_indefinite(self) -> bool:
        """Whether it is an accusative with its vowel sign: "كم صوتًا"."""
        return _INDEFINITE.fullmatch(self.typed) is not None

    @property
    def is_verb(self) -> bool:
        """Whether it has the form of a verb that few nouns have."""
        return is_arabic(self.text) and _VERB.fullmatch(self.text) is not None

    @property
    def has_pronoun(self) -> bool:
        """Whether it may end in a pronoun of the third person; a final ه may be a ة."""
        return self._ends_in(_PRONOUN)

    @property
    def has_certain_pronoun(self) -> bool:
        """Whether it ends in a pronoun of the third person that is more than a ه."""
        return self._ends_in(_CERTAIN_PRONOUN)

    def _ends_in(self, pronoun: re.Pattern[str]) -> bool:
        if not is_arabic(self.text) or self.typed.endswith("ة") or self.is_indefinite or self.is_definite:
            return False
        return pronoun.fullmatch(self.text) is not None


def words_of(wording: str) -> list[Word]:
    """Return the words of a question in standard Arabic, or in English, each with what it does."""
    found: list[Word] = []
    for token in tokenise_with_offsets(wording):
        counted = bool(found) and found[-1].text in _COUNTING
        # A final hamza leaves nothing in matching form, where a token ends.
        end = token.end + wording.startswith("ء", token.end)
        found.append(_word(token.text, wording[token.start : end], first=not found, counted=counted))
    return found


def kind_of(text: str) -> Role | None:
    """Return the role of a word in matching form that the lists know, or None."""
    return _roles().get(text)


def resumes(before: Sequence[Word], word: Word) -> bool:
    """Whether a pronoun only takes up a relative one: "المدة التي أمضتها", "ما الذي استغربته"."""
    return any(
        word.text.endswith(_RELATIVES[earlier.text]) for earlier in before if earlier.text in _RELATIVES
    )


def _word(text: str, typed: str, *, first: bool, counted: bool) -> Word:
    # In matching form the name هناء is هنا, "here".
    role = None if typed.endswith("ء") else kind_of(text)
    rest = text[1:]
    begins = first and (rest.startswith(("ال", "لل")) or len(rest) > 3)
    # فقد is "lost" far oftener than ف and قد.
    listed = kind_of(rest) is not None and (text[0] == "و" or len(rest) > 2 or role is not None)
    joined = text[0] in "وف" and (listed or begins)
    if not joined or (role is not None and role is not Role.QUESTION):
        return Word(text, typed, role or Role.OWN, joined=False, is_counted=counted)
    return Word(rest, typed[1:], kind_of(rest) or Role.OWN, joined=True, is_counted=counted)


@cache
def _roles() -> dict[str, Role]:
    """Every listed word in matching form; the first list that has it counts."""
    roles: dict[str, Role] = {}
    role = Role.OWN
    for line in _LEXICON.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            role = Role(line.strip("[]"))
        elif line and not line.startswith("#"):
            for word in line.split():
                roles.setdefault(normalise(word), role)
    for word in lexicon_words("question_words"):
        roles.setdefault(normalise(word), Role.QUESTION)
    for word in english_function_words():
        roles.setdefault(word, Role.GENERIC)
    return roles
