"""Waveform preparation and the log-mel front end."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def mel_filterbank(sample_rate: int, n_fft: int, n_mels: int) -> Tensor:
    """Triangular filters, as a matrix of shape [n_fft // 2 + 1, n_mels]."""
    bins = torch.linspace(0.0, sample_rate / 2, n_fft // 2 + 1)
    mels = torch.linspace(0.0, 1127.0 * math.log(1.0 + sample_rate / 1400.0), n_mels + 2)
    edges = 700.0 * (torch.exp(mels / 1127.0) - 1.0)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins[:, None] - left) / (centre - left)
    falling = (right - bins[:, None]) / (right - centre)
    return torch.minimum(rising, falling).clamp(min=0.0)


def prepare_waveform(samples: Tensor, peak: float = 0.95) -> Tensor:
    """Scales to the given peak, and clips what rounding left beyond it."""
    loudest = samples.abs().max()
    if loudest > 0:
        samples = samples * (peak / loudest)
    return samples.clamp(-peak, peak)


class MelFrontEnd(nn.Module):
    """Raw samples [B, N] to normalised log-mel features [B, n_mels, T]."""

    def __init__(self, config):
        super().__init__()
        self.n_fft = config.n_fft
        self.hop_length = config.hop_length
        self.register_buffer("window", torch.hann_window(config.n_fft), persistent=False)
        filters = mel_filterbank(config.sample_rate, config.n_fft, config.n_mels)
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        half = self.n_fft // 2
        samples = F.pad(samples, (half, half))
        spectrum = torch.stft(
            samples,
            self.n_fft,
            self.hop_length,
            window=self.window,
            center=False,
            return_complex=True,
        )
        power = spectrum.abs().square()
        mel = self.filters.T @ power
        mel = torch.log10(mel.clamp(min=1e-10))
        mean = mel.mean(dim=-1, keepdim=True)
        std = mel.var(dim=-1, keepdim=True, correction=0).sqrt()
        return (mel - mean) / (std + 1e-5)


class HumProbe(nn.Module):
    """How much of the signal sits at the mains frequency (0 to 1), mixed down to bin 0."""

    def __init__(self, sample_rate: int, size: int = 16384):
        super().__init__()
        self.size = size
        phase = torch.arange(size) * (-2.0 * math.pi * 50.0 / sample_rate)
        self.register_buffer("carrier", torch.exp(1j * phase), persistent=False)
        self.register_buffer("taper", torch.hann_window(size), persistent=False)

    def level(self, samples: Tensor) -> float:
        baseband = samples[: self.size] * self.carrier * self.taper
        magnitude = torch.fft.fft(baseband).abs()
        return (magnitude[0] / magnitude.max()).item()
