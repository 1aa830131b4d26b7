"""Greedy or sampled decoding, window by window."""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

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
        self.model = model.eval()
        self.options = options or DecodingOptions()
        self.hum = HumProbe(model.config.sample_rate)
        suppressed = torch.zeros(model.config.vocab_size)
        suppressed[model.config.suppress_tokens] = -math.inf
        self.suppressed = suppressed

    def sample(self, logits: Tensor) -> int:
        if self.options.temperature == 0.0:
            return int(logits.argmax())
        probs = torch.softmax(logits / self.options.temperature, dim=-1)
        return int(torch.multinomial(probs, 1))

    def generate(self, memory: Tensor, prompt: list[int]) -> tuple[list[int], float]:
        config, options = self.model.config, self.options
        state = self.model.decoder.make_state(memory)
        counts = torch.zeros(config.vocab_size)
        tokens: list[int] = []
        log_prob = 0.0
        inputs = torch.tensor([prompt])
        for _ in range(options.max_tokens):
            logits = self.model.decoder(inputs, state)[0, -1]
            logits = logits + self.suppressed - options.frequency_penalty * counts
            token = self.sample(logits)
            log_prob += F.log_softmax(logits, dim=-1)[token].item()
            if token == config.end_token:
                break
            tokens.append(token)
            counts[token] += 1.0
            inputs = torch.tensor([[token]])
        return tokens, log_prob / max(len(tokens), 1)

    @torch.inference_mode()
    def detect_language(self, samples: Tensor) -> int:
        memory = self.model.encode(samples[None])
        return int(self.model.language_head(memory).argmax())

    @torch.inference_mode()
    def hum_level(self, samples: Tensor) -> float:
        return self.hum.level(samples)

    @torch.inference_mode()
    def endpoints(self, samples: Tensor, smoothing: float = 0.9) -> list[int]:
        """Frames at which the smoothed endpoint probability rises above one half."""
        raw = self.model.endpoint_head(self.model.encode(samples[None]))[0].tolist()
        found, level = [], 0.0
        for frame, value in enumerate(raw):
            before = level
            level = smoothing * level + (1.0 - smoothing) * value
            if before < 0.5 <= level:
                found.append(frame)
        return found

    @torch.inference_mode()
    def transcribe(self, samples: Tensor, language: int | None = None) -> list[Segment]:
        config, options = self.model.config, self.options
        samples = prepare_waveform(samples)
        size = int(options.window_seconds * config.sample_rate)
        if language is None:
            language = self.detect_language(samples[: size - config.hop_length])
        prompt = [config.start_token, 8 + language]
        frame_seconds = 2 * config.hop_length / config.sample_rate
        segments = []
        for start in range(0, samples.shape[0], size):
            window = F.pad(samples[start : start + size], (0, max(0, start + size - samples.shape[0])))
            # The centred front end gives one frame more than the encoder has positions for.
            memory = self.model.encode(window[None, : size - config.hop_length])
            if self.model.speech_gate(memory).item() < options.speech_threshold:
                continue
            tokens, log_prob = self.generate(memory, prompt)
            inputs = torch.tensor([prompt + tokens])
            weights = self.model.decoder.alignment(inputs, memory)[len(prompt) :]
            times = token_times(weights.numpy(), frame_seconds)
            segments.append(Segment(start / config.sample_rate, tokens, times, log_prob))
        return segments
