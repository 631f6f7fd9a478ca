"""Writes the bundled model as the folder that sentence-transformers loads: PyTorch weights in 32 bits."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.bundled_model import PASSAGE_PREFIX, QUERY_PREFIX
from index.bundled_tokenizer import EOS, PAD, TOKENIZER_FILE, tokenizer
from index.charsmap import precompile
from index.q4_weights import Q4File

_LIBRARY = "sentence_transformers.models."
# Names in the file of 4-bit weights and in transformers' BertModel.
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
KINDS = {"w": "weight", "b": "bias"}


def write(weights: Q4File, kept: Sequence[int], folder: Path) -> None:
    """Write the folder with the vocabulary cut to the pieces `kept`."""
    from safetensors.numpy import save_file

    save_file(dict(_tensors(weights, kept)), folder / "model.safetensors", metadata={"format": "pt"})
    _write_tokenizer(weights, kept, folder)
    _write_json(folder / "config.json", _bert(weights, len(kept)))
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": weights.positions})
    prompts = {"query": QUERY_PREFIX, "document": PASSAGE_PREFIX, "passage": PASSAGE_PREFIX}
    _write_json(
        folder / "config_sentence_transformers.json", {"prompts": prompts, "similarity_fn_name": "cosine"}
    )
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    _write_json(
        folder / "modules.json",
        [
            {"idx": place, "name": str(place), "path": path, "type": _LIBRARY + kind}
            for place, (path, kind) in enumerate(modules)
        ],
    )
    pooling = {"word_embedding_dimension": weights.hidden, "pooling_mode_mean_tokens": True}
    _write_json(folder / "1_Pooling" / "config.json", pooling)


def _tensors(weights: Q4File, kept: Sequence[int]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    def shaped(name: str) -> NDArray[np.float32]:
        return np.array(weights.vectors[name]).reshape(-1, weights.hidden)

    yield "embeddings.word_embeddings.weight", weights.matrices["emb.word"].take(kept).dense()
    yield "embeddings.position_embeddings.weight", shaped("emb.pos")
    yield "embeddings.token_type_embeddings.weight", shaped("emb.type")
    for letter, kind in KINDS.items():
        yield f"embeddings.LayerNorm.{kind}", np.array(weights.vectors[f"emb.ln.{letter}"])
    # Nothing reads the pooler, but its absence is reported at every start.
    yield "pooler.dense.weight", np.zeros((weights.hidden, weights.hidden), np.float32)
    yield "pooler.dense.bias", np.zeros(weights.hidden, np.float32)
    for layer in range(weights.layers):
        for part, name in LAYER_NAMES.items():
            for letter, kind in KINDS.items():
                source = f"l{layer}.{part}.{letter}"
                found = weights.matrices.get(source)
                values = np.array(weights.vectors[source]) if found is None else found.dense()
                yield f"encoder.layer.{layer}.{name}.{kind}", values


def _write_tokenizer(weights: Q4File, kept: Sequence[int], folder: Path) -> None:
    from tokenizers import normalizers

    built = tokenizer(weights, kept)
    map_code_points = normalizers.Precompiled(precompile(weights.normaliser))
    built.normalizer = normalizers.Sequence([map_code_points, built.normalizer])
    built.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    built.save(str(folder / TOKENIZER_FILE), pretty=False)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": weights.positions,
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    }
    _write_json(folder / "tokenizer_config.json", settings)


def _bert(weights: Q4File, vocabulary: int) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": weights.hidden,
        "intermediate_size": weights.matrices["l0.fi.w"].shape[0],
        "num_attention_heads": weights.heads,
        "num_hidden_layers": weights.layers,
        "max_position_embeddings": weights.positions,
        "type_vocab_size": len(weights.vectors["emb.type"]) // weights.hidden,
        "layer_norm_eps": weights.epsilon,
        "vocab_size": vocabulary,
        "pad_token_id": PAD,
        "eos_token_id": EOS,
        "dtype": "float32",
    }


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
