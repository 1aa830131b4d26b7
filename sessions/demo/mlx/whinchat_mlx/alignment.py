"""Token times from cross-attention: a median filter, then dynamic time warping."""

import numpy as np


def median_filter(rows: np.ndarray, width: int = 7) -> np.ndarray:
    """Median over the last axis, the ends repeated."""
    half = width // 2
    padded = np.pad(rows, ((0, 0), (half, half)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=-1)
    return np.median(windows, axis=-1)


def warp(cost: np.ndarray) -> list[int]:
    """The cheapest monotonic path through cost [T, S]: the first frame of each row."""
    rows, columns = cost.shape
    total = np.full((rows + 1, columns + 1), np.inf, dtype=np.float32)
    total[0, 0] = 0.0
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            best = min(total[i - 1, j - 1], total[i - 1, j], total[i, j - 1])
            total[i, j] = cost[i - 1, j - 1] + best
    starts = [0] * rows
    i, j = rows, columns
    while i > 0 and j > 0:
        starts[i - 1] = j - 1
        options = [total[i - 1, j - 1], total[i - 1, j], total[i, j - 1]]
        move = int(np.argmin(options))
        i, j = i - (move != 2), j - (move != 1)
    return starts


def token_times(weights: np.ndarray, seconds_per_frame: float) -> list[float]:
    smoothed = median_filter(weights)
    return [start * seconds_per_frame for start in warp(-smoothed)]
