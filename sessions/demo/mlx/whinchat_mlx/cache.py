"""Key-value cache with room to grow, so that a step writes in place."""

import mlx.core as mx


class KVCache:
    step = 128

    def __init__(self):
        self.keys = None
        self.values = None
        self.offset = 0

    def update(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        end = self.offset + keys.shape[2]
        if self.keys is None or end > self.keys.shape[2]:
            self._grow(keys, end)
        self.keys[:, :, self.offset : end] = keys
        self.values[:, :, self.offset : end] = values
        self.offset = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def _grow(self, like: mx.array, end: int) -> None:
        batch, heads, _, dims = like.shape
        capacity = -(-end // self.step) * self.step
        bigger = [mx.zeros((batch, heads, capacity, dims), like.dtype) for _ in range(2)]
        if self.keys is not None:
            bigger[0][:, :, : self.offset] = self.keys[:, :, : self.offset]
            bigger[1][:, :, : self.offset] = self.values[:, :, : self.offset]
        self.keys, self.values = bigger
