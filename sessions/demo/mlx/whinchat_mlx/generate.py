"""Greedy or sampled decoding, window by window."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import mlx.core as mx
import numpy as np

from .alignment import token_times
from .audio import HumProbe, prepare_waveform
from .model import Whinchat


@dataclass
class DecodingOptions:
    max_tokens: int = 224
    temperature: float = 0.0
    frequency_penalty: float = 0.1
    speech_threshold: float = 0.5
    window_seconds: float = 30.0


@dataclass
class Segment:
    start: float
    tokens: list[int]
    times: list[float] = field(default_factory=list)
    average_log_prob: float = 0.0


class Transcriber:
    def __init__(self, model: Whinchat, options: DecodingOptions | None = None):
        self.model = model
        self.options = options or DecodingOptions()
        self.hum = HumProbe(model.config.sample_rate)
        banned = mx.array(model.config.suppress_tokens)
        self.suppressed = mx.zeros(model.config.vocab_size).at[banned].add(-math.inf)
        mx.set_cache_limit(256 << 20)

    def sample(self, logits: mx.array) -> mx.array:
        if self.options.temperature == 0.0:
            return mx.argmax(logits)
        return mx.random.categorical(logits / self.options.temperature)

    def steps(self, memory: mx.array, prompt: list[int]) -> Iterator[tuple[mx.array, mx.array]]:
        """Tokens and their log probabilities, as arrays that are not evaluated yet."""
        state = self.model.decoder.make_state(memory)
        counts = mx.zeros(self.model.config.vocab_size)
        inputs = mx.array([prompt])
        while True:
            logits = self.model.decoder(inputs, state)[0, -1]
            logits = logits + self.suppressed - self.options.frequency_penalty * counts
            token = self.sample(logits)
            yield token, logits[token] - mx.logsumexp(logits)
            counts = counts.at[token].add(1.0)
            inputs = token.reshape(1, 1)

    def generate(self, memory: mx.array, prompt: list[int]) -> tuple[list[int], float]:
        steps = self.steps(memory, prompt)
        tokens: list[int] = []
        log_prob = 0.0
        token, score = next(steps)
        mx.async_eval(token, score)
        for _ in range(self.options.max_tokens):
            following = next(steps)
            mx.async_eval(*following)
            value = token.item()
            log_prob += score.item()
            if value == self.model.config.end_token:
                break
            tokens.append(value)
            token, score = following
        return tokens, log_prob / max(len(tokens), 1)

    def detect_language(self, samples: mx.array) -> int:
        memory = self.model.encode(samples[None])
        return mx.argmax(self.model.language_head(memory)).item()

    def hum_level(self, samples: mx.array) -> float:
        return self.hum.level(samples)

    def endpoints(self, samples: mx.array, smoothing: float = 0.9) -> list[int]:
        """Frames at which the smoothed endpoint probability rises above one half."""
        raw = self.model.endpoint_head(self.model.encode(samples[None]))[0].tolist()
        found, level = [], 0.0
        for frame, value in enumerate(raw):
            before = level
            level = smoothing * level + (1.0 - smoothing) * value
            if before < 0.5 <= level:
                found.append(frame)
        return found

    def transcribe(self, samples: mx.array, language: int | None = None) -> list[Segment]:
        config, options = self.model.config, self.options
        samples = prepare_waveform(samples)
        size = int(options.window_seconds * config.sample_rate)
        if language is None:
            language = self.detect_language(samples[: size - config.hop_length])
        prompt = [config.start_token, 8 + language]
        frame_seconds = 2 * config.hop_length / config.sample_rate
        segments = []
        for start in range(0, samples.shape[0], size):
            window = samples[start : start + size]
            window = mx.pad(window, (0, size - window.shape[0]))
            # The centred front end gives one frame more than the encoder has positions for.
            memory = self.model.encode(window[None, : size - config.hop_length])
            mx.eval(memory)
            if self.model.speech_gate(memory).item() < options.speech_threshold:
                continue
            tokens, log_prob = self.generate(memory, prompt)
            inputs = mx.array([prompt + tokens])
            weights = self.model.decoder.alignment(inputs, memory)[len(prompt) :]
            times = token_times(np.array(weights), frame_seconds)
            segments.append(Segment(start / config.sample_rate, tokens, times, log_prob))
            mx.clear_cache()
        return segments
