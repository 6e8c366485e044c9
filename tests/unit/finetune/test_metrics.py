import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune.errors import FinetuneError
from finetune.metrics import Metrics, plot, read

Make = Callable[..., Any]


def test_lines_after_the_step_that_is_gone_on_from_are_forgotten(
    make_recipe: Make, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    lines = [json.dumps({"step": step, "loss": 1.0}) for step in (1, 2, 3)]
    (folder / "metrics.jsonl").write_text("\n".join([*lines, '{"step": 4, "lo']))
    metrics = Metrics(make_recipe(), 2)
    metrics.add({"step": 3, "loss": 0.5})
    metrics.close()
    assert [(one["step"], one["loss"]) for one in read(folder / "metrics.jsonl")] == [
        (1, 1.0),
        (2, 1.0),
        (3, 0.5),
    ]


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    lines = [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.0}, {"step": 2, "eval_loss": 1.5}]
    assert plot(lines, tmp_path / "loss.png")
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["wandb", "tensorboard"])
def test_a_tracker_that_is_not_installed_is_told(
    make_recipe: Make, name: str, tmp_path: Path
) -> None:
    import importlib.util

    if importlib.util.find_spec(name):
        pytest.skip(f"{name} is installed")
    (tmp_path / "run").mkdir()
    with pytest.raises(FinetuneError, match=f"reports to {name}"):
        Metrics(make_recipe(report_to=[name]), 0)


def test_no_tracker_is_used_unless_asked_for(make_recipe: Make) -> None:
    assert make_recipe().report_to == ()
