"""Fits the weights in bot/support.py: `python -m benchmarks.fit_support`.

Every training text becomes an index of its own. Its answerable questions count as answered, the same number
of questions on other texts as not; near misses are left to the reader, whose business they are.
"""

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import astuple, fields
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bot import assembly, support
from bot.settings import load_settings
from index.background import background_vectors
from index.builder import Builder
from index.faiss_library import FaissLibrary
from index.query import query_of
from index.retriever import retrieve
from knowledge.documents import Reading, parse
from knowledge.passages import DEFAULT_CHUNKING

TRAINING = Path("index/training")
SEED = 7


def read_texts(paths: list[Path]) -> list[dict]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def examples(texts: list[dict]) -> Iterator[tuple[support.Evidence, bool, str]]:
    """Yield the evidence on each question, whether its text answers it, and its language."""
    settings = load_settings()
    embedder = assembly.embedder(settings, threads=2)
    background = background_vectors(embedder, settings.data_dir)
    shuffle = random.Random(SEED)  # noqa: S311 - sampling, not secrets
    answerable = [
        (number, question)
        for number, text in enumerate(texts)
        for question in text["questions"]
        if question["evidence"]
    ]
    with TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            document = parse(" ".join(text["sentences"]), "text.txt")
            library = FaissLibrary(Path(folder))
            reading = Reading(documents=(document,), problems=(), notes=())
            Builder(Path(folder), lambda reading=reading: reading, embedder, library, DEFAULT_CHUNKING).run()
            generation = library.open()
            own = [question for where, question in answerable if where == number]
            foreign = shuffle.sample([q for where, q in answerable if where != number], len(own))
            for question in own + foreign:
                query = query_of(question["question"], embedder, generation.sentence_words)
                # A text's own sentence in the background would make it look unrelated to itself.
                others = (
                    np.delete(background, number, axis=0) if len(background) == len(texts) else background
                )
                evidence = support.evidence_of(retrieve(generation, query), others @ query.vector)
                yield evidence, question in own, question["language"]


def main() -> None:
    """Fit on the training questions and print the weights and how well they tell the held-out ones apart."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    train = list(examples(read_texts(sorted((TRAINING / "questions").glob("*.jsonl")))))
    values = np.array([astuple(evidence) for evidence, _, _ in train])
    scale = values.std(axis=0)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(
        values / scale, [answered for _, answered, _ in train]
    )
    weights = model.coef_[0] / scale
    for field, weight in zip(fields(support.Evidence), weights, strict=True):
        print(f"{field.name:20} {weight:8.3f}")
    print(f"{'intercept':20} {model.intercept_[0]:8.3f}")
    calibration = support.Calibration(tuple(map(float, weights)), float(model.intercept_[0]))
    held_out = list(examples(read_texts([TRAINING / "held_out.jsonl"])))
    confidences = np.array([support.confidence(evidence, calibration) for evidence, _, _ in held_out])
    answered = np.array([answered for _, answered, _ in held_out])
    print(f"held out: AUROC {roc_auc_score(answered, confidences):.3f}")
    for refused in (0.05, 0.08, 0.15):
        least = np.quantile(confidences[answered], refused)
        print(
            f"refusing {refused:.0%} of the answerable: least confidence {least:.3f}, "
            f"{(confidences[~answered] >= least).mean():.1%} of the off-topic answered"
        )


if __name__ == "__main__":
    main()
