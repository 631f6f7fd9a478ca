import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents import parse
from knowledge.passages import Chunking, split_passages
from knowledge.sentences import split_sentences
from knowledge.types import Document, Passage


def document(text: str) -> Document:
    return Document(id="a/b.md", title="عنوان", text=text, source="", path="", content_hash="")


def sentence(words: int) -> str:
    return " ".join(["كلمة"] * (words - 1) + ["أخيرة."])


def sizes(passages: tuple[Passage, ...]) -> list[int]:
    return [len(passage.text.split()) for passage in passages]


PARAGRAPHS = st.lists(
    st.lists(st.integers(1, 90).map(sentence), min_size=1, max_size=6).map(" ".join), max_size=8
).map("\n\n".join)


@given(st.one_of(PARAGRAPHS, st.text()), st.sampled_from([None, len, lambda text: len(text) // 3]))
def test_passages_are_slices_that_share_out_all_sentences(text: str, count_tokens) -> None:
    passages = split_passages(document(text), count_tokens=count_tokens)
    sentences = [member for passage in passages for member in passage.sentences]
    assert "".join("".join(member.text.split()) for member in sentences) == "".join(text.split())
    end = 0
    for ordinal, passage in enumerate(passages):
        assert passage.id == f"a/b.md#{ordinal}"
        assert (passage.document_id, passage.title, passage.ordinal) == ("a/b.md", "عنوان", ordinal)
        assert passage.text == text[passage.start : passage.end]
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)
        assert all(member.text == text[member.start : member.end] for member in passage.sentences)
        assert passage.start >= end
        assert len(passage.text.split()) <= Chunking().max_words
        end = passage.end


@given(PARAGRAPHS)
def test_no_passage_is_longer_than_the_model_reads(text: str) -> None:
    passages = split_passages(document(text), Chunking(max_tokens=50), count_tokens=len)
    assert all(sum(len(member.text) for member in passage.sentences) <= 50 for passage in passages)


def test_without_a_counter_sentences_stay_whole() -> None:
    text = " ".join(sentence(words) for words in (50, 7, 30, 60, 12, 44))
    passages = split_passages(document(text))
    assert [member for passage in passages for member in passage.sentences] == list(split_sentences(text))


def test_a_short_document_is_one_passage() -> None:
    text = "\n\n".join([sentence(50)] * 3)
    assert sizes(split_passages(document(text))) == [150]
    assert len(split_passages(document(text + " كلمة"))) == 2


def test_no_text_gives_no_passage() -> None:
    assert split_passages(document("")) == ()


def test_a_passage_closes_at_its_target() -> None:
    assert sizes(split_passages(document(" ".join([sentence(20)] * 12)))) == [80, 80, 80]


def test_a_paragraph_closes_a_passage_earlier() -> None:
    text = "\n\n".join(" ".join([sentence(10)] * 6) for _ in range(3))
    assert sizes(split_passages(document(text))) == [60, 60, 60]


def test_a_small_rest_joins_the_passage_before_it() -> None:
    assert sizes(split_passages(document(" ".join([sentence(20)] * 9)))) == [80, 100]


def test_a_heading_stays_with_what_follows() -> None:
    text = f"{sentence(50)} {sentence(50)}\n\nعنوان القسم\n\nعنوان فرعي\n\n{sentence(60)} {sentence(30)}"
    first, second = split_passages(document(text))
    assert first.text.endswith("أخيرة.")
    assert second.text.startswith("عنوان القسم\n\nعنوان فرعي\n\nكلمة")


def test_a_list_of_headings_only_is_still_cut() -> None:
    text = "\n\n".join(["عنوان من أربع كلمات"] * 100)
    assert max(sizes(split_passages(document(text)))) <= 150


def test_a_sentence_too_long_for_the_model_is_cut_at_blanks() -> None:
    (first, *rest) = split_passages(document(sentence(40)), Chunking(max_tokens=120), count_tokens=len)
    assert rest
    assert first.text.split()[-1] == "كلمة"


def test_a_word_too_long_for_the_model_is_cut() -> None:
    passages = split_passages(document("ا" * 1000), Chunking(max_tokens=64), count_tokens=len)
    assert "".join(passage.text for passage in passages) == "ا" * 1000
    assert max(len(passage.text) for passage in passages) <= 64


def test_a_list_of_items_without_stops_keeps_its_lines_as_sentences() -> None:
    (passage,) = split_passages(parse("# قائمة\n\n- أول\n- ثان\n- ثالث", "a.md"))
    assert [member.text for member in passage.sentences] == ["قائمة", "أول", "ثان", "ثالث"]


@pytest.mark.parametrize(
    "wrong", [{"target_words": 0}, {"target_words": 200}, {"sentence_words": 0}, {"max_tokens": 1}]
)
def test_chunking_that_cannot_be_met_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="expected"):
        Chunking(**wrong)


def test_chunking_can_be_written_to_a_manifest() -> None:
    fields = dataclasses.asdict(Chunking())
    assert Chunking(**fields) == Chunking()
    assert all(isinstance(value, str | int) for value in fields.values())
