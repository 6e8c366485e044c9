"""CPU time of choosing the pairs of one problem whose programs are all but the same.

    python tests/benchmarks/near_duplicates.py PROGRAMS [OWN]

Two programs for each user, of 300 5-grams that all share and OWN (5) of each one's own: with 5 all
are near-duplicates and one pair stays, with 20 none is (0.88), and each is compared with all.
"""

import sys
import time
from array import array

from pie.core.dataset.near_duplicates import Shingles
from pie.core.dataset.pair_selection import choose, programs, targets
from pie.core.dataset.trajectory import Solution, trajectories


def main(number: int, own: int) -> None:
    everyone, known = [], {}
    for at in range(number):
        name, cost = f"s{at:06}", 1e6 / (at + 1)
        everyone.append(Solution(name, f"u{at % (number // 2)}", at, "", cost, cost))
        grams = {*range(300), *(2**64 - 1 - own * at - k for k in range(own))}
        known[name] = Shingles(name.encode(), array("Q", sorted(grams)))
    began = time.process_time()
    users = [targets(one, 0.1) for one in trajectories(everyone)]
    needed = {one.submission_id: known[one.submission_id] for one in programs(users)}
    choice = choose(users, needed, 0.9, 10_000)
    spent = time.process_time() - began
    print(f"{number:,} programs: {len(choice.pairs):,} pairs stay, {spent:.1f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
