"""Whinchat for MLX."""

from .generate import Segment, Transcriber
from .model import Whinchat, WhinchatConfig, load
