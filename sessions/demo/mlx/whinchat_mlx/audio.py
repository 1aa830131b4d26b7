"""Waveform preparation and the log-mel front end."""

import math

import mlx.core as mx


def mel_filterbank(sample_rate: int, n_fft: int, n_mels: int) -> mx.array:
    """Triangular filters, as a matrix of shape [n_fft // 2 + 1, n_mels]."""
    bins = mx.linspace(0.0, sample_rate / 2, n_fft // 2 + 1)
    mels = mx.linspace(0.0, 1127.0 * math.log(1.0 + sample_rate / 1400.0), n_mels + 2)
    edges = 700.0 * (mx.exp(mels / 1127.0) - 1.0)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins[:, None] - left) / (centre - left)
    falling = (right - bins[:, None]) / (right - centre)
    return mx.maximum(mx.minimum(rising, falling), 0.0)


def hann_window(size: int) -> mx.array:
    """Periodic, as torch.hann_window."""
    return 0.5 - 0.5 * mx.cos(mx.arange(size) * (2.0 * math.pi / size))


def prepare_waveform(samples: mx.array, peak: float = 0.95) -> mx.array:
    """Scales to the given peak, and clips what rounding left beyond it."""
    loudest = mx.abs(samples).max()
    samples = samples * mx.where(loudest > 0, peak / loudest, 1.0)
    return mx.clip(samples, -peak, peak)


class MelFrontEnd:
    """Raw samples [B, N] to normalised log-mel features [B, T, n_mels]."""

    def __init__(self, config):
        self.n_fft = config.n_fft
        self.hop_length = config.hop_length
        self.window = hann_window(config.n_fft)
        self.filters = mel_filterbank(config.sample_rate, config.n_fft, config.n_mels)

    def __call__(self, samples: mx.array) -> mx.array:
        half = self.n_fft // 2
        samples = mx.pad(samples, [(0, 0), (half, half)])
        batch, length = samples.shape
        count = 1 + (length - self.n_fft) // self.hop_length
        frames = mx.as_strided(
            samples,
            shape=(batch, count, self.n_fft),
            strides=(length, self.hop_length, 1),
        )
        power = mx.square(mx.abs(mx.fft.rfft(frames * self.window, axis=-1)))
        mel = mx.log10(mx.maximum(power @ self.filters, 1e-10))
        mean = mx.mean(mel, axis=1, keepdims=True)
        std = mx.sqrt(mx.var(mel, axis=1, keepdims=True))
        return (mel - mean) / (std + 1e-5)


class HumProbe:
    """How much of the signal sits at the mains frequency (0 to 1), mixed down to bin 0."""

    def __init__(self, sample_rate: int, size: int = 16384):
        self.size = size
        phase = mx.arange(size) * (-2.0 * math.pi * 50.0 / sample_rate)
        self.carrier = mx.exp(1j * phase)
        self.taper = hann_window(size)

    def level(self, samples: mx.array) -> float:
        baseband = samples[: self.size] * self.carrier * self.taper
        magnitude = mx.abs(mx.fft.fft(baseband))
        return (magnitude[0] / magnitude.max()).item()
