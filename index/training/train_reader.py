"""Trains the reader: `python -m index.training.train_reader --squad FILE … [--out FILE]`.

Ours are the questions in `index/training/questions`; `--squad` adds SQuAD-format files that stand elsewhere.
Seeded. Needs 6 GB of memory and, on two cores that multiply bfloat16 numbers, about an hour, in which nothing
else should run: threads that wait for each other make it ten times slower. The weights are written in eight
bits, with their checksum beside them; then run `python -m benchmarks.fit_support` and put what it prints
into bot/support.py.
"""

import argparse
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from index import bundled_model
from index.bundled_tokenizer import BundledTokenizer
from index.onnx_model import OnnxEmbedder
from index.reader_input import Pair, pair_of
from index.reader_model import SHIPPED
from index.reader_weights import save
from index.training.dataset import Candidate, Example, Group, Sampler, read_questions
from index.training.network import Batch, ReaderNetwork, batch_of, loss_of

SEED = 7
LAYERS = 12
CANDIDATES = 5
GROUPS = 8
EPOCHS = 2.0
RATE = 1.2e-4
WARM_UP = 0.06
FOREIGN = 0.12
"""Of an epoch's questions, put once more to a text that does not answer them."""
_CHUNK = 40


class Pairs:
    """Groups → padded batches of pairs of like length."""

    def __init__(self, tokenizer: BundledTokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[tuple[str, Candidate], Pair] = {}

    def pair(self, question: str, candidate: Candidate) -> Pair:
        """Return the pair of a question and a candidate."""
        key = question, candidate
        if key not in self._known:
            self._known[key] = pair_of(self._tokenizer, question, candidate.before, candidate.sentence)
        return self._known[key]

    def length(self, group: Group) -> int:
        """Return the tokens of the group's longest pair."""
        return max(len(self.pair(group.question, candidate).ids) for candidate in group.candidates)

    def batch(self, groups: Sequence[Group]) -> Batch:
        """Return one batch of `groups`."""
        made = [(group, candidate) for group in groups for candidate in group.candidates]
        pairs = [self.pair(group.question, candidate) for group, candidate in made]
        spans = [
            _span(pair, candidate, group.answer) for pair, (group, candidate) in zip(pairs, made, strict=True)
        ]
        answers = [[candidate.answers for candidate in group.candidates] for group in groups]
        return batch_of(pairs, answers, spans)


def _span(pair: Pair, candidate: Candidate, answer: str) -> tuple[int, int]:
    """Return the first and the last token of `answer`, or -1 twice."""
    start = candidate.sentence.find(answer) if candidate.answers and answer else -1
    inside = [
        number
        for number, (first, last) in enumerate(pair.places)
        if start >= 0 and last > start and first < start + len(answer)
    ]
    return (pair.first + inside[0], pair.first + inside[-1]) if inside else (-1, -1)


def batches(
    examples: list[Example], sampler: Sampler, pairs: Pairs, shuffle: random.Random
) -> Iterator[Batch]:
    """Yield one epoch, in batches of like length."""
    foreign = set(shuffle.sample(range(len(examples)), int(FOREIGN * len(examples))))
    todo = [(example, False) for example in examples] + [(examples[i], True) for i in sorted(foreign)]
    shuffle.shuffle(todo)
    for start in range(0, len(todo), GROUPS * _CHUNK):
        groups = [
            sampler.elsewhere(example) if elsewhere else sampler.group(example)
            for example, elsewhere in todo[start : start + GROUPS * _CHUNK]
        ]
        groups.sort(key=pairs.length)
        cut = [groups[i : i + GROUPS] for i in range(0, len(groups), GROUPS)]
        shuffle.shuffle(cut)
        yield from map(pairs.batch, cut)


def train(network: ReaderNetwork, epoch: Iterator[Batch], steps: int) -> None:
    """Train for `steps` batches, printing the loss now and then."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / (WARM_UP * steps)) * max(0.0, 1 - step / steps)
    )
    network.train()
    started = perf_counter()
    recent: list[Mapping[str, float]] = []
    for step, batch in zip(range(1, steps + 1), epoch, strict=False):
        loss, parts = loss_of(network, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        recent = [*recent[-19:], parts]
        if step % 20 == 0 or step == steps:
            shown = " ".join(f"{name} {np.mean([one[name] for one in recent]):.3f}" for name in parts)
            print(f"{step}/{steps}  {(perf_counter() - started) / step:.2f} s a step  {shown}", flush=True)


def main() -> None:
    """Read the questions, train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--squad", type=Path, nargs="*", default=[], help="more questions, in SQuAD format")
    parser.add_argument("--models", type=Path, default=Path("index/artifacts/models"))
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--epochs", type=float, default=EPOCHS)
    parser.add_argument(
        "--layers", type=int, default=LAYERS, help="of the bundled model's twelve, the lowest"
    )
    options = parser.parse_args()
    torch.manual_seed(SEED)
    shuffle = random.Random(SEED)  # noqa: S311 - sampling, not secrets
    texts, examples = read_questions(options.squad)
    folder = bundled_model.ensure(options.models)
    sampler = Sampler(texts, examples, OnnxEmbedder(folder), candidates=CANDIDATES, seed=SEED)
    pairs = Pairs(BundledTokenizer(folder))
    network = ReaderNetwork(bundled_model.ensure_sentence_transformers(options.models), options.layers)

    def endless() -> Iterator[Batch]:
        while True:
            yield from batches(examples, sampler, pairs, shuffle)

    train(network, endless(), int(options.epochs * len(examples) * (1 + FOREIGN) / GROUPS))
    save(dict(network.tuned()), options.out)
    print(options.out)


if __name__ == "__main__":
    main()
