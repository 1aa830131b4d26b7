"""Whinchat for MLX."""

from .generate import DecodingOptions, Segment, Transcriber
from .model import Whinchat, WhinchatConfig, load
