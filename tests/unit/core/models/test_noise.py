"""Noise by counter: the same bits everywhere, and draws that follow the model's probabilities."""

from itertools import pairwise
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from pie.core.models.gumbel import GumbelSampler  # noqa: E402
from pie.core.models.noise import Drawer, gumbel_noise, keys  # noqa: E402

MASK = (1 << 32) - 1


def noise(seed: str, position: int, width: int) -> Any:
    chosen = torch.tensor(keys([seed], position), dtype=torch.int32).T
    return gumbel_noise(chosen, torch.arange(width, dtype=torch.int32))


def word(index: int, first: int, second: int) -> int:
    """The hash in Python's own integers."""
    bits = (index + first) & MASK
    bits ^= bits >> 16
    bits = (bits * 0x21F0AAAD) & MASK
    bits ^= second & MASK
    bits ^= bits >> 15
    bits = (bits * 0x735A2D97) & MASK
    return bits ^ (bits >> 15)


def test_the_bits_are_those_of_plain_integers() -> None:
    import math

    (chosen,) = keys(["a seed"], 3)
    for index, value in enumerate(noise("a seed", 3, 200).tolist()):
        high, low = word(index, *chosen[:2]), word(index, *chosen[2:]) >> 12
        uniform = ((high << 20) + low + 0.5) / 2.0**52
        assert value == pytest.approx(-math.log(-math.log1p(-uniform)), rel=1e-14)


def test_a_seed_has_its_noise_whatever_else_is_in_the_batch_and_however_wide() -> None:
    torch.manual_seed(0)
    scores = torch.randn(5, 3000) * 3
    together = Drawer(list("abcde")).draw(scores, 7)
    for at, seed in enumerate("abcde"):
        assert Drawer([seed]).draw(scores[at : at + 1], 7).tolist() == [together[at].item()]
    assert noise("a", 7, 50).tolist() == noise("a", 7, 3000)[:50].tolist()
    assert noise("a", 7, 50).tolist() != noise("a", 8, 50).tolist()
    assert noise("a", 7, 50).tolist() != noise("b", 7, 50).tolist()


@pytest.mark.parametrize(
    ("width", "scale"), [(2, 0.0), (5, 1.0), (300, 0.01), (5000, 5.0), (32_016, 3.0), (32_016, 90)]
)
def test_what_is_passed_over_could_not_have_won(width: int, scale: float) -> None:
    torch.manual_seed(width)
    drawer = Drawer(["x"])
    for position in range(30):
        scores = torch.randn(1, width) * scale
        all_of_them = (scores - scores.amax()).double() + noise("x", position, width)
        assert drawer.draw(scores, position).item() == all_of_them.argmax().item()


def test_a_device_that_takes_all_rows_together_draws_the_same() -> None:
    """The way of a GPU, on the CPU's arithmetic, which is exact."""
    from pie.core.models import noise as module

    torch.manual_seed(1)
    scores, seeds = torch.randn(6, 4000) * 2, [f"{at}" for at in range(6)]
    drawer = Drawer(seeds)
    index = torch.arange(4000, dtype=torch.int32)
    drawer._buffers = (
        index,
        *torch.empty(2, 6, 4000, dtype=torch.int32),
        *torch.empty(2, 6, 4000, dtype=torch.float32),
    )
    chosen = torch.tensor(keys(seeds, 2), dtype=torch.int32).T

    def reaching(bound: Any, least: Any) -> Any:
        return (bound >= least).nonzero(as_tuple=True)

    before, module._reaching = module._reaching, reaching
    try:
        together = drawer._drawn(scores, chosen)
    finally:
        module._reaching = before
    assert together.tolist() == Drawer(seeds).draw(scores, 2).tolist()


def test_draws_follow_the_probabilities() -> None:
    torch.manual_seed(2)
    shares = torch.softmax(torch.randn(200) * 2, 0)
    seeds = [str(at) for at in range(4000)]
    scores = shares.log().repeat(len(seeds), 1)
    counted = torch.zeros(200)
    for position in range(5):
        counted += torch.bincount(Drawer(seeds).draw(scores, position), minlength=200)
    expected = shares * 20_000
    chi_squared = ((counted - expected) ** 2 / expected).sum().item()
    assert chi_squared < 281, "the 99.99 % point of 199 degrees of freedom"


def test_successive_steps_are_independent() -> None:
    scores = torch.zeros(1, 4)
    sampler = GumbelSampler(["s"], temperature=1.0, top_p=1.0)
    drawn = [sampler(None, scores).argmax().item() for _ in range(4000)]
    pairs = torch.zeros(16)
    for first, second in pairwise(drawn):
        pairs[4 * first + second] += 1
    assert ((pairs - pairs.sum() / 16) ** 2 / (pairs.sum() / 16)).sum().item() < 45


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), None])
def test_scores_that_nothing_can_be_drawn_from_are_noted(broken: float | None) -> None:
    scores = torch.zeros(2, 50)
    if broken is None:
        scores[1] = float("-inf")
    else:
        scores[1, 7] = broken
    sampler = GumbelSampler(["a", "b"], temperature=1.0, top_p=1.0)
    assert sampler(None, scores).shape == (2, 50)
    assert sampler.broken.tolist() == [False, True]
