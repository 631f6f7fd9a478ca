"""Fits the weights in bot/support.py: `python -m benchmarks.fit_support [--squad FILE …] [--without-reader]`.

Every text becomes an index of its own, and its questions are asked, also those that it does not answer,
and a third as many of other texts. What is learnt is whether the quotation, of one or two sentences, answers:
whether one of its sentences is an answering one, or, of SQuAD, whether the answer stands in it.
Without a reader that is done on the training questions; with one on the held-out questions, which the reader
has not seen, and the figures printed are those of five folds by text. Held out are our own texts, made to be
hard, and a part of the SQuAD-format files that it was trained with, ten paragraphs to a text. A probability
holds for one mix of questions: here each kind counts for as much as it does among our questions on the
owner's article, those of SQuAD as plain ones.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from functools import partial
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.common.corpus import HELD_OUT, questions_on_the_article
from bot import assembly, support
from bot.quoting import quotes_of
from bot.settings import load_settings
from index.background import background_sentences, background_vectors
from index.builder import Builder
from index.evaluation.calibration import calibration_bins, expected_calibration_error
from index.evaluation.metrics import contains_any
from index.faiss_library import FaissLibrary
from index.protocols import ReadSentence
from index.query import query_of
from index.reading import read
from index.retriever import retrieve
from index.training.dataset import OWN, Text, read_squad
from knowledge.documents import Reading, parse
from knowledge.passages import DEFAULT_CHUNKING

SEED = 7
CAUTIONS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8)
NEAR_MISS_WEIGHT = 3.0
"""A near miss has all that speaks for an answer but one: few of them teach more than many easy refusals.

Only a reader tells them from answers; without one they count once.
"""
MIXES = ((2.0, 0.0), (1.0, 0.0), (0.5, 0.6), (1.0, 0.3), (1.0, 0.6), (1.0, 1.0), (2.0, 0.6))
"""Weights of the retriever and of the matcher against the reader."""
_DRAWN = 20_000
"""Cases drawn by how much each counts, for a calibration error of the mix."""
_PARAGRAPHS = 10
"""Of SQuAD files, asked together: by itself a paragraph is no article."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question asked on one text."""

    text: int
    kind: str
    evidence: support.Evidence
    right: bool
    """Whether what would be quoted answers."""
    retrieved: Any
    """Per sentence read: the scores of the retriever, the matcher, the reader, and whether it answers."""


def read_texts(paths: Sequence[Path]) -> list[dict[str, Any]]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def cases(texts: Sequence[dict[str, Any]], *, with_reader: bool) -> Iterator[Case]:
    """Yield what happens to each question."""
    settings = load_settings()
    embedder = assembly.embedder(settings, threads=2)
    reader, matcher = (assembly.reader(settings), assembly.matcher(settings)) if with_reader else (None, None)
    background = background_vectors(embedder, settings.data_dir)
    shuffle = random.Random(SEED)  # noqa: S311 - sampling, not secrets
    with TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            document = parse(" ".join(text["sentences"]), "text.txt")
            library = FaissLibrary(Path(folder))
            read_them = partial(Reading, documents=(document,), problems=(), notes=())
            Builder(Path(folder), read_them, embedder, library, DEFAULT_CHUNKING).run()
            generation = library.open()
            own = [(question, question["kind"]) for question in text["questions"]]
            others = [q for n, other in enumerate(texts) if n != number for q in other["questions"]]
            own += [(question, "off_topic") for question in shuffle.sample(others, len(own) // 3)]
            # A text's own sentence in the background would make it look unrelated to itself.
            foreign = background[[sentence not in text["sentences"] for sentence in background_sentences()]]
            for question, kind in own:
                query = query_of(question["question"], embedder, generation.sentence_words)
                found = retrieve(generation, query)
                plain = dict(zip(found.sentences.tolist(), found.sentence_score.tolist(), strict=True))
                known: Mapping[int, ReadSentence] = {}
                if reader is not None:
                    found, known = read(generation, query, found, reader, matcher)
                expected = _expected(question, text) if kind != "off_topic" else set()
                quotes = [quote.text for quote in quotes_of(generation, found, known)]
                yield Case(
                    number,
                    kind,
                    support.evidence_of(found, foreign @ query.vector, known),
                    _is_right(quotes, question, kind, expected),
                    [
                        (plain[row], one.match, one.score, _answers(_text(generation, row), expected))
                        for row, one in known.items()
                    ],
                )


def squad_texts(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Yield what is held out of SQuAD-format files, as texts of ten paragraphs."""
    paragraphs: list[Text] = []
    examples = [example for path in paths for example in read_squad(path, paragraphs, held_out=True)]
    for start in range(0, len(paragraphs), _PARAGRAPHS):
        together = paragraphs[start : start + _PARAGRAPHS]
        before = accumulate((len(own.sentences) for own in together[:-1]), initial=0)
        first = dict(zip(range(start, len(paragraphs)), before, strict=False))
        yield {
            "sentences": [sentence for own in together for sentence in own.sentences],
            "questions": [
                {
                    "question": example.question,
                    "kind": example.kind,
                    "answer": example.answer,
                    "evidence": [first[example.text] + i for i in example.positives],
                }
                for example in examples
                if example.text in first
            ],
        }


def _expected(question: dict[str, Any], text: dict[str, Any]) -> set[str]:
    answering = {*question["evidence"]}.union(*question.get("alternatives", []))
    return {text["sentences"][i] for i in answering}


def _answers(quoted: str, expected: set[str]) -> bool:
    """Tell whether a sentence is an expected one; the index may have cut or joined them otherwise."""
    return any(own in quoted or quoted in own for own in expected)


def _is_right(quotes: Sequence[str], question: dict[str, Any], kind: str, expected: set[str]) -> bool:
    """Tell whether a quotation answers."""
    if kind == "squad":
        return contains_any(" ".join(quotes), [question["answer"]])
    return any(_answers(quote, expected) for quote in quotes)


def _text(generation: Any, row: int) -> str:
    from index.reading import sentence_of

    return sentence_of(generation, row).text


def main() -> None:
    """Fit, print the weights, and say how well they tell right quotations from wrong ones."""
    from sklearn.model_selection import GroupKFold

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-reader", action="store_true")
    parser.add_argument("--squad", type=Path, nargs="*", default=[], help="what the reader was trained with")
    options = parser.parse_args()
    without = options.without_reader
    held_out = [*read_texts(HELD_OUT), *squad_texts(options.squad)]
    measured = list(cases(held_out, with_reader=not without))
    fitted = list(cases(read_texts(OWN), with_reader=False)) if without else measured
    near_miss_weight = 1.0 if without else NEAR_MISS_WEIGHT
    calibration = _fit(fitted, near_miss_weight)
    for field, weight in zip(fields(support.Evidence), calibration.weights, strict=True):
        print(f"{field.name:20} {weight:8.3f}")
    print(f"{'intercept':20} {calibration.intercept:8.3f}")
    if without:
        sure = _sure(calibration, measured)
    else:
        texts = np.array([case.text for case in measured])
        sure = np.zeros(len(measured))
        for own, others in GroupKFold(5).split(texts, groups=texts):
            sure[others] = _sure(
                _fit([measured[i] for i in own], near_miss_weight), [measured[i] for i in others]
            )
        _print_mixes(measured)
    _print_quality(measured, sure, np.array([case.right for case in measured]))


def _fit(found: Sequence[Case], near_miss_weight: float) -> support.Calibration:
    """Fit the direction with near misses counted several times, then its scale on the mix of questions."""
    from sklearn.linear_model import LogisticRegression

    values = np.array([astuple(case.evidence) for case in found])
    right = np.array([case.right for case in found])
    counted = np.array([near_miss_weight if case.kind == "near_miss" else 1.0 for case in found])
    middle, scale = values.mean(axis=0), values.std(axis=0) + 1e-9
    direction = LogisticRegression(C=0.3, max_iter=2000).fit((values - middle) / scale, right, counted)
    weights = direction.coef_[0] / scale
    final = LogisticRegression(C=10.0).fit((values @ weights)[:, None], right, _in_the_mix(found))
    stretch = float(final.coef_[0, 0])
    return support.Calibration(tuple((weights * stretch).tolist()), float(final.intercept_[0]))


def _in_the_mix(found: Sequence[Case]) -> Any:
    """Return how much each case counts, 1 in the mean, so that its kind has its share of the mix."""
    wanted = Counter(asked.kind for asked in questions_on_the_article())
    kinds = [case.kind if case.kind in wanted else "factual" for case in found]
    there = Counter(kinds)
    counted = np.array([wanted[kind] / there[kind] for kind in kinds])
    return counted / counted.mean()


def _sure(calibration: support.Calibration, found: Sequence[Case]) -> Any:
    return np.array([support.confidence(case.evidence, calibration) for case in found])


def _print_mixes(found: Sequence[Case]) -> None:
    answerable = [case for case in found if case.kind not in {"near_miss", "off_topic"}]
    for mix in MIXES:
        right = [max(case.retrieved, key=lambda one: np.dot((*mix, 1.0), one[:3]))[3] for case in answerable]
        print(f"weights of retriever and matcher {mix}: {np.mean(right):.3f} of the answerable right")


def _print_quality(found: Sequence[Case], sure: Any, right: Any) -> None:
    from sklearn.metrics import roc_auc_score

    kinds = np.array([case.kind for case in found])
    answerable = ~np.isin(kinds, ["near_miss", "off_topic"])
    print(f"answerable {answerable.sum()}, quoted rightly {right[answerable].mean():.3f}")
    print(f"AUROC right against wrong {roc_auc_score(right, sure):.3f}")
    for kind in ("near_miss", "off_topic"):
        chosen = answerable | (kinds == kind)
        print(f"AUROC answerable against {kind} {roc_auc_score(answerable[chosen], sure[chosen]):.3f}")
    counted = _in_the_mix(found)
    drawn = np.random.default_rng(SEED).choice(len(found), _DRAWN, p=counted / counted.sum())
    bins = calibration_bins(sure[drawn], right[drawn])
    print(f"expected calibration error in the mix {expected_calibration_error(bins):.3f}")
    for caution in CAUTIONS:
        given = sure >= caution
        shares = ", ".join(
            f"{given[kinds == kind].mean():.0%} of {kind}" for kind in ("near_miss", "off_topic")
        )
        print(
            f"caution {caution}: of the answerable {(given & right)[answerable].mean():.0%} rightly, "
            f"{(given & ~right)[answerable].mean():.0%} wrongly; answered too {shares}"
        )


if __name__ == "__main__":
    main()
