"""Requests a second to a server on this machine, without and with faults, and what they cost us.

    python tests/benchmarks/sampling.py [requests] [concurrency]

The server answers at once and shares this process, so the numbers are of our own overhead.
"""

import os
import sys
import time

from pie.core.models import Answer, ModelOptions, Request, Sampling
from pie.core.models.openai import OpenAIModel
from pie.core.prompting.prompts import Form, Strategy, render
from tests.model_server import Fault, ModelServer, injected


def main(number: int, concurrency: int) -> None:
    os.environ.setdefault("OPENAI_API_KEY", "none")
    prompts = [
        render(Strategy.INSTRUCTION, Form.CHAT, f"int main() {{ return {at}; }}")
        for at in range(number)
    ]
    wanted = [Request(f"{at:032x}", one, 0, at, "") for at, one in enumerate(prompts)]

    def nothing(_body: object, _attempt: int) -> Fault | None:
        return None

    for name, fault in (("no faults", nothing), ("a third fail at first", injected)):
        with ModelServer(fault=fault) as server:
            options = ModelOptions(base_url=server.url, concurrency=concurrency, timeout_seconds=2)
            begin, cpu = time.monotonic(), time.process_time()
            answers = OpenAIModel("m", options).answers(iter(wanted), Sampling())
            got = [one for batch in answers for one in batch]
        seconds, used = time.monotonic() - begin, time.process_time() - cpu
        answered = {one.key for one in got if isinstance(one, Answer)}
        print(
            f"{name}: {len(answered)} of {number} answered, {len(got)} events, "
            f"{sum(server.attempts.values())} attempts, {seconds:.1f} s "
            f"({number / seconds:.0f} a second), {1e3 * used / number:.2f} ms CPU each, "
            "server included"
        )


if __name__ == "__main__":
    main(*map(int, (sys.argv[1:] + ["1000", "64"][len(sys.argv) - 1 :])))
