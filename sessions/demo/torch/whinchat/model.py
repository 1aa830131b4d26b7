"""The Whinchat network.

A convolution and a bidirectional encoder over log-mel frames; a decoder with rotary
positions, grouped-query self-attention and cross-attention; and a small head on the
encoder's output: is there speech, in which language, where does it begin.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .audio import MelFrontEnd


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
    dropout: float = 0.0
    languages: list[str] = field(default_factory=lambda: ["en", "de", "fr", "es"])
    start_token: int = 1
    end_token: int = 2
    max_tokens: int = 224
    suppress_tokens: list[int] = field(default_factory=lambda: [0, 1, 3, 4, 5, 6, 7])


def split_heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(-2)


def sinusoids(length: int, channels: int) -> Tensor:
    half = channels // 2
    frequencies = 10000.0 ** (-torch.arange(half) / half)
    angles = torch.arange(length)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def rotate(x: Tensor, offset: int) -> Tensor:
    """Rotary positions for x [B, H, T, D], the halves of D rotated against each other."""
    half = x.shape[-1] // 2
    frequencies = 10000.0 ** (-torch.arange(half, device=x.device) / half)
    positions = torch.arange(offset, offset + x.shape[-2], device=x.device)
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class RMSNorm(nn.Module):
    def __init__(self, dims: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dims))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class EncoderLayer(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.heads = config.heads
        self.attn_norm = nn.LayerNorm(config.dims, eps=config.layer_norm_eps)
        self.qkv = nn.Linear(config.dims, 3 * config.dims)
        self.out_proj = nn.Linear(config.dims, config.dims)
        self.mlp_norm = nn.LayerNorm(config.dims, eps=config.layer_norm_eps)
        self.fc1 = nn.Linear(config.dims, 4 * config.dims)
        self.fc2 = nn.Linear(4 * config.dims, config.dims)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(self.attn_norm(x)).chunk(3, dim=-1)
        q, k, v = (split_heads(part, self.heads) for part in (q, k, v))
        x = x + self.out_proj(merge_heads(F.scaled_dot_product_attention(q, k, v)))
        return x + self.fc2(F.gelu(self.fc1(self.mlp_norm(x))))


class AudioEncoder(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.stem = nn.Conv1d(config.n_mels, config.dims, 3, stride=2, padding=1)
        positions = sinusoids(config.max_frames, config.dims)
        self.register_buffer("positions", positions, persistent=False)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        self.norm = nn.LayerNorm(config.dims, eps=config.layer_norm_eps)

    def forward(self, mel: Tensor) -> Tensor:
        x = F.gelu(self.stem(mel)).transpose(1, 2)
        x = x + self.positions[: x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class TokenMixer(nn.Module):
    """A causal depthwise convolution; its state is the last kernel - 1 embeddings."""

    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.context = config.mixer_kernel - 1
        self.conv = nn.Conv1d(config.dims, config.dims, config.mixer_kernel, groups=config.dims)

    def forward(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        if state is None:
            state = x.new_zeros(x.shape[0], self.context, x.shape[2])
        padded = torch.cat([state, x], dim=1)
        mixed = self.conv(padded.transpose(1, 2)).transpose(1, 2)
        return x + mixed, padded[:, -self.context :]


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
        self.q_norm = RMSNorm(head_dim, config.norm_eps)
        self.k_norm = RMSNorm(head_dim, config.norm_eps)

    def forward(self, x: Tensor, mask: Tensor | None, cache: tuple | None):
        offset = cache[0].shape[2] if cache is not None else 0
        q = self.q_norm(split_heads(self.q_proj(x), self.heads))
        k = self.k_norm(split_heads(self.k_proj(x), self.kv_heads))
        v = split_heads(self.v_proj(x), self.kv_heads)
        q = rotate(q, offset)
        k = rotate(k, offset)
        if cache is not None:
            k = torch.cat([cache[0], k], dim=2)
            v = torch.cat([cache[1], v], dim=2)
        groups = self.heads // self.kv_heads
        keys = k.repeat_interleave(groups, dim=1)
        values = v.repeat_interleave(groups, dim=1)
        scores = q @ keys.transpose(-1, -2) * self.scale
        if mask is not None:
            scores = scores + mask
        out = torch.softmax(scores.float(), dim=-1).to(q.dtype) @ values
        return self.out_proj(merge_heads(out)), (k, v)


class CrossAttention(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.heads = config.heads
        self.q_proj = nn.Linear(config.dims, config.dims)
        self.k_proj = nn.Linear(config.dims, config.dims, bias=False)
        self.v_proj = nn.Linear(config.dims, config.dims)
        self.out_proj = nn.Linear(config.dims, config.dims)

    def project(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of the encoder's output; the same for every token."""
        k = split_heads(self.k_proj(memory), self.heads)
        v = split_heads(self.v_proj(memory), self.heads)
        return k, v

    def forward(self, x: Tensor, memory_kv: tuple[Tensor, Tensor]) -> Tensor:
        k, v = memory_kv
        q = split_heads(self.q_proj(x), self.heads)
        return self.out_proj(merge_heads(F.scaled_dot_product_attention(q, k, v)))


class DecoderLayer(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.self_attn = SelfAttention(config)
        self.self_norm = RMSNorm(config.dims, config.norm_eps)
        self.cross_attn = CrossAttention(config)
        self.cross_norm = RMSNorm(config.dims, config.norm_eps)
        self.fc1 = nn.Linear(config.dims, 4 * config.dims)
        self.fc2 = nn.Linear(4 * config.dims, config.dims)
        self.mlp_norm = RMSNorm(config.dims, config.norm_eps)

    def forward(self, x: Tensor, memory_kv, mask: Tensor | None, cache: tuple | None):
        attended, cache = self.self_attn(self.self_norm(x), mask, cache)
        x = x + attended
        x = x + self.cross_attn(self.cross_norm(x), memory_kv)
        return x + self.fc2(F.gelu(self.fc1(self.mlp_norm(x)))), cache


class TextDecoder(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.embedding = nn.Embedding(config.vocab_size, config.dims)
        self.mixer = TokenMixer(config)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.norm = RMSNorm(config.dims, config.norm_eps)

    def causal_mask(self, length: int) -> Tensor | None:
        if length == 1:
            return None
        mask = torch.full((length, length), float("-inf"), device=self.embedding.weight.device)
        return mask.triu(1)

    def make_state(self, memory: Tensor) -> dict:
        memory_kv = [layer.cross_attn.project(memory) for layer in self.layers]
        return {"memory": memory_kv, "mixer": None, "layers": [None] * len(self.layers)}

    def forward(self, tokens: Tensor, state: dict) -> Tensor:
        x, state["mixer"] = self.mixer(self.embedding(tokens), state["mixer"])
        mask = self.causal_mask(tokens.shape[1])
        for i, layer in enumerate(self.layers):
            x, state["layers"][i] = layer(x, state["memory"][i], mask, state["layers"][i])
        return self.norm(x) @ self.embedding.weight.T


class ClipHead(nn.Module):
    """Of a whole window: is there speech, in which language, and where does it begin."""

    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.cap = config.score_cap
        self.scale = config.dims**-0.5
        self.query = nn.Parameter(torch.zeros(1, config.dims))
        self.slots = nn.Parameter(torch.zeros(len(config.languages), config.dims))
        self.k_proj = nn.Linear(config.dims, config.dims)
        self.v_proj = nn.Linear(config.dims, config.dims)
        self.out_proj = nn.Linear(config.dims, 1)

    def speech(self, memory: Tensor) -> Tensor:
        """The probability of speech; the scores are soft-capped."""
        scores = self.query @ self.k_proj(memory).transpose(-1, -2) * self.scale
        scores = torch.tanh(scores / self.cap) * self.cap
        pooled = torch.softmax(scores, dim=-1) @ self.v_proj(memory)
        return torch.sigmoid(self.out_proj(pooled)).flatten()

    def languages(self, memory: Tensor) -> Tensor:
        """A score a language; the slots compete for each frame."""
        scores = self.slots @ self.k_proj(memory).transpose(-1, -2) * self.scale
        shares = torch.softmax(scores, dim=-2)
        return self.out_proj(shares @ self.v_proj(memory)).squeeze(-1)

    def onset(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """The probability that speech begins in the window, and the weights of its frames."""
        scores = self.query @ self.k_proj(memory).transpose(-1, -2) * self.scale
        weights = torch.softmax(scores, dim=-1)
        return torch.sigmoid(self.out_proj(weights @ self.v_proj(memory))).flatten(), weights


class Whinchat(nn.Module):
    def __init__(self, config: WhinchatConfig):
        super().__init__()
        self.config = config
        self.front_end = MelFrontEnd(config)
        self.encoder = AudioEncoder(config)
        self.decoder = TextDecoder(config)
        self.head = ClipHead(config)

    def encode(self, samples: Tensor) -> Tensor:
        return self.encoder(self.front_end(samples))
