"""What the service is asked and what it answers; unknown fields are an error, not ignored."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

LARGEST_WAIT = 300.0
"""Seconds; behind it a request is answered with a ticket."""
_Text = Annotated[str, Field(max_length=4 << 20)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProgramText(_Strict):
    """A program."""

    code: _Text
    language: str = "cpp"


class TestText(_Strict):
    """A test in the request itself."""

    __test__ = False

    input: str
    output: str | None = None
    """None: nothing is judged; the programs are compared with one another."""


class _Asked(_Strict):
    wait: float = Field(
        default=60.0, ge=0, le=LARGEST_WAIT, description="Seconds; then a ticket is answered."
    )
    deadline: float | None = Field(
        default=None, gt=0, description="Seconds; then the work is given up."
    )


class MeasureRequest(_Asked):
    """Programs that are measured on the same tests; the first is the one to beat."""

    programs: list[ProgramText] = Field(min_length=1, max_length=64)
    tests: list[int | TestText] = Field(
        min_length=1, max_length=1000, description="Texts, or numbers of tests of `problem_id`."
    )
    problem_id: str = ""


class RewardItem(_Strict):
    """One completion with the row it answers."""

    completion: str | list[dict[str, Any]] | None
    problem_id: str | int
    src_code: _Text
    tests: list[int | TestText] = Field(min_length=1, max_length=1000)
    language: str = "cpp"


class RewardRequest(_Asked):
    """A batch of completions; answers are in its order."""

    items: list[RewardItem] = Field(min_length=1, max_length=4096)


class RunCodeRequest(BaseModel):
    """SandboxFusion's request; what it has beyond these fields is ignored, as there."""

    model_config = ConfigDict(extra="ignore")

    code: _Text
    language: str
    stdin: str | None = None
    compile_timeout: float = Field(default=10, gt=0, le=3600)
    run_timeout: float = Field(default=10, gt=0, le=3600)
    memory_limit_MB: int = -1  # noqa: N815 - SandboxFusion's name
    files: dict[str, str | None] = Field(default_factory=dict)
    fetch_files: list[str] = Field(default_factory=list)


class OpenRlhfRequest(BaseModel):
    """What OpenRLHF's trainer posts to its remote reward."""

    model_config = ConfigDict(extra="ignore")

    query: list[str] = Field(min_length=1, max_length=4096)
    prompts: list[str] | None = None
    labels: list[str]
    """Each a JSON object with problem_id, src_code, tests and, if it is not C++, language."""


class Ticket(BaseModel):
    """A job's state, and its result once it is done."""

    id: str
    status: str
    """waiting, done, cancelled, late or failed."""
    message: str = ""
    result: dict[str, Any] | None = None


class Problem(BaseModel):
    """Why a request was not served."""

    error: str
    """One sentence: what is wrong, and how to mend it."""
