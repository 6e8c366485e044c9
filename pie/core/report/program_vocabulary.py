"""The names by which programs are sorted: containers, algorithms, input and output."""

from __future__ import annotations

import re

CONTAINERS = {
    "map": "tree",
    "set": "tree",
    "multimap": "tree",
    "multiset": "tree",
    "tree": "tree",  # GNU's policy-based trees
    "unordered_map": "hash",
    "unordered_set": "hash",
    "unordered_multimap": "hash",
    "unordered_multiset": "hash",
    "gp_hash_table": "hash",
    "cc_hash_table": "hash",
    "priority_queue": "heap",
    "make_heap": "heap",
    "queue": "queue",
    "deque": "queue",
    "stack": "queue",
    "list": "list",
    "forward_list": "list",
    "bitset": "bits",
    # Python's, besides its literals; its `map` and `list` are no such containers.
    "dict": "hash",
    "defaultdict": "hash",
    "OrderedDict": "hash",
    "Counter": "hash",
    "frozenset": "hash",
    "heapq": "heap",
    "heappush": "heap",
    "heapify": "heap",
}
"""Kind by name. Arrays, vectors and strings are the plain case and not here."""

ALGORITHMS = frozenset(
    {
        *("sort", "stable_sort", "partial_sort", "nth_element", "qsort"),
        *("lower_bound", "upper_bound", "binary_search", "equal_range"),
        *("next_permutation", "prev_permutation", "partial_sum", "accumulate", "inner_product"),
        *("unique", "rotate", "merge", "set_union", "set_intersection", "count", "find"),
        *("sorted", "bisect", "bisect_left", "bisect_right", "insort"),
        *("permutations", "combinations", "product", "lru_cache", "reduce", "pow"),
    }
)

READS_AND_WRITES = frozenset(
    {
        *("cin", "cout", "cerr", "endl", "flush", "getline", "sync_with_stdio", "tie"),
        *("scanf", "printf", "puts", "gets", "fgets", "fputs", "sscanf", "sprintf"),
        *("getchar", "getchar_unlocked", "getc", "getc_unlocked", "fgetc", "fread", "read"),
        *("putchar", "putchar_unlocked", "putc", "fputc", "fwrite", "write", "freopen", "fflush"),
        *("ifstream", "ofstream", "istringstream", "ostringstream", "stringstream"),
        *("input", "print", "raw_input", "stdin", "stdout", "readline", "readlines"),
        *("writelines", "splitlines", "open"),
    }
)

CHARACTER_IO = frozenset(
    {
        *("getchar", "getchar_unlocked", "getc", "getc_unlocked", "fgetc", "fread", "read"),
        *("putchar", "putchar_unlocked", "putc", "fputc", "fwrite", "write", "mmap"),
    }
)
"""What a function that reads or writes by hand is built on."""

IO_NAME = re.compile(r"read|scan|get|next|input|print|write|put|out|flush", re.IGNORECASE)
