"""Token ids, offsets and the map of code points, on a vocabulary of letters."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import bundled_tokenizer, q4_weights
from index.bundled_tokenizer import BOS, EOS, UNKNOWN, BundledTokenizer
from index.errors import ModelError
from tests.tiny_model import LETTERS, PIECES, write_tiny_weights


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> BundledTokenizer:
    folder = tmp_path_factory.mktemp("tokenizer")
    weights = q4_weights.read(write_tiny_weights(folder / "weights.bin"))
    bundled_tokenizer.write(weights, bundled_tokenizer.kept_pieces(weights), folder)
    return BundledTokenizer(folder)


def test_pieces_of_other_scripts_are_dropped(tmp_path: Path) -> None:
    weights = q4_weights.read(write_tiny_weights(tmp_path / "weights.bin"))
    kept = [weights.pieces[i] for i in bundled_tokenizer.kept_pieces(weights)]
    assert kept == [piece for piece in PIECES if "漢" not in piece]


def test_markers_surround_the_text(tokenizer: BundledTokenizer) -> None:
    ids = tokenizer.ids("query: ab", 512)
    pieces = [PIECES[i] for i in ids]
    assert pieces == ["<s>", "▁query", ":", "▁", "a", "b", "</s>"]
    assert tokenizer.count("query: ab") == len(ids)


def test_what_does_not_fit_is_cut_before_the_end_marker(tokenizer: BundledTokenizer) -> None:
    assert tokenizer.ids("abcdef", 5) == [*tokenizer.ids("abcdef", 512)[:4], EOS]
    assert tokenizer.encode("abcdef", 5).ids == tuple(tokenizer.ids("abcdef", 5))
    assert tokenizer.count("abcdef") > 5


def test_a_ligature_is_mapped_and_its_tokens_point_at_it(tokenizer: BundledTokenizer) -> None:
    tokens = tokenizer.encode("aﻻb", 512)
    assert [PIECES[i] for i in tokens.ids[2:-1]] == ["a", "ل", "ا", "b"]
    assert tokens.offsets[2:-1] == ((0, 1), (1, 2), (1, 2), (2, 3))


def test_a_removed_character_belongs_to_no_token(tokenizer: BundledTokenizer) -> None:
    tokens = tokenizer.encode("a\u200cb", 512)
    assert [PIECES[i] for i in tokens.ids[2:-1]] == ["a", "b"]
    assert tokens.offsets[2:-1] == ((0, 1), (2, 3))


def test_a_shadda_stays_before_its_vowel(tokenizer: BundledTokenizer) -> None:
    marks = "\u0651\u064e"
    assert [PIECES[i] for i in tokenizer.ids("ر" + marks, 512)[2:-1]] == ["ر", *marks]


def test_a_pair_has_two_end_markers_between(tokenizer: BundledTokenizer) -> None:
    tokens = tokenizer.encode_pair("من", "كان ab", 512)
    first, second = tokenizer.ids("من", 512), tokenizer.ids("كان ab", 512)
    assert list(tokens.ids) == [*first, EOS, *second[1:]]
    assert tokens.texts[0] == tokens.texts[-1] == -1
    assert {text for text in tokens.texts if text >= 0} == {0, 1}
    b = len(tokens.ids) - 2
    assert (tokens.offsets[b], tokens.texts[b]) == ((5, 6), 1)


def test_of_a_pair_that_does_not_fit_the_second_is_cut(tokenizer: BundledTokenizer) -> None:
    tokens = tokenizer.encode_pair("ab", "cdefgh", 8)
    assert len(tokens.ids) == 8
    assert tokens.ids[:5] == tokenizer.encode_pair("ab", "cdefgh", 512).ids[:5]
    assert tokens.ids[-1] == EOS


@pytest.mark.parametrize("text", ["漢字", "🙂🙂", "\ud800", "a\udfffb", "\x00", ""])
def test_odd_text_is_tokenised(tokenizer: BundledTokenizer, text: str) -> None:
    ids = tokenizer.ids(text, 512)
    assert ids[0] == BOS
    assert ids[-1] == EOS
    if text and text.isprintable():
        assert UNKNOWN in ids


@given(st.text(alphabet=LETTERS + "ﻻ\u200c\u00a0漢\n", max_size=40))
def test_offsets_give_back_every_letter(tokenizer: BundledTokenizer, text: str) -> None:
    tokens = tokenizer.encode(text, 512)
    assert len(tokens.ids) == len(tokens.offsets) == len(tokens.texts)
    covered: set[int] = set()
    for token, (start, end), owner in zip(tokens.ids, tokens.offsets, tokens.texts, strict=True):
        assert 0 <= start <= end <= len(text)
        covered.update(range(start, end))
        if owner == 0 and token not in (UNKNOWN, PIECES.index("▁")) and "ﻻ" not in text[start:end]:
            assert PIECES[token].lstrip("▁") == text[start:end].strip()
    assert {i for i, c in enumerate(text) if c in LETTERS.replace(" ", "") + "ﻻ"} <= covered


def test_a_damaged_tokenizer_is_named(tmp_path: Path) -> None:
    (tmp_path / "normaliser.json").write_text("{}")
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match=str(tmp_path)):
        BundledTokenizer(tmp_path)
