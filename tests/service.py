"""Programs, a row and the options of a service, for the tests that ask one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from pie.core.test_cases import TestCases
from pie.rewards.speed import SpeedReward
from pie.service.state import Options
from sim.budget import ReferenceBudget
from sim.machines import machine
from sim.setting import Setting
from sim.toolchain import Toolchain

SLOW = """#include <cstdio>
int main() {
    long n;
    scanf("%ld", &n);
    volatile long sum = 0;
    for (long i = 1; i <= n; i++) sum = sum + i;
    printf("%ld\\n", (long) sum);
}
"""
FAST = """#include <cstdio>
int main() {
    long n;
    scanf("%ld", &n);
    printf("%ld\\n", n * (n + 1) / 2);
}
"""
WRONG = FAST.replace("n + 1", "n + 2")
TESTS = [{"input": f"{n}\n", "output": f"{n * (n + 1) // 2}\n"} for n in (3, 4000)]
ROW: dict[str, Any] = {"problem_id": "sums", "src_code": SLOW, "tests": TESTS}


@dataclass(frozen=True)
class Running:
    """A service that listens."""

    url: str
    options: Options

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=300, **options)


def make_options(tests: Path | None = None, **others: Any) -> Options:
    setting = Setting(machine("counts"), Toolchain(), budget=ReferenceBudget())
    reward = SpeedReward(setting, tests, jobs=2)
    return Options(setting=setting, tests=TestCases(tests), reward=reward, **others)


def endless() -> str:
    """Return a program that never ends and whose fate nothing has kept: no other has its bytes."""
    return f"int main() {{ for (volatile long i = {secrets.randbits(60)};; i = i + 1) {{}} }}\n"
