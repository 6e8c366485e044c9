"""Draws by the Gumbel-max trick, with noise that is a pure function of (seed, position, index).

An integer hash makes 52 bits of each counter on the model's device: two words, each two rounds of a
32-bit mixing function with a key before and a key between them. 32-bit integers wrap alike on CPU
and GPU, so the bits are the same there. The logarithms are fp64, and their results are compared,
so that two libraries' last bits decide nothing but a tie of about 1 in 10^15.

Of a whole vocabulary only the few indices that can win need their noise: what bounds the others
from above is had from the first word and one fp32 logarithm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

_FIRST, _SECOND = 0x21F0AAAD, 0x735A2D97
"""Multipliers of the mixing function (C. Wellons, hash-prospector: 16, 15, 15), least bias."""
_HIGH, _LOW = 32, 20
"""Bits taken of the two words."""
_TOP = 24
"""Bits of the first word that the bound is made of: what fp32 holds exactly."""
_AT_ONCE = 1 << 18
"""Scores that a CPU looks at together."""
_MARGIN = 1e-3
"""Far more than the rounding of the bound, in nats."""
_MOST_ABOVE = 3.75
"""How far the bound is above the noise, in nats, unless all bits of the bound are 0."""


def keys(seeds: Sequence[str], position: int) -> list[list[int]]:
    """Return the four signed 32-bit keys of each seed at a position."""
    made = []
    for seed in seeds:
        digest = hashlib.blake2b(f"{position}:{seed}".encode(), digest_size=16).digest()
        made.append(
            [int.from_bytes(digest[at : at + 4], "big", signed=True) for at in (0, 4, 8, 12)]
        )
    return made


def gumbel_noise(keys: Any, index: Any) -> Any:
    """Return the standard Gumbel noise of indices, fp64; `keys` is (4, ...) of int32."""
    import torch

    high = _word(index, keys[0], keys[1]).to(torch.float64)
    low = (_word(index, keys[2], keys[3]) >> (_HIGH - _LOW)).to(torch.float64)
    # Half a step above 0 and below 1, so that both logarithms are finite.
    uniform = (high * 2.0**_LOW + low + 0.5) * 2.0 ** -(_HIGH + _LOW)
    return -torch.log(-torch.log1p(-uniform))


class Drawer:
    """Draws an index for each row of scores, with the probabilities softmax(scores).

    The draw of a row depends on its scores, its seed and the position only.
    """

    def __init__(self, seeds: Sequence[str]) -> None:
        self._seeds = tuple(seeds)
        self._buffers: tuple[Any, ...] = ()

    def draw(self, scores: Any, position: int) -> Any:
        """Return the indices of (rows, vocabulary); a row without a finite largest gives any."""
        import torch

        device, (rows, width) = scores.device, scores.shape
        chosen = torch.tensor(keys(self._seeds, position), dtype=torch.int32, device=device)
        # On a CPU few rows at a time, in the same buffers, stay in the processor's cache.
        at_once = min(rows, max(1, _AT_ONCE // width)) if device.type == "cpu" else rows
        if not self._buffers or self._buffers[1].shape != (at_once, width):
            index = torch.arange(width, dtype=torch.int32, device=device)
            words = torch.empty(2, at_once, width, dtype=torch.int32, device=device)
            bounds = torch.empty(2, at_once, width, dtype=torch.float32, device=device)
            self._buffers = (index, *words, *bounds)
        drawn = [
            self._drawn(scores[at : at + at_once], chosen[at : at + at_once].T)
            for at in range(0, rows, at_once)
        ]
        return torch.cat(drawn)

    def _drawn(self, scores: Any, chosen: Any) -> Any:
        import torch

        index = self._buffers[0]
        word, scratch, bound, relative = (one[: len(scores)] for one in self._buffers[1:])
        torch.sub(scores, scores.amax(dim=-1, keepdim=True), out=relative)
        torch.add(index, chosen[0][:, None], out=word)
        _mix(word, chosen[1][:, None], scratch)
        _shift(word, _HIGH - _TOP, scratch)
        bound.copy_(scratch)
        # -log(u) >= 1 - u: with u the share above, no index's noise is more than this.
        bound.clamp_(min=2.0 ** (_TOP - _HIGH - _LOW - 1)).log_().neg_().add_(relative)
        bound.add_(_TOP * 0.6931471805599453)
        least = bound.amax(dim=-1, keepdim=True) - _MOST_ABOVE
        while True:
            row, column = _reaching(bound, least)
            noise = gumbel_noise(chosen[:, row], column.to(torch.int32))
            noised = relative[row, column] + noise
            most = torch.full((len(scores),), float("-inf"), dtype=torch.float64)
            most = most.to(scores.device).scatter_reduce(0, row, noised, "amax")
            reached = most.to(torch.float32)[:, None]
            # Nearly always: whatever was passed over is bounded below what was reached.
            if not bool((reached < least + _MARGIN).any()):
                break
            least = torch.minimum(least, reached) - 2 * _MARGIN
        winner = torch.zeros(len(scores), dtype=torch.int64, device=scores.device)
        won = noised == most[row]
        winner[row[won]] = column[won]
        return winner


def _reaching(bound: Any, least: Any) -> tuple[Any, Any]:
    """Return rows and columns of the bounds that are not below the least of their row."""
    if bound.device.type != "cpu":
        row, column = (bound >= least).nonzero(as_tuple=True)
        return row, column
    import torch

    # NumPy finds the few among many several times faster.
    (places,) = (bound.numpy() >= least.numpy()).ravel().nonzero()
    flat = torch.from_numpy(places)
    width = bound.shape[-1]
    return flat // width, flat % width


def _mix(bits: Any, second: Any, scratch: Any) -> None:
    """Mix 32 bits in place: a bijection of (index + first key), under the second key."""
    _shift(bits, 16, scratch)
    bits ^= scratch
    bits *= _FIRST
    bits ^= second
    _shift(bits, 15, scratch)
    bits ^= scratch
    bits *= _SECOND
    _shift(bits, 15, scratch)
    bits ^= scratch


def _shift(bits: Any, by: int, out: Any) -> None:
    """Write a logical shift to the right of int32; torch's own keeps the sign."""
    import torch

    torch.bitwise_right_shift(bits, by, out=out)
    out.bitwise_and_((1 << (32 - by)) - 1)


def _word(index: Any, first: Any, second: Any) -> Any:
    """Return the hash of indices under two keys, as a number of 32 bits in int64."""
    import torch

    bits = index + first
    _mix(bits, second, torch.empty_like(bits))
    return bits.to(torch.int64).bitwise_and_((1 << 32) - 1)
