"""Arabic in Latin letters is read back; names meet across scripts."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.arabic import normalise, tokenise
from knowledge.arabizi import transliterations, word_readings
from knowledge.questions import readings
from knowledge.skeletons import Vocabulary, skeleton, skeleton_key, skeletons

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "arabizi.json").read_text(encoding="utf-8"))
VOCABULARY = Vocabulary(tokenise(GOLDEN["article"]))
# How a careful writer of Arabizi would spell: every long vowel written, short ones not.
_CAREFUL = {
    "ا": "a", "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "7", "خ": "5", "د": "d", "ذ": "th", "ر": "r",
    "ز": "z", "س": "s", "ش": "sh", "ص": "9", "ض": "d", "ط": "6", "ظ": "z", "ع": "3", "غ": "gh", "ف": "f",
    "ق": "q", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "ou", "ي": "ee",
}  # fmt: skip
_WORDS = "تعدين حكومة شركات مصانع صحراء طاقة قطارات ضريبة ظروف ثلاثون غابات خريطة جامعة مستشفى قوانين شاحنات"


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["text"])
def test_questions_on_an_article(case: dict[str, str]) -> None:
    assert transliterations(case["text"], VOCABULARY)[0] == case["best"]


@pytest.mark.parametrize("word", _WORDS.split())
def test_a_word_of_the_articles_is_found_from_its_letters(word: str) -> None:
    form = normalise(word)
    latin = "".join(_CAREFUL[letter] for letter in form)
    best = word_readings(latin, Vocabulary([form, "كلام", "بيت"]))[0]
    assert normalise(best.text) == form


@pytest.mark.parametrize(
    ("spellings", "word"),
    [
        ("7okouma 7okoma 7ukuma 7okume hokouma", "حكومه"),
        ("sharikat sharikaat sherikat charikat shrikat", "شركات"),
        ("2adeem 2adim qadeem 9adim qadim", "قديم"),
        ("mostasmreen mustathmirin mostathmerin", "مستثمرين"),
        ("e2tisad iqtisad eqtesaad i9tisad", "اقتصاد"),
        ("mo2assasa mu2assasa moassasa", "موسسه"),
        ("5abar khabar 7'abar", "خبر"),
        ("3'aba ghaba 8aba", "غابه"),
        ("el7arb al7arb l7arb el-7arb", "الحرب"),
        ("esh-shams elshams ash-shams ashshams", "الشمس"),
    ],
)
def test_many_spellings_of_a_word(spellings: str, word: str) -> None:
    vocabulary = Vocabulary([word, "كتاب", "شارع", "مدينه"])
    for spelling in spellings.split():
        read = transliterations(spelling, vocabulary)[0].replace(" ", "")
        assert normalise(read) == word, spelling


def test_any_container_of_words_will_do() -> None:
    assert transliterations("mo3amalat", {"معاملات"})[0] == "معاملات"
    assert transliterations("mo3amalat", frozenset())


def test_the_article_decides_between_readings() -> None:
    assert word_readings("sa3b", {"صعب"})[0].text == "صعب"
    assert word_readings("kalb", {"قلب"})[0].text == "قلب"
    assert word_readings("kalb", {"كلب"})[0].text == "كلب"


def test_alternatives_are_few_different_and_in_the_standard() -> None:
    read = readings("leh el 7okoma 2aflet el monsha2at delwa2ty", VOCABULARY)
    assert read.script == "arabizi"
    assert 1 < len(read.alternatives) <= 4
    assert len(set(read.alternatives)) == len(read.alternatives)
    assert read.alternatives[0].split()[0] == "لماذا"
    assert "لماذا" not in read.content
    assert read.standard == "leh el 7okoma 2aflet el monsha2at delwa2ty"


def test_arabic_words_numbers_and_punctuation_stay() -> None:
    best = transliterations("متى bada2 ta3deen، 2021؟", VOCABULARY)[0]
    assert best.split()[0] == "متى"
    assert "2021؟" in best


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bitcoin", "بيتكوين"),
        ("البتكوين", "بيتكوين"),
        ("Kazakhstan", "كازاخستان"),
        ("قازاخستان", "كازاخستان"),
        ("Almaty", "ألماتي"),
        ("Tokayev", "توكاييف"),
        ("Nazarbayev", "نزارباييف"),
        ("Ethereum", "إيثيريوم"),
        ("Washington", "واشنطن"),
        ("Shakespeare", "شكسبير"),
        ("Microsoft", "مايكروسوفت"),
        ("Chernobyl", "تشيرنوبل"),
        ("Netflix", "نتفليكس"),
        ("Mandela", "مانديلا"),
        ("باكستان", "پاکستان"),
    ],
)
def test_names_meet_across_spellings_and_scripts(one: str, other: str) -> None:
    assert skeleton_key(one) == skeleton_key(other) != ""


@pytest.mark.parametrize(("one", "other"), [("Paris", "برلين"), ("London", "لبنان"), ("Bitcoin", "تعدين")])
def test_other_names_do_not(one: str, other: str) -> None:
    assert skeleton_key(one) != skeleton_key(other)


def test_short_words_have_no_key() -> None:
    assert skeleton_key("هو") == skeleton_key("the") == skeleton_key("؟") == skeleton_key("") == ""


def test_a_vocabulary_knows_its_words_bare_and_by_sound() -> None:
    assert "الكهرباء" not in VOCABULARY
    assert "الكهربا" in VOCABULARY
    assert "كهربا" in VOCABULARY
    assert "الماتي" in set(VOCABULARY.sounding_like("almaty"))


@given(st.text(alphabet=string.ascii_letters + string.digits + "'’- .?؟متى", max_size=80))
def test_any_latin_text_is_read(text: str) -> None:
    found = transliterations(text, VOCABULARY)
    assert len(found) <= 4
    assert all(found)


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    transliterations(text)
    assert skeleton(text) in skeletons(normalise(text))
    assert skeleton_key(skeleton_key(text)) is not None


@given(st.text(alphabet=string.ascii_lowercase + "23579'", min_size=1, max_size=24))
def test_any_word_has_at_most_four_readings_the_likeliest_first(word: str) -> None:
    costs = [reading.cost for reading in word_readings(word, VOCABULARY)]
    assert 1 <= len(costs) <= 4
    assert costs == sorted(costs)
