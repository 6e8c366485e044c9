"""What the options of `pie generate` may say."""

import pytest

from pie.core.problem import InputError
from pie.flows.generation.options import parse_body


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", '[{"x": NaN}]'])
def test_a_body_with_a_number_that_json_has_not_is_one_sentence(number: str) -> None:
    with pytest.raises(InputError, match="--body is not JSON") as caught:
        parse_body(f'{{"temperature": {number}}}')
    assert "\n" not in str(caught.value)


def test_a_body_is_an_object() -> None:
    assert parse_body("") == {}
    assert parse_body('{"top_k": 5, "x": "\\ud83d\\ude00"}') == {"top_k": 5, "x": "\U0001f600"}
    with pytest.raises(InputError, match="not a JSON object"):
        parse_body("[]")
