"""The reader as PyTorch trains it: the bundled model, or its lower layers, on a pair, with two heads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

from index.bundled_tokenizer import PAD
from index.reader_input import Pair

_FROZEN_SHARE = 3
"""Of so many layers one, the lowest, stays the bundled model's like its embeddings: it is not shipped."""
_ANSWERING_WEIGHT = 2.0
"""Of a sentence that answers against one that does not: most candidates do not."""
_SPAN_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Batch:
    """Candidates of several questions side by side, padded; each question has as many as any other."""

    ids: Tensor
    types: Tensor
    mask: Tensor
    answers: Tensor
    """Shape (questions, candidates), 1 where the candidate answers."""
    spans: Tensor
    """Shape (pairs, 2), first and last token of the words that answer; -1 where unknown."""


class ReaderNetwork(nn.Module):
    """(question, sentence) → how surely the sentence answers, and where the answering words begin and end."""

    def __init__(self, folder: Path, layers: int) -> None:
        """Take the first `layers` layers of the bundled model's PyTorch `folder`."""
        super().__init__()
        # The fused attention takes twice as long going backwards on a processor.
        self.encoder = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
        self.encoder.encoder.layer = self.encoder.encoder.layer[:layers]
        hidden = self.encoder.config.hidden_size
        self.frozen = layers // _FROZEN_SHARE
        self.score = nn.Linear(hidden, 1)
        self.span = nn.Linear(hidden, 2)
        self.drop = nn.Dropout(0.1)
        for module in self.encoder.modules():
            if isinstance(module, nn.Dropout):
                # Two passes over little data on two cores: the noise costs more than it protects from.
                module.p = 0.0
        for parameter in [
            *self.encoder.embeddings.parameters(),
            *self.encoder.encoder.layer[: self.frozen].parameters(),
        ]:
            parameter.requires_grad = False

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return scores of shape (pairs,) and span logits of shape (pairs, tokens, 2)."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.training):
            states = self.encoder(
                input_ids=batch.ids, token_type_ids=batch.types, attention_mask=batch.mask
            ).last_hidden_state.float()
        return self.score(self.drop(states[:, 0]))[:, 0], self.span(states)

    def tuned(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Yield what training changed, by the names of the file of 4-bit weights."""
        from index.sentence_folder import KINDS, LAYER_NAMES

        state = self.encoder.state_dict()
        for layer in range(self.frozen, len(self.encoder.encoder.layer)):
            for part, name in LAYER_NAMES.items():
                for letter, kind in KINDS.items():
                    yield f"l{layer}.{part}.{letter}", state[f"encoder.layer.{layer}.{name}.{kind}"].numpy()
        for head in ("score", "span"):
            for letter, kind in KINDS.items():
                yield f"{head}.{letter}", self.state_dict()[f"{head}.{kind}"].numpy()


def loss_of(network: ReaderNetwork, batch: Batch) -> tuple[Tensor, Mapping[str, float]]:
    """Return the loss of a batch and its three parts.

    Which candidate of a question answers (softmax over its candidates), whether each answers at all
    (logistic), and where the words stand (softmax over the sentence's tokens).
    """
    scores, spans = network(batch)
    answers = batch.answers
    table = scores.view(answers.shape)
    some = answers.sum(1) > 0
    right = torch.logsumexp(table.masked_fill(answers < 1, -1e4), 1)
    which = (torch.logsumexp(table, 1) - right)[some].sum() / max(1, int(some.sum()))
    whether = functional.binary_cross_entropy_with_logits(
        table, answers, pos_weight=torch.tensor(_ANSWERING_WEIGHT)
    )
    marked = batch.spans[:, 0] >= 0
    where = spans.sum() * 0
    if marked.any():
        inside = spans[marked].masked_fill((batch.types[marked] == 0)[..., None], -1e4)
        ends = batch.spans[marked]
        where = sum(functional.cross_entropy(inside[..., end], ends[:, end]) for end in (0, 1)) / 2
    parts = {"which": which.item(), "whether": whether.item(), "where": where.item()}
    return which + whether + _SPAN_WEIGHT * where, parts


def batch_of(
    pairs: Sequence[Pair], answers: Sequence[Sequence[bool]], spans: Sequence[tuple[int, int]]
) -> Batch:
    """Return the padded batch of `pairs`, the candidates of one question after another."""
    length = max(len(pair.ids) for pair in pairs)
    ids = torch.full((len(pairs), length), PAD)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair.ids)] = torch.tensor(pair.ids)
        types[row, : len(pair.types)] = torch.tensor(pair.types)
        mask[row, : len(pair.ids)] = 1
    return Batch(ids, types, mask, torch.tensor(answers, dtype=torch.float32), torch.tensor(spans))
