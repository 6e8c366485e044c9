"""The embedded encoder: the same numbers in every process, names of no account, nothing cut."""

import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from retrieval.encoders.tokens import TokenEncoder, restored, unfitted
from retrieval.errors import IndexRefused

PROGRAMS = [
    "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << n * 2; }",
    '#include <cstdio>\nint main() { int n; scanf("%d", &n); printf("%d", n * 2); }',
    "#include <map>\nint main() { std::map<int, int> seen; for (;;) seen[1]++; }",
]


def fitted() -> TokenEncoder:
    return unfitted("cpp").fitted(PROGRAMS, lambda _done: None)[0]


def test_vectors_have_length_one_and_are_float32() -> None:
    vectors = fitted().encode(PROGRAMS)
    assert vectors.dtype == numpy.float32
    assert vectors.shape == (3, 1024)
    assert numpy.allclose(numpy.linalg.norm(vectors, axis=1), 1)


def test_fitting_gives_the_vectors_that_encoding_gives() -> None:
    done: list[int] = []
    encoder, vectors = unfitted("cpp").fitted(PROGRAMS, done.append)
    assert numpy.array_equal(vectors, encoder.encode(PROGRAMS))
    assert sum(done) == 3


def test_a_vector_does_not_depend_on_what_else_is_encoded() -> None:
    encoder = fitted()
    assert numpy.array_equal(encoder.encode(PROGRAMS)[2], encoder.encode(PROGRAMS[2:])[0])


def test_a_renamed_program_has_the_same_vector() -> None:
    encoder = fitted()
    renamed = PROGRAMS[2].replace("seen", "m")
    assert numpy.array_equal(encoder.encode([renamed]), encoder.encode([PROGRAMS[2]]))


def test_the_end_of_a_long_program_counts() -> None:
    encoder = fitted()
    long = PROGRAMS[0] * 500
    one, other = encoder.encode([long, long + PROGRAMS[2]])
    assert not numpy.array_equal(one, other)


def test_a_text_without_words_is_zero_and_so_is_one_of_unknown_words() -> None:
    assert not fitted().encode(["", "// nothing"]).any()
    assert not unfitted("cpp").encode(PROGRAMS).any()


def test_every_process_computes_the_same(tmp_path: Path) -> None:
    code = (
        "import hashlib, sys\n"
        "from retrieval.encoders.tokens import unfitted\n"
        f"encoder, vectors = unfitted('cpp').fitted({PROGRAMS!r}, lambda n: None)\n"
        "print(encoder.fingerprint(), hashlib.sha256(vectors.tobytes()).hexdigest())"
    )
    root = Path(__file__).parents[4]
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
    assert fitted().fingerprint() in answers.pop()


def test_the_fingerprint_is_of_what_it_was_fitted_to() -> None:
    other, _ = unfitted("cpp").fitted(PROGRAMS[:2], lambda _done: None)
    assert other.fingerprint() != fitted().fingerprint()
    assert unfitted("cpp").fingerprint() != unfitted("python").fingerprint()


def test_it_is_restored_from_what_an_index_keeps() -> None:
    encoder = fitted()
    again = restored("cpp", 3, encoder.state())
    assert again.fingerprint() == encoder.fingerprint()
    assert numpy.array_equal(again.encode(PROGRAMS), encoder.encode(PROGRAMS))


@pytest.mark.parametrize("state", [b"", b"no zlib", unfitted("cpp").state()[:20]])
def test_a_damaged_state_is_refused(state: bytes) -> None:
    with pytest.raises(IndexRefused, match="word frequencies"):
        restored("cpp", 3, state)
