"""Numbers and months in any writing → one token each, to be added beside the words they are written in.

Both sides of a search add these tokens, so that 2021, ٢٠٢١ and "ألفين وواحد وعشرين" meet, and كانون الثاني
meets يناير. Hijri months are left alone: they are no other names of Gregorian ones.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache, lru_cache

from knowledge.arabic import normalise
from knowledge.lexicon import lines
from knowledge.number_runs import NumberRun, NumberWord

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PROCLITICS = re.compile(r"^(?:ال|بال|لل|كال|[بلك](?=..))")
_YEAR_WORDS = frozenset({"سنه", "عام", "سنت", "العام", "السنه", "لعام", "لسنه", "بسنه", "بعام"})
_MONTH_WORDS = frozenset({"شهر", "لشهر", "بشهر", "وشهر", "اواخر", "اوايل", "مطلع", "منتصف"})
_PER_CENT = frozenset({"بالميه", "بالمايه", "بالمييه"})
_LONGEST_DIGITS = 18


@cache
def _number_words() -> dict[str, tuple[str, Fraction]]:
    known: dict[str, tuple[str, Fraction]] = {}
    for line in lines("numbers"):
        value, _, forms = line.partition(":")
        kind = value[0] if value[0].isalpha() else ""
        for form in forms.split():
            known.setdefault(normalise(form), (kind, Fraction(value.removeprefix(kind))))
    return known


@cache
def _months() -> dict[tuple[str, ...], tuple[str, bool]]:
    known: dict[tuple[str, ...], tuple[str, bool]] = {}
    for line in lines("months"):
        month, _, names = line.partition(":")
        for name in names.split():
            words = tuple(normalise(name.lstrip("?")).split("_"))
            known[words] = (f"month{month}", name.startswith("?"))
    return known


def _digits_value(token: str) -> Fraction | None:
    """The value of a token of digits; a comma divides thousands, or else the decimals."""
    if not _DIGITS.fullmatch(token) or len(token) > _LONGEST_DIGITS:
        return None
    plain = token.replace(",", "") if _THOUSANDS.fullmatch(token) else token.replace(",", ".")
    return Fraction(plain) if plain.count(".") <= 1 else None


@lru_cache(maxsize=8192)
def _word_of(token: str) -> NumberWord | None:
    value = _digits_value(token)
    if value is not None:
        return NumberWord(value, joined=False, kind="n")
    for conjunction in ("", "و"):
        form = token.removeprefix(conjunction)
        if conjunction and form == token:
            continue
        known = _number_words().get(form) or _number_words().get(_PROCLITICS.sub("", form))
        if known is not None:
            return NumberWord(known[1], joined=bool(conjunction), kind=known[0])
    return None


def _written(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.4f}".rstrip("0").rstrip(".")


def _says_something(run: NumberRun, word: str) -> bool:
    """A lone "one" is mostly a pronoun, a lone half no number, and lone thousands are only "many"."""
    if run.words > 1:
        return True
    return not (run.kind == "f" or run.value == 1 or word in {"الاف", "تلاف", "ملايين", "مليارات", "بلايين"})


def _is_no_number(tokens: Sequence[str], at: int) -> bool:
    """The "hundred" of "per cent", and the "second" of كانون الثاني."""
    before = tokens[at - 1] if at else ""
    percent = tokens[at] in _PER_CENT or (before == "في" and tokens[at] in {"الميه", "المايه"})
    return percent or (before.endswith(("كانون", "تشرين")) and tokens[at] in {"الاول", "الثاني", "التاني"})


def _runs(tokens: Sequence[str]) -> Iterator[tuple[int, int, NumberRun]]:
    """Yield the place and the value of every number: first token, token after it, run."""
    at = 0
    while at < len(tokens):
        run, start = NumberRun(), at
        if _is_no_number(tokens, at):
            at += 1
            continue
        while at < len(tokens):
            # "و" may stand by itself: "عشرين و واحد".
            apart = tokens[at] == "و" and run.words > 0 and at + 1 < len(tokens)
            word = _word_of(tokens[at + 1] if apart else tokens[at])
            # وأحد عشر looks like واحد.
            eleven = tokens[at] == "واحد" and run.words > 0 and tokens[at + 1 : at + 2] in (["عشر"], ["عشره"])
            if word is not None and (apart or eleven):
                word = NumberWord(word.value, joined=True, kind=word.kind)
            if word is None or not run.take(word):
                break
            at += 2 if apart else 1
        if run.words:
            yield start, at, run
        else:
            at += 1


def _numbers(tokens: Sequence[str]) -> Iterator[str]:
    previous: tuple[int, Fraction] | None = None
    for start, end, run in _runs(tokens):
        after_year = start > 0 and tokens[start - 1] in _YEAR_WORDS
        if _says_something(run, tokens[start]):
            written = _written(run.value)
            if tokens[start:end] != [written]:
                yield written
        # Egyptians read 1956 as "تسعتاشر ستة وخمسين".
        if previous is not None and previous[0] == start and run.value < 100:
            yield _written(previous[1] * 100 + run.value)
        previous = (end, run.value) if after_year and 11 <= run.value <= 20 else None


def _is_date_beside(tokens: Sequence[str], start: int, end: int) -> bool:
    before = tokens[start - 1] if start else ""
    after = tokens[end] if end < len(tokens) else ""
    numbers = (_word_of(neighbour) for neighbour in (before, after) if neighbour)
    return before in _MONTH_WORDS or any(number is not None and number.kind == "n" for number in numbers)


def _month_tokens(tokens: Sequence[str]) -> Iterator[str]:
    for at, token in enumerate(tokens):
        for length in (2, 1):
            words = tuple(tokens[at : at + length])
            found = _months().get(words)
            if found is None and token[:1] in "وفبل":
                found = _months().get((token[1:], *words[1:]))
            if found is not None:
                month, doubtful = found
                if not doubtful or _is_date_beside(tokens, at, at + length):
                    yield month
                break


def canonical_numbers(tokens: Sequence[str]) -> list[str]:
    """Return tokens to add to `tokens` (words in matching form): digits for numbers in words, and months.

    Numbers come as plain digits ("2021", "1500000", "3.5"), Gregorian months as "month1" to "month12".
    A number that stands there in plain digits already is not repeated.
    """
    return [*_numbers(tokens), *_month_tokens(tokens)]
