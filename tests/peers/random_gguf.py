"""Writes a tiny llama model with random weights as GGUF, version 3: random_gguf.py FILE. It says random things, but llama.cpp
loads and runs it like any other. Format: github.com/ggml-org/ggml/blob/master/docs/gguf.md."""

import random
import struct
import sys

EMBED, HEADS, FEED, CONTEXT, ALIGN = 64, 4, 128, 2048, 32
UINT32, FLOAT32, BOOL, STRING, ARRAY = 4, 6, 7, 8, 9
TOKENS = ["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)] + ["\u2581" + c for c in "abcdefghijklmnopqrstuvwxyz"]
TYPES = [2, 3, 3] + [6] * 256 + [1] * 26  # unknown, control, byte, normal


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def scalar(kind, value):
    if kind == STRING:
        return text(value)
    return struct.pack({UINT32: "<I", FLOAT32: "<f", BOOL: "<?", 5: "<i"}[kind], value)


def pair(key, kind, value):
    if isinstance(value, list):
        return text(key) + struct.pack("<IIQ", ARRAY, kind, len(value)) + b"".join(scalar(kind, v) for v in value)
    return text(key) + struct.pack("<I", kind) + scalar(kind, value)


PAIRS = [
    pair("general.architecture", STRING, "llama"),
    pair("general.name", STRING, "random"),
    pair("llama.context_length", UINT32, CONTEXT),
    pair("llama.embedding_length", UINT32, EMBED),
    pair("llama.block_count", UINT32, 1),
    pair("llama.feed_forward_length", UINT32, FEED),
    pair("llama.attention.head_count", UINT32, HEADS),
    pair("llama.rope.dimension_count", UINT32, EMBED // HEADS),
    pair("llama.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5),
    pair("tokenizer.ggml.model", STRING, "llama"),
    pair("tokenizer.ggml.tokens", STRING, TOKENS),
    pair("tokenizer.ggml.scores", FLOAT32, [0.0] * len(TOKENS)),
    pair("tokenizer.ggml.token_type", 5, TYPES),
    pair("tokenizer.ggml.bos_token_id", UINT32, 1),
    pair("tokenizer.ggml.eos_token_id", UINT32, 2),
    pair("tokenizer.chat_template", STRING, "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"),
]
TENSORS = [
    ("token_embd.weight", [EMBED, len(TOKENS)]),
    ("blk.0.attn_norm.weight", [EMBED]),
    ("blk.0.attn_q.weight", [EMBED, EMBED]),
    ("blk.0.attn_k.weight", [EMBED, EMBED]),
    ("blk.0.attn_v.weight", [EMBED, EMBED]),
    ("blk.0.attn_output.weight", [EMBED, EMBED]),
    ("blk.0.ffn_norm.weight", [EMBED]),
    ("blk.0.ffn_gate.weight", [EMBED, FEED]),
    ("blk.0.ffn_up.weight", [EMBED, FEED]),
    ("blk.0.ffn_down.weight", [FEED, EMBED]),
    ("output_norm.weight", [EMBED]),
    ("output.weight", [EMBED, len(TOKENS)]),
]


def main(path):
    rng, infos, blob = random.Random(1), b"", b""
    for name, shape in TENSORS:
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        infos += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        infos += struct.pack("<IQ", 0, len(blob))
        blob += struct.pack(f"<{count}f", *(rng.gauss(0, 0.2) if len(shape) > 1 else 1.0 for _ in range(count)))
        blob += b"\0" * (-len(blob) % ALIGN)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(TENSORS), len(PAIRS)) + b"".join(PAIRS) + infos
    with open(path, "wb") as out:
        out.write(head + b"\0" * (-len(head) % ALIGN) + blob)


main(sys.argv[1])
