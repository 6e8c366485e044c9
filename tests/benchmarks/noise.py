"""CPU time of drawing one token for each row of a batch: noise by counter, and as it was before.

    python tests/benchmarks/noise.py [rounds]

Before: a generator for each row draws exponential numbers on the CPU, whatever the device. Both are
timed in turn in one thread, and the least time of the rounds is told.
"""

import sys
import time

import torch

from pie.core.models.noise import Drawer


def before(generators: list[torch.Generator], scores: torch.Tensor) -> torch.Tensor:
    scores = torch.log_softmax(scores, dim=-1)
    width = scores.shape[-1]
    noise = torch.stack(
        [torch.empty(width).exponential_(generator=g).clamp_min_(1e-30) for g in generators]
    )
    return (scores - noise.log()).argmax(dim=-1)


def compare(width: int, rows: int, rounds: int) -> tuple[float, float]:
    """Return milliseconds of a step before and now."""
    torch.manual_seed(0)
    scores = torch.randn(rows, width) * 3
    generators = [torch.Generator().manual_seed(row) for row in range(rows)]
    drawer = Drawer([str(row) for row in range(rows)])
    least = [float("inf")] * 2
    for position in range(rounds):
        begin = time.thread_time()
        before(generators, scores)
        between = time.thread_time()
        drawer.draw(scores, position)
        end = time.thread_time()
        least = [min(least[0], between - begin), min(least[1], end - between)]
    return 1e3 * least[0], 1e3 * least[1]


def main(rounds: int) -> None:
    torch.set_num_threads(1)
    for width in (32_016, 151_936):
        for rows in (1, 8):
            was, now = compare(width, rows, rounds)
            told = f"{was:.2f} ms before, {now:.2f} ms now, {was / now:.1f} times"
            print(f"{width:,} tokens, {rows} rows: {told}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
