"""To the Hugging Face hub and back: one commit with weights and card, and a folder that is whole.

The server is HF_ENDPOINT's, and the token HF_TOKEN's or that of `hf auth login`; neither is shown.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from finetune import checkpoint
from finetune.errors import FinetuneError
from finetune.model import BASE
from finetune.processes import Processes

_PULLED = ("*.json", "*.model", "*.txt", "*.safetensors", "*.jinja", "README.md", BASE)
"""Neither code nor pickled weights, which could be made to run here."""

_LEFT = ("*.partial", ".lock", ".git*", ".cache/**")


def push(folder: Path, name: str, card: str, *, private: bool = True, message: str = "") -> str:
    """Upload a model's or an adapter's folder with its card; return the address of the commit.

    One commit holds all, so what others see is whole. A repository that is there is added to.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    if not (folder / "config.json").is_file() and not (folder / "adapter_config.json").is_file():
        raise FinetuneError(
            f"{folder} is neither a model nor an adapter",
            "give the run's folder, or a folder of `pie finetune merge`",
        )
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path != folder / "README.md"
        and not any(path.relative_to(folder).match(one) for one in _LEFT)
    )
    operations = [
        CommitOperationAdd(
            path_in_repo=path.relative_to(folder).as_posix(), path_or_fileobj=_public(path)
        )
        for path in files
    ]
    operations.append(
        CommitOperationAdd(path_in_repo="README.md", path_or_fileobj=card.encode("utf-8"))
    )
    api = HfApi()
    with _told(name, "pushed"):
        api.create_repo(name, private=private, exist_ok=True)
        done = api.create_commit(
            name, operations=operations, commit_message=message or f"Upload {folder.name}"
        )
    return str(done.commit_url)


def _public(path: Path) -> Path | bytes:
    """Return a file, or what is sent in its place: the base model by its name alone."""
    if path.name != "adapter_config.json":
        return path
    document = json.loads(path.read_text(encoding="utf-8"))
    base = str(document.get("base_model_name_or_path") or "")
    if not Path(base).is_absolute():
        return path
    document["base_model_name_or_path"] = Path(base).name
    return (json.dumps(document, indent=2) + "\n").encode("utf-8")


def pull(name: str, output: Path, revision: str = "") -> Path:
    """Download a model or an adapter into a new folder, which is there whole or not at all."""
    from huggingface_hub import snapshot_download

    if output.exists() and any(output.iterdir() if output.is_dir() else [output]):
        raise FinetuneError(f"{output} exists already", "give a new folder with --output")
    partial = output.with_name(output.name + checkpoint.PARTIAL)
    output.parent.mkdir(parents=True, exist_ok=True)
    with checkpoint.writing(output.parent, partial, Processes(0, 1, "cpu"), "nothing was written"):
        with _told(name, "pulled"):
            snapshot_download(
                name, revision=revision or None, local_dir=partial, allow_patterns=list(_PULLED)
            )
        shutil.rmtree(partial / ".cache", ignore_errors=True)
        if not any((partial / one).is_file() for one in ("config.json", "adapter_config.json")):
            shutil.rmtree(partial)
            raise FinetuneError(
                f"{name} holds neither a model nor an adapter", "check the name on the hub"
            )
        checkpoint.publish(partial, output)
    return output


@contextmanager
def _told(name: str, what: str) -> Iterator[None]:
    """Turn the hub's refusals into one sentence."""
    import httpx
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalTokenNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    # Libraries tell of each failed attempt; the one sentence below says it once.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        yield
    except HFValidationError as error:
        raise FinetuneError(
            f"{name!r} is no name of a repository", "give it as OWNER/NAME"
        ) from error
    except GatedRepoError as error:
        raise FinetuneError(
            f"{name} could not be {what}: its owner must let you in", "ask on its page on the hub"
        ) from error
    except RevisionNotFoundError as error:
        raise FinetuneError(
            f"{name} has no such revision", "give a branch, a tag or a commit"
        ) from error
    except (RepositoryNotFoundError, LocalTokenNotFoundError) as error:
        raise FinetuneError(
            f"{name} could not be {what}: it is not there, or this token may not see it",
            "check the name, and HF_TOKEN or `hf auth login`",
        ) from error
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        hint = "check HF_TOKEN, which must allow writing" if status in (401, 403) else "try again"
        raise FinetuneError(f"{name} could not be {what} (the hub says {status})", hint) from error
    except (httpx.HTTPError, ValueError) as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        raise FinetuneError(
            f"{name} could not be {what} ({why})", "check the connection, then try again"
        ) from error
