"""CPU time of the driver (store, scheduling, run folder) for each measured run."""

from __future__ import annotations

import json
import resource
import tempfile
from pathlib import Path

from pie.flows import simulate
from sim.machines import machine
from sim.setting import Setting

PROGRAM = """#include <cstdio>
int main() {
    int n;
    std::scanf("%%d", &n);
    for (volatile int i = 0; i < %d; i = i + 1) {}
    std::printf("%%d\\n", n);
}
"""


def main() -> None:
    tests = [{"input": f"{k}\n", "output": f"{k}\n"} for k in range(200)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("w") as file:
            for k in range(2):
                codes = {"src_code": PROGRAM % (2 * k), "tgt_code": PROGRAM % (2 * k + 1)}
                row = {"src_id": f"s{k}", "tgt_id": f"t{k}", "problem_id": "p", "tests": tests}
                file.write(json.dumps({**row, **codes}) + "\n")
        setting = Setting(machine("cachegrind"))
        request = simulate.Request(path, setting, out=Path(folder) / "run", use_cache=False)
        plan = simulate.plan(request)
        before = resource.getrusage(resource.RUSAGE_SELF)
        done = simulate.simulate(request, plan, lambda _folder: None, lambda _progress: None)
        after = resource.getrusage(resource.RUSAGE_SELF)
        runs = done.tally.run["measure"]
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(json.dumps({"runs": runs, "driver_ms_a_run": round(1e3 * spent / runs, 2)}))


if __name__ == "__main__":
    main()
