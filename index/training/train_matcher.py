"""Trains the matcher: `python -m index.training.train_matcher --squad FILE … [--out FILE]`.

On the same questions as the reader. Seeded; about seven minutes on two cores, most of them embedding.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from index import bundled_model, keyword_builder
from index.matcher import SHIPPED
from index.onnx_model import OnnxEmbedder
from index.protocols import Vectors
from index.query import query_of
from index.reader_weights import save
from index.second_encoder import DIMENSION, SecondEncoder
from index.training.dataset import Example, Text, read_questions

SEED = 1
EPOCHS = 12
BATCH = 64
RATE = 2e-3
RANK = 128
HIDDEN = 128
DROPPED = 0.5
OTHERS = 12
"""Sentences of any text that a question meets beside those of its own."""
_SPREAD = 3.0
"""The cosines of the embedding model move within a third of those of the second encoder."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Everything that is trained on: a row for each sentence of all texts, and one for each question."""

    sentences: Tensor
    questions: Tensor
    keyword: Sequence[Vectors]
    """Of each question, BM25's shares of its text's sentences."""
    first: NDArray[np.int64]
    """The first sentence of each text, and one more at the end."""


class MatchingNetwork(nn.Module):
    """What `index.matcher.match` computes, as PyTorch trains it; inputs centred and spread alike."""

    def __init__(self, questions: Vectors, sentences: Vectors, own: int) -> None:
        """Centre by the means of the first `own` dimensions, those of the embedding model."""
        super().__init__()
        width = questions.shape[1]
        self.centres = [np.zeros(width, np.float32), np.zeros(width, np.float32)]
        for centre, rows in zip(self.centres, (questions, sentences), strict=True):
            centre[:own] = rows[:, :own].mean(axis=0)
        self.spread = np.ones(width, np.float32)
        self.spread[:own] = _SPREAD
        self.own = own
        self.question, self.sentence = nn.Linear(width, RANK), nn.Linear(width, RANK)
        for layer in (self.question, self.sentence):
            nn.init.normal_(layer.weight, 0, 0.02)
        self.hidden, self.out = nn.Linear(3 * RANK + 3, HIDDEN), nn.Linear(HIDDEN, 1, bias=False)
        self.plain = nn.Parameter(torch.tensor([30.0, 8.0, 3.0]))
        self.drop, self.bend = nn.Dropout(DROPPED), nn.GELU(approximate="tanh")

    def forward(self, questions: Tensor, sentences: Tensor, places: Tensor, keyword: Tensor) -> Tensor:
        """Return logits of the shape of `places`: for each question, rows of `sentences`."""
        own = self.own
        cosines = [
            (questions[:, part] @ sentences[:, part].T).gather(1, places)
            for part in (slice(own), slice(own, None))
        ]
        plain = torch.stack([*cosines, keyword], -1)
        asked = self.question(self.drop(self._even(questions, 0)))[:, None]
        told = self.sentence(self.drop(self._even(sentences, 1)))[places]
        both = torch.cat([asked.expand_as(told), told, asked * told, plain], -1)
        logits: Tensor = (
            plain @ self.plain
            + (asked * told).sum(-1)
            + self.out(self.drop(self.bend(self.hidden(both))))[..., 0]
        )
        return logits

    def _even(self, rows: Tensor, centre: int) -> Tensor:
        return (rows - torch.from_numpy(self.centres[centre])) * torch.from_numpy(self.spread)

    def folded(self) -> dict[str, Vectors]:
        """Return the weights for inputs as they are."""
        weights: dict[str, Vectors] = {"plain.w": self.plain.detach().numpy()[None]}
        for name, centre in (("question", 0), ("sentence", 1)):
            layer = getattr(self, name)
            matrix = layer.weight.detach().numpy() * self.spread
            weights[f"{name}.w"] = matrix
            weights[f"{name}.b"] = layer.bias.detach().numpy() - matrix @ self.centres[centre]
        weights["hidden.w"], weights["hidden.b"] = (
            part.detach().numpy() for part in self.hidden.parameters()
        )
        weights["out.w"] = self.out.weight.detach().numpy()
        return weights


def embedded(texts: Sequence[Text], examples: Sequence[Example], models: Path) -> Embedded:
    """Embed every sentence and every question by both encoders."""
    embedder, encoder = OnnxEmbedder(bundled_model.ensure(models)), SecondEncoder()
    plain = [sentence for text in texts for sentence in text.sentences]
    sentences = np.concatenate([embedder.embed_passages(plain), encoder.encode(plain)], axis=1)
    words = [keyword_builder.build(text.sentences) for text in texts]
    queries = [query_of(example.question, embedder, words[example.text]) for example in examples]
    keyword = [
        words[example.text].match(query.units).shares(np.arange(len(texts[example.text].sentences)))
        for query, example in zip(queries, examples, strict=True)
    ]
    second = np.array([encoder.encode_question(query.wordings) for query in queries])
    questions = np.concatenate([[query.vector for query in queries], second], axis=1)
    first = np.cumsum([0, *(len(text.sentences) for text in texts)])
    return Embedded(torch.from_numpy(sentences), torch.from_numpy(questions), keyword, first)


def batches(
    examples: Sequence[Example], known: Embedded, shuffle: random.Random
) -> Iterator[tuple[Tensor, ...]]:
    """Yield one epoch: questions, sentences, each question's rows of them, BM25's shares, what answers."""
    order = [row for row, example in enumerate(examples) if example.positives]
    shuffle.shuffle(order)
    for start in range(0, len(order), BATCH):
        asked = order[start : start + BATCH]
        own = [np.arange(*known.first[examples[row].text :][:2]) for row in asked]
        width = max(map(len, own))
        rows = np.array(
            [
                [
                    *places,
                    *[-1] * (width - len(places)),
                    *shuffle.choices(range(len(known.sentences)), k=OTHERS),
                ]
                for places in own
            ]
        )
        keyword, answers = np.zeros(rows.shape, np.float32), np.zeros(rows.shape, bool)
        for line, row in enumerate(asked):
            keyword[line, : len(own[line])] = known.keyword[row]
            answers[line, sorted(examples[row].positives)] = True
        there, places = np.unique(np.maximum(rows, 0), return_inverse=True)
        yield (
            known.questions[asked],
            known.sentences[there],
            torch.from_numpy(places.reshape(rows.shape)),
            torch.from_numpy(keyword),
            torch.from_numpy(answers),
            torch.from_numpy(rows >= 0),
        )


def train(network: MatchingNetwork, examples: Sequence[Example], known: Embedded) -> None:
    """Train, printing each epoch's loss and how often the best sentence answers."""
    learnt = [parameter for name, parameter in network.named_parameters() if name != "plain"]
    optimiser = torch.optim.AdamW(
        [
            {"params": learnt, "lr": RATE, "weight_decay": 0.1},
            {"params": [network.plain], "lr": 0.05, "weight_decay": 0.0},
        ]
    )
    shuffle = random.Random(SEED)  # noqa: S311 - sampling, not secrets
    asked = sum(bool(example.positives) for example in examples)
    steps = EPOCHS * -(-asked // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(0.02, 1 - step / steps))
    for epoch in range(1, EPOCHS + 1):
        losses, right = [], 0
        for questions, sentences, places, keyword, answers, there in batches(examples, known, shuffle):
            logits = network(questions, sentences, places, keyword).masked_fill(~there, -1e4)
            answering = torch.logsumexp(logits.masked_fill(~answers, -1e4), 1)
            loss = (torch.logsumexp(logits, 1) - answering).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            right += int(answers.gather(1, logits.argmax(1)[:, None]).sum())
        print(f"{epoch}/{EPOCHS}  loss {np.mean(losses):.3f}, right {right / asked:.3f}", flush=True)


def main() -> None:
    """Read the questions, train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--squad", type=Path, nargs="*", default=[], help="more questions, in SQuAD format")
    parser.add_argument("--models", type=Path, default=Path("index/artifacts/models"))
    parser.add_argument("--out", type=Path, default=SHIPPED)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    texts, examples = read_questions(options.squad)
    known = embedded(texts, examples, options.models)
    network = MatchingNetwork(
        known.questions.numpy(), known.sentences.numpy(), known.sentences.shape[1] - DIMENSION
    )
    train(network, examples, known)
    save(network.folded(), options.out)
    print(options.out)


if __name__ == "__main__":
    main()
