"""Checkpoints on a disk that is full, refuses a write, or gives back something else."""

import errno
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune import checkpoint
from finetune.errors import FinetuneError
from finetune.train import train
from tests.unit.finetune.test_train import losses

Make = Callable[..., Any]


def test_a_disk_that_refuses_a_write_is_told_with_its_own_reason(
    make_recipe: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch.distributed.checkpoint as dcp

    recipe = make_recipe(save_every=2)
    original = dcp.save

    def refused(state: Any, storage_writer: Any, **rest: Any) -> Any:
        usual = resource.getrlimit(resource.RLIMIT_FSIZE)
        if "step-0000004" in str(storage_writer.path):
            resource.setrlimit(resource.RLIMIT_FSIZE, (1024, usual[1]))
        try:  # torch's own error for that is no Exception, and hides the reason
            return original(state, storage_writer=storage_writer, **rest)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    monkeypatch.setattr(dcp, "save", refused)
    with pytest.raises(FinetuneError) as raised:
        train(recipe)
    assert "could not be saved" in str(raised.value)
    assert "File too large" in str(raised.value)
    assert "step-0000002, stays" in str(raised.value)


def test_a_full_disk_leaves_the_last_good_checkpoint(
    make_recipe: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch.distributed.checkpoint as dcp

    recipe = make_recipe(save_every=2)
    original = dcp.save

    def full(state: Any, storage_writer: Any, **rest: Any) -> Any:
        if "step-0000004" in str(storage_writer.path):
            (Path(storage_writer.path) / "half").parent.mkdir()
            (Path(storage_writer.path) / "half").write_bytes(b"x")
            raise RuntimeError("write failed") from OSError(errno.ENOSPC, "No space left")
        return original(state, storage_writer=storage_writer, **rest)

    monkeypatch.setattr(dcp, "save", full)
    with pytest.raises(FinetuneError) as raised:
        train(recipe)
    assert "the disk is full" in str(raised.value)
    assert "step-0000002, stays" in str(raised.value)
    assert [one.name for one in (tmp_path / "run/checkpoints").iterdir()] == ["step-0000002"]
    monkeypatch.undo()
    train(recipe)
    assert len(losses(recipe)) == 6


def test_a_checkpoint_that_was_cut_off_is_not_gone_on_from(
    make_recipe: Make, tmp_path: Path
) -> None:
    recipe = make_recipe(save_every=2)
    train(recipe)
    before = losses(recipe)
    last = checkpoint.all_of(tmp_path / "run")[-1]
    last.rename(last.with_suffix(checkpoint.PARTIAL))
    said: list[str] = []
    train(recipe, said.append)
    assert any("going on after step 4" in one for one in said)
    assert losses(recipe) == before


@pytest.mark.parametrize("broken", ["empty", "changed", "gone"])
def test_a_checkpoint_that_cannot_be_read_is_one_sentence_and_the_one_before_serves(
    make_recipe: Make, tmp_path: Path, broken: str
) -> None:
    recipe = make_recipe(save_every=2)
    train(recipe)
    before = losses(recipe)
    last = checkpoint.all_of(tmp_path / "run")[-1]
    (shard,) = last.glob("state/*.distcp")
    if broken == "gone":
        shutil.rmtree(last / "state")
    else:
        whole = shard.read_bytes()
        shard.write_bytes(b"" if broken == "empty" else whole[:999] + bytes(len(whole) - 999))
    with pytest.raises(FinetuneError) as raised:  # torch's own error for that is no Exception
        train(recipe)
    assert "step-0000006 cannot be read" in str(raised.value)
    assert "remove it" in str(raised.value)
    assert "CheckpointException" not in str(raised.value)
    assert "\n" not in str(raised.value)
    shutil.rmtree(last)
    train(recipe)
    assert losses(recipe) == before
