"""Greedy decoding, window by window."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .audio import HumProbe, prepare_waveform
from .model import Whinchat


@dataclass
class Segment:
    start: float
    tokens: list[int]
    average_log_prob: float = 0.0


class Transcriber:
    def __init__(self, model: Whinchat):
        self.model = model.eval()
        self.hum = HumProbe(model.config.sample_rate)
        suppressed = torch.zeros(model.config.vocab_size)
        suppressed[model.config.suppress_tokens] = -math.inf
        self.suppressed = suppressed

    def sample(self, logits: Tensor) -> int:
        return int(logits.argmax())

    def generate(self, memory: Tensor, prompt: list[int]) -> tuple[list[int], float]:
        state = self.model.decoder.make_state(memory)
        tokens: list[int] = []
        log_prob = 0.0
        inputs = torch.tensor([prompt])
        for _ in range(self.model.config.max_tokens):
            logits = self.model.decoder(inputs, state)[0, -1] + self.suppressed
            token = self.sample(logits)
            log_prob += F.log_softmax(logits, dim=-1)[token].item()
            if token == self.model.config.end_token:
                break
            tokens.append(token)
            inputs = torch.tensor([[token]])
        return tokens, log_prob / max(len(tokens), 1)

    @torch.inference_mode()
    def hum_level(self, samples: Tensor) -> float:
        return self.hum.level(samples)

    @torch.inference_mode()
    def transcribe(self, samples: Tensor) -> list[Segment]:
        config, head = self.model.config, self.model.head
        samples = prepare_waveform(samples)
        # The centred front end gives one frame more than the encoder has positions for.
        length = 30 * config.sample_rate - config.hop_length
        segments, language, level = [], None, 0.0
        for start in range(0, samples.shape[0], length):
            window = samples[start : start + length]
            window = F.pad(window, (0, length - window.shape[0]))
            memory = self.model.encode(window[None])
            if language is None:
                language = int(head.languages(memory).argmax())
            level = 0.3 * level + 0.7 * head.speech(memory).item()
            if level < 0.5:
                continue
            sure, weights = head.onset(memory)
            frame = int(weights.argmax()) if sure.item() > 0.5 else 0
            seconds = (start + 2 * config.hop_length * frame) / config.sample_rate
            tokens, log_prob = self.generate(memory, [config.start_token, 8 + language])
            segments.append(Segment(seconds, tokens, log_prob))
        return segments
