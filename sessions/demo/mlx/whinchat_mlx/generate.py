"""Greedy decoding, window by window."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import mlx.core as mx

from .audio import HumProbe, prepare_waveform
from .model import Whinchat


@dataclass
class Segment:
    start: float
    tokens: list[int]
    average_log_prob: float = 0.0


class Transcriber:
    def __init__(self, model: Whinchat):
        self.model = model
        self.hum = HumProbe(model.config.sample_rate)
        banned = mx.array(model.config.suppress_tokens)
        self.suppressed = mx.zeros(model.config.vocab_size).at[banned].add(-math.inf)
        mx.set_cache_limit(256 << 20)

    def steps(self, memory: mx.array, prompt: list[int]) -> Iterator[tuple[mx.array, mx.array]]:
        """Tokens and their log probabilities, as arrays that are not evaluated yet."""
        state = self.model.decoder.make_state(memory)
        inputs = mx.array([prompt])
        while True:
            logits = self.model.decoder(inputs, state)[0, -1] + self.suppressed
            token = mx.argmax(logits)
            yield token, logits[token] - mx.logsumexp(logits)
            inputs = token.reshape(1, 1)

    def generate(self, memory: mx.array, prompt: list[int]) -> tuple[list[int], float]:
        steps = self.steps(memory, prompt)
        tokens: list[int] = []
        log_prob = 0.0
        token, score = next(steps)
        mx.async_eval(token, score)
        for _ in range(self.model.config.max_tokens):
            following = next(steps)
            mx.async_eval(*following)
            value = token.item()
            log_prob += score.item()
            if value == self.model.config.end_token:
                break
            tokens.append(value)
            token, score = following
        return tokens, log_prob / max(len(tokens), 1)

    def hum_level(self, samples: mx.array) -> float:
        return self.hum.level(samples)

    def transcribe(self, samples: mx.array) -> list[Segment]:
        config, head = self.model.config, self.model.head
        samples = prepare_waveform(samples)
        # The centred front end gives one frame more than the encoder has positions for.
        length = 30 * config.sample_rate - config.hop_length
        segments, language, level = [], None, 0.0
        for start in range(0, samples.shape[0], length):
            window = samples[start : start + length]
            window = mx.pad(window, (0, length - window.shape[0]))
            memory = self.model.encode(window[None])
            mx.eval(memory)
            if language is None:
                language = mx.argmax(head.languages(memory)).item()
            level = 0.3 * level + 0.7 * head.speech(memory).item()
            if level < 0.5:
                continue
            sure, weights = head.onset(memory)
            frame = mx.argmax(weights).item() if sure.item() > 0.5 else 0
            seconds = (start + 2 * config.hop_length * frame) / config.sample_rate
            tokens, log_prob = self.generate(memory, [config.start_token, 8 + language])
            segments.append(Segment(seconds, tokens, log_prob))
            mx.clear_cache()
        return segments
