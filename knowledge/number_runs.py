"""Number words in a row, added up as Arabic does: units before tens, scales after what they multiply."""

from dataclasses import dataclass
from fractions import Fraction

TEN = 10


@dataclass(frozen=True, slots=True)
class NumberWord:
    """A number word: its value, whether و joins it to the one before, and its kind.

    Kinds: "" a cardinal, n digits, o an ordinal, d two of a unit, f a part, as in lexicon/numbers.txt.
    """

    value: Fraction
    joined: bool
    kind: str


class NumberRun:
    """A number under construction: what is finished of it, and the part below the next scale word."""

    def __init__(self) -> None:
        self.total = Fraction(0)
        self.part = Fraction(0)
        self.scale = Fraction(0)
        self.last = Fraction(0)
        self.words = 0
        self.kind = ""

    def _fits(self, word: NumberWord) -> bool:
        """Whether a smaller number joined by و continues this one: "خمسة وعشرون", "مئة وخمسة"."""
        if not word.joined:
            return False
        if self.part == 0:
            return word.value < self.scale and word.value < 1000
        if self.part % 100 < 10 and self.part % 100 > 0 and 20 <= word.value < 100:
            return word.value % 10 == 0
        return self.part % 100 == 0 and word.value < 100 and self.part >= 100

    def take(self, word: NumberWord) -> bool:
        """Add `word` when it continues the number; return whether it did."""
        taken = self._take(word)
        if taken:
            self.last = word.value
            self.words += 1
            self.kind = self.kind or word.kind or "w"
        return taken

    def _take(self, word: NumberWord) -> bool:
        if self.words == 0:
            return self._begin(word)
        if word.kind == "f":
            return word.joined and self.kind != "o" and self._add_fraction(word.value)
        if word.kind in {"o", "d"} or (word.kind == "n" and not word.joined):
            return False
        if word.value >= 1000:
            return self._multiply(word)
        if word.value in {TEN, 100} and not word.joined:
            return self._make_teen() if word.value == TEN else self._make_hundreds()
        fits = self._fits(word)
        self.part += word.value if fits else 0
        return fits

    def _make_hundreds(self) -> bool:
        """ "ثلاث مئة" in two words."""
        fits = 3 <= self.part < 10
        self.part *= 100 if fits else 1
        return fits

    def _add_fraction(self, value: Fraction) -> bool:
        """ "مليون ونصف" is half a million more, "ثلاثة ونصف" half of one."""
        self.total += value * (self.scale if self.scale and not self.part else 1)
        return True

    def _make_teen(self) -> bool:
        """ "ثلاثة عشر", "الثالث عشر", and "الحادي عشر", whose first word is 11 by itself."""
        if not 0 < self.last < TEN + 2 or self.last == TEN or self.kind not in {"w", "o"}:
            return False
        self.part += 0 if self.last == TEN + 1 else TEN
        return True

    def _begin(self, word: NumberWord) -> bool:
        if word.value >= 1000 and not word.kind:
            self.total = word.value
            self.scale = Fraction(10 ** (len(str(word.value.numerator)) - 1))
        else:
            self.part = word.value
        return True

    def _multiply(self, word: NumberWord) -> bool:
        if word.joined or not self.part:
            # "مليون وألف": one more of a smaller scale.
            if not word.joined or self.part or (self.scale and word.value >= self.scale):
                return False
            self.total += word.value
            self.scale = Fraction(10 ** (len(str(word.value.numerator)) - 1))
            return True
        if self.scale and word.value >= self.scale:
            return False
        self.total += self.part * word.value
        self.part, self.scale = Fraction(0), word.value
        return True

    @property
    def value(self) -> Fraction:
        return self.total + self.part
