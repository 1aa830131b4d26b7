"""The Whinchat network in MLX; see the PyTorch original for what it is about."""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn

from .audio import MelFrontEnd
from .cache import KVCache


@dataclass
class WhinchatConfig:
    sample_rate: int = 16000
    n_fft: int = 400
    hop_length: int = 160
    n_mels: int = 80
    max_frames: int = 1500
    vocab_size: int = 4096
    dims: int = 384
    heads: int = 6
    kv_heads: int = 2
    encoder_layers: int = 4
    decoder_layers: int = 4
    mixer_kernel: int = 4
    norm_eps: float = 1e-6
    layer_norm_eps: float = 1e-5
    score_cap: float = 30.0
    languages: list[str] = field(default_factory=lambda: ["en", "de", "fr", "es"])
    start_token: int = 1
    end_token: int = 2
    max_tokens: int = 224
    suppress_tokens: list[int] = field(default_factory=lambda: [0, 1, 3, 4, 5, 6, 7])

    @classmethod
    def from_dict(cls, values: dict) -> "WhinchatConfig":
        known = {f.name for f in fields(cls)}
        return cls(**{key: value for key, value in values.items() if key in known})


def split_heads(x: mx.array, heads: int) -> mx.array:
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def merge_heads(x: mx.array) -> mx.array:
    return x.transpose(0, 2, 1, 3).flatten(-2)


def sinusoids(length: int, channels: int) -> mx.array:
    half = channels // 2
    frequencies = mx.power(10000.0, -mx.arange(half) / half)
    angles = mx.arange(length)[:, None] * frequencies
    return mx.concatenate([mx.sin(angles), mx.cos(angles)], axis=-1)


class EncoderLayer(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.heads = config.heads
        self.scale = (config.dims // config.heads) ** -0.5
        self.attn_norm = nn.LayerNorm(config.dims, eps=config.layer_norm_eps)
        self.qkv = nn.Linear(config.dims, 3 * config.dims)
        self.out_proj = nn.Linear(config.dims, config.dims)
        self.mlp_norm = nn.LayerNorm(config.dims, eps=config.layer_norm_eps)
        self.fc1 = nn.Linear(config.dims, 4 * config.dims)
        self.fc2 = nn.Linear(4 * config.dims, config.dims)

    def __call__(self, x: mx.array) -> mx.array:
        q, k, v = mx.split(self.qkv(self.attn_norm(x)), 3, axis=-1)
        q, k, v = (split_heads(part, self.heads) for part in (q, k, v))
        out = mx.fast.scaled_dot_product_attention(q, k, v, scale=self.scale)
        x = x + self.out_proj(merge_heads(out))
        return x + self.fc2(nn.gelu(self.fc1(self.mlp_norm(x))))


class AudioEncoder(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.stem = nn.Conv1d(config.n_mels, config.dims, 3, stride=2, padding=1)
        self._positions = sinusoids(config.max_frames, config.dims)
        self.layers = [EncoderLayer(config) for _ in range(config.encoder_layers)]
        self.norm = nn.LayerNorm(config.dims, eps=config.layer_norm_eps)

    def __call__(self, mel: mx.array) -> mx.array:
        x = nn.gelu(self.stem(mel))
        x = x + self._positions[: x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class TokenMixer(nn.Module):
    """A causal depthwise convolution; its state is the last kernel - 1 embeddings."""

    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.context = config.mixer_kernel - 1
        self.conv = nn.Conv1d(config.dims, config.dims, config.mixer_kernel, groups=config.dims)

    def __call__(self, x: mx.array, state: mx.array | None) -> tuple[mx.array, mx.array]:
        if state is None:
            state = mx.zeros((x.shape[0], self.context, x.shape[2]), x.dtype)
        padded = mx.concatenate([state, x], axis=1)
        return x + self.conv(padded), padded[:, -self.context :]


class SelfAttention(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        head_dim = config.dims // config.heads
        self.heads = config.heads
        self.kv_heads = config.kv_heads
        self.scale = head_dim**-0.5
        self.q_proj = nn.Linear(config.dims, config.dims, bias=False)
        self.k_proj = nn.Linear(config.dims, config.kv_heads * head_dim, bias=False)
        self.v_proj = nn.Linear(config.dims, config.kv_heads * head_dim, bias=False)
        self.out_proj = nn.Linear(config.dims, config.dims, bias=False)
        self.q_norm = nn.RMSNorm(head_dim, eps=config.norm_eps)
        self.k_norm = nn.RMSNorm(head_dim, eps=config.norm_eps)
        self.rope = nn.RoPE(head_dim, traditional=False)

    def __call__(self, x: mx.array, mask: str | None, cache: KVCache) -> mx.array:
        q = self.q_norm(split_heads(self.q_proj(x), self.heads))
        k = self.k_norm(split_heads(self.k_proj(x), self.kv_heads))
        v = split_heads(self.v_proj(x), self.kv_heads)
        q = self.rope(q, offset=cache.offset)
        k = self.rope(k, offset=cache.offset)
        k, v = cache.update(k, v)
        out = mx.fast.scaled_dot_product_attention(q, k, v, scale=self.scale, mask=mask)
        return self.out_proj(merge_heads(out))


class CrossAttention(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.heads = config.heads
        self.scale = (config.dims // config.heads) ** -0.5
        self.q_proj = nn.Linear(config.dims, config.dims)
        self.k_proj = nn.Linear(config.dims, config.dims, bias=False)
        self.v_proj = nn.Linear(config.dims, config.dims)
        self.out_proj = nn.Linear(config.dims, config.dims)

    def project(self, memory: mx.array) -> tuple[mx.array, mx.array]:
        """Keys and values of the encoder's output; the same for every token."""
        k = split_heads(self.k_proj(memory), self.heads)
        v = split_heads(self.v_proj(memory), self.heads)
        return k, v

    def __call__(self, x: mx.array, memory_kv: tuple[mx.array, mx.array]) -> mx.array:
        k, v = memory_kv
        q = split_heads(self.q_proj(x), self.heads)
        out = mx.fast.scaled_dot_product_attention(q, k, v, scale=self.scale)
        return self.out_proj(merge_heads(out))


class DecoderLayer(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.self_attn = SelfAttention(config)
        self.self_norm = nn.RMSNorm(config.dims, eps=config.norm_eps)
        self.cross_attn = CrossAttention(config)
        self.cross_norm = nn.RMSNorm(config.dims, eps=config.norm_eps)
        self.fc1 = nn.Linear(config.dims, 4 * config.dims)
        self.fc2 = nn.Linear(4 * config.dims, config.dims)
        self.mlp_norm = nn.RMSNorm(config.dims, eps=config.norm_eps)

    def __call__(self, x: mx.array, memory_kv, mask: str | None, cache: KVCache) -> mx.array:
        x = x + self.self_attn(self.self_norm(x), mask, cache)
        x = x + self.cross_attn(self.cross_norm(x), memory_kv)
        return x + self.fc2(nn.gelu(self.fc1(self.mlp_norm(x))))


class DecoderState:
    def __init__(self, memory_kv: list):
        self.memory = memory_kv
        self.mixer = None
        self.layers = [KVCache() for _ in memory_kv]


class TextDecoder(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.embedding = nn.Embedding(config.vocab_size, config.dims)
        self.mixer = TokenMixer(config)
        self.layers = [DecoderLayer(config) for _ in range(config.decoder_layers)]
        self.norm = nn.RMSNorm(config.dims, eps=config.norm_eps)

    def make_state(self, memory: mx.array) -> DecoderState:
        return DecoderState([layer.cross_attn.project(memory) for layer in self.layers])

    def __call__(self, tokens: mx.array, state: DecoderState) -> mx.array:
        x, state.mixer = self.mixer(self.embedding(tokens), state.mixer)
        mask = "causal" if tokens.shape[1] > 1 else None
        for layer, memory_kv, cache in zip(self.layers, state.memory, state.layers):
            x = layer(x, memory_kv, mask, cache)
        return self.embedding.as_linear(self.norm(x))


class ClipHead(nn.Module):
    """Of a whole window: is there speech, in which language, and where does it begin."""

    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.cap = config.score_cap
        self.scale = config.dims**-0.5
        self.query = mx.zeros((1, config.dims))
        self.slots = mx.zeros((len(config.languages), config.dims))
        self.k_proj = nn.Linear(config.dims, config.dims)
        self.v_proj = nn.Linear(config.dims, config.dims)
        self.out_proj = nn.Linear(config.dims, 1)

    def speech(self, memory: mx.array) -> mx.array:
        """The probability of speech; the scores are soft-capped."""
        scores = self.query @ self.k_proj(memory).swapaxes(-1, -2) * self.scale
        scores = mx.tanh(scores / self.cap) * self.cap
        pooled = mx.softmax(scores, axis=-1) @ self.v_proj(memory)
        return mx.sigmoid(self.out_proj(pooled)).flatten()

    def languages(self, memory: mx.array) -> mx.array:
        """A score a language; the slots compete for each frame."""
        scores = self.slots @ self.k_proj(memory).swapaxes(-1, -2) * self.scale
        shares = mx.softmax(scores, axis=-2)
        return self.out_proj(shares @ self.v_proj(memory)).squeeze(-1)

    def onset(self, memory: mx.array) -> tuple[mx.array, mx.array]:
        """The probability that speech begins in the window, and the weights of its frames."""
        scores = self.query @ self.k_proj(memory).swapaxes(-1, -2) * self.scale
        weights = mx.softmax(scores, axis=-1)
        return mx.sigmoid(self.out_proj(weights @ self.v_proj(memory))).flatten(), weights


class Whinchat(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.config = config
        self._front_end = MelFrontEnd(config)
        self.encoder = AudioEncoder(config)
        self.decoder = TextDecoder(config)
        self.head = ClipHead(config)

    def encode(self, samples: mx.array) -> mx.array:
        return self.encoder(self._front_end(samples))

    @staticmethod
    def sanitize(weights: dict[str, mx.array]) -> dict[str, mx.array]:
        """From the PyTorch checkpoint: convolutions channels-last."""
        result = {}
        for key, value in weights.items():
            if value.ndim == 3:
                value = value.transpose(0, 2, 1)
            result[key] = value
        return result


def load(folder: str) -> Whinchat:
    path = Path(folder)
    model = Whinchat(WhinchatConfig.from_dict(json.loads((path / "config.json").read_text())))
    weights = mx.load(str(path / "model.safetensors"))
    model.load_weights(list(model.sanitize(weights).items()))
    mx.eval(model.parameters())
    return model
