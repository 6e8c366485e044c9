"""Near-duplicates are exactly those that comparing everything with everything finds."""

import random

import pytest

pytest.importorskip("tree_sitter_cpp")

from pie.core.dataset import near_duplicates
from pie.core.dataset.near_duplicates import Index, shingles, similarity

PROGRAM = "int main() { int a = 1; int b = 2; int c = a + b; return c * a - b; }"


def test_comments_and_white_space_make_no_other_program() -> None:
    left = shingles(PROGRAM, "cpp")
    right = shingles(
        "// mine\nint  main(){int a=1;\n/* x */int b=2;int c=a+b;return c*a-b;}", "cpp"
    )
    assert left.tokens == right.tokens
    assert similarity(left, right) == 1.0


def test_a_name_or_a_constant_makes_another_program() -> None:
    left = shingles(PROGRAM, "cpp")
    for other in (PROGRAM.replace("= 2", "= 3"), PROGRAM.replace(" c ", " d ")):
        assert 0 < similarity(left, shingles(other, "cpp")) < 1


def test_similarity_is_the_share_of_common_five_grams() -> None:
    left, right = shingles("a b c d e f", "cpp"), shingles("a b c d e g", "cpp")
    grams = set(left.grams) | set(right.grams)
    common = set(left.grams) & set(right.grams)
    assert similarity(left, right) == len(common) / len(grams)


def test_tiny_programs_are_one_shingle() -> None:
    assert len(shingles("a", "cpp").grams) == 1
    assert len(shingles("", "cpp").grams) == 1
    assert similarity(shingles("a", "cpp"), shingles("b", "cpp")) == 0


def variants(number: int) -> dict[str, str]:
    """Programs in families, each a few edits from its first."""
    chance = random.Random(7)
    made = {}
    for family in range(number):
        lines = [f"x{chance.randrange(30)} += {chance.randrange(9)};" for _ in range(25)]
        for member in range(5):
            for _ in range(member):
                lines[chance.randrange(25)] = f"y{chance.randrange(30)} -= 1;"
            made[f"{family}.{member}"] = "int main() {" + " ".join(lines) + "}"
    return made


@pytest.mark.parametrize("common", [0, 8, 4096])
@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9, 1.0])
def test_the_index_finds_what_comparing_all_finds(
    threshold: float, common: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_duplicates, "_COMMON", common)
    tiny = {f"tiny.{n}": "a b c d e f g h"[: 2 * n + 1] for n in range(8)}
    known = {name: shingles(code, "cpp") for name, code in {**variants(30), **tiny}.items()}
    index = Index(known, threshold)
    for name in known:
        index.add(name)
    some = 0
    for program in known.values():
        everyone = [one for one in known if similarity(program, known[one]) >= threshold]
        assert list(index.find(program)) == everyone
        some += len(everyone) > 1
    assert some or threshold == 1.0


def test_a_threshold_that_is_none_is_refused() -> None:
    for threshold in (0.0, 1.1):
        with pytest.raises(ValueError, match="threshold"):
            Index({}, threshold)


def test_a_shingle_is_known_by_its_five_tokens_wherever_they_stand() -> None:
    tokens = [f"t{random.Random(seed).randrange(12)}" for seed in range(300)]
    runs = {tuple(tokens[at : at + 5]) for at in range(len(tokens) - 4)}
    whole = set(shingles(" ".join(tokens), "cpp").grams)
    alone = {run: shingles(" ".join(run), "cpp").grams for run in runs}
    assert {gram for grams in alone.values() for gram in grams} == whole
    assert len(whole) == len(runs), "another run has another hash"
