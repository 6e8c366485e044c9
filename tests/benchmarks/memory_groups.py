"""What a control group costs a run: the CPU time around an empty one, and of a process that joins.

python tests/benchmarks/memory_groups.py [RUNS]
"""

import os
import statistics
import sys
import time

from sim import cgroup


def joining(stay: cgroup.Membership) -> float:
    """Milliseconds that a new process waits for its own move."""
    read, write = os.pipe()
    if not os.fork():
        start = time.perf_counter()
        os.write(stay.descriptor, b"0")
        os.write(write, str(time.perf_counter() - start).encode())
        os._exit(0)
    os.wait()
    spent = 1000 * float(os.read(read, 64))
    os.close(read)
    os.close(write)
    return spent


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    if cgroup.where() is None:
        sys.exit(f"no control groups here: {cgroup.why_address_space()}")
    around, joined = [], []
    for _ in range(runs):
        start = time.process_time()
        with cgroup.membership(1 << 30) as stay:
            assert stay is not None
            before = time.process_time()
            joined.append(joining(stay))
            os.close(stay.descriptor)
            after = time.process_time()
            stay.out_of_memory()
        around.append(1000 * (time.process_time() - after + before - start))
        time.sleep(0.01)  # as long as the kernel's grace period: runs are not back to back
    print(
        f"median of {runs}: {statistics.median(around):.3f} ms of CPU time around a run, "
        f"{statistics.median(joined):.3f} ms to join"
    )


if __name__ == "__main__":
    main()
