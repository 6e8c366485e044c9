import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from accelerate import PartialState

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


class Wandb(ModuleType):
    """In the place of the package: keeps what it is told."""

    def __init__(self, refusal: Exception | None = None) -> None:
        super().__init__("wandb")
        self.told: list[Any] = []
        self.refusal = refusal

    def init(self, **about: Any) -> "Wandb":
        if self.refusal is not None:
            raise self.refusal
        self.told.append(about["project"])
        return self

    def log(self, values: dict[str, Any], step: int, **_: Any) -> None:
        self.told.append((step, values))

    def finish(self) -> None:
        self.told.append("finished")


def test_wandb_is_told_of_each_line_if_it_is_asked_for(
    make_recipe: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PartialState(cpu=True)
    (tmp_path / "run").mkdir()
    wandb = Wandb()
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    metrics = Metrics(make_recipe(report_to=["wandb"]), 0)
    metrics.add({"step": 1, "loss": 2.0})
    metrics.add({"step": 1, "eval_loss": 1.5})
    metrics.close()
    assert wandb.told == ["run", (1, {"loss": 2.0}), (1, {"eval_loss": 1.5}), "finished"]


def test_wandb_without_a_key_is_told_in_one_sentence(
    make_recipe: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PartialState(cpu=True)
    (tmp_path / "run").mkdir()
    usage = type("UsageError", (Exception,), {"__module__": "wandb.errors.errors"})
    refusing = Wandb(usage("No API key configured. Use `wandb login` to log in.\nMore."))
    monkeypatch.setitem(sys.modules, "wandb", refusing)
    with pytest.raises(FinetuneError, match=r"refuses \(No API key .* log in\); log in to it"):
        Metrics(make_recipe(report_to=["wandb"]), 0)


def test_tensorboard_is_told_of_each_number_under_the_run_s_folder(
    make_recipe: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch.utils

    PartialState(cpu=True)
    (tmp_path / "run").mkdir()
    told: list[Any] = []

    class Writer:
        def __init__(self, folder: str) -> None:
            told.append(Path(folder))

        def add_scalar(self, name: str, value: float, global_step: int) -> None:
            told.append((name, value, global_step))

        def flush(self) -> None:
            pass

        def close(self) -> None:
            told.append("closed")

    package = ModuleType("torch.utils.tensorboard")
    vars(package)["SummaryWriter"] = Writer
    monkeypatch.setitem(sys.modules, package.__name__, package)
    monkeypatch.setattr(torch.utils, "tensorboard", package, raising=False)
    metrics = Metrics(make_recipe(report_to=["tensorboard"]), 0)
    metrics.add({"step": 3, "loss": 2.0})
    metrics.close()
    assert told == [tmp_path / "run" / "run", ("loss", 2.0, 3), "closed"]


def test_no_tracker_is_used_unless_asked_for(make_recipe: Make) -> None:
    assert make_recipe().report_to == ()
