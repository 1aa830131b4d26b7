"""Whinchat: a small encoder-decoder speech recogniser (PyTorch)."""

from .decoding import Segment, Transcriber
from .model import Whinchat, WhinchatConfig
