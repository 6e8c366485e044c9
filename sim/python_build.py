"""How a Python program is made ready: its code, compiled once, and what it will ask for.

The file that stands for its executable is one line and then the code as `marshal` has it, in the
version without references, so that equal code gives equal bytes. A comment is not in the code, nor
is white space within a line: programs that differ in nothing else are one. The line holds, between
bars, the entry point, modules to load before the program, and names that LeetCode imports for it.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import re
from pathlib import Path

from sim.paths import cache_directory

_GUEST = Path(__file__).parent / "guest"
_PARTS = ("marks", "returned", "ending", "ways", "rehearsal", "harness")
"""Files of the harness, each behind those that it imports."""
NAME = "/pie/main.py"
"""What a program believes to be its file; there is none, since its code is all that is there."""
ENTRY = re.compile(r"[^\W\d]\w*(?:\(\))?(?:\.[^\W\d]\w*)*\Z")

_TYPES = (
    "Any Callable DefaultDict Deque Dict FrozenSet Generator Generic Iterable Iterator List "
    "Mapping NamedTuple NoReturn Optional Sequence Set Tuple Type TypeVar Union"
)
_FROM = {
    "typing": _TYPES,
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "functools": "cache cached_property cmp_to_key lru_cache partial reduce total_ordering wraps",
    "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest",
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "itertools": "accumulate chain combinations combinations_with_replacement compress count cycle "
    "dropwhile filterfalse groupby islice pairwise permutations product repeat starmap takewhile "
    "tee zip_longest",
    "math": "ceil comb factorial floor gcd hypot inf isqrt lcm log log10 log2 nan perm pi prod "
    "sqrt",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits punctuation",
    "operator": "add and_ attrgetter iand ior itemgetter ixor mul neg or_ sub truediv xor",
    "random": "choice randint random randrange sample shuffle",
    "copy": "copy deepcopy",
    "fractions": "Fraction",
    "decimal": "Decimal",
    "datetime": "date timedelta",
    "__main__": "ListNode TreeNode",
}
_WHOLE = "bisect collections copy datetime functools heapq itertools math operator re string sys"
USUAL_NAMES = {
    **{name: name for name in _WHOLE.split()},
    **{name: f"{place}.{name}" for place, names in _FROM.items() for name in names.split()},
    **{name: name for name in ("bisect", "copy", "random", "os", "typing", "json", "time")},
}
"""Name -> module, or module and name, as LeetCode gives them to each program."""

# What draws by chance when it is loaded, or may load what does.
_BY_CHANCE = "random statistics tempfile uuid secrets importlib __import__ exec eval"

_SCRIPT = """
import marshal, sys
text = sys.stdin.buffer.read()
code = compile(text, {name!r}, 'exec', dont_inherit=True)
names, left = set(), [code]
for one in left:
    names.update(one.co_names)
    names.update(one.co_varnames)
    left += [inner for inner in one.co_consts if hasattr(inner, 'co_names')]
words = set(part for name in names for part in name.split('.'))
usual = {usual!r}
loaded = ['random'] if words & set({chance!r}.split()) else []
given = [usual[name] for name in sorted(words & set(usual))]
line = ' '.join(loaded) + '|' + ' '.join(given) + '\\n'
sys.stdout.buffer.write(line.encode() + marshal.dumps(code, 2))
"""


@functools.cache
def _harness_text() -> str:
    """Return the parts of the harness as one script, which imports nothing of ours.

    Whole lines are left out, so that the text hangs on no version of Python.
    """
    made: list[str] = []
    for name in _PARTS:
        text = (_GUEST / f"{name}.py").read_text("utf-8")
        lines = text.splitlines()
        for one in ast.parse(text).body:
            module = one.module or "" if isinstance(one, ast.ImportFrom) else ""
            again = bool(made) and module == "__future__"
            if _is_docstring(one) or again or module.startswith("sim.guest"):
                for line in range(one.lineno - 1, one.end_lineno or one.lineno):
                    lines[line] = ""
        made += lines
    return "\n".join(made) + "\n"


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


@functools.cache
def harness_digest() -> str:
    """Return a hash of the harness: another one could give another cost."""
    return hashlib.sha256(_harness_text().encode()).hexdigest()


def harness() -> Path:
    """Return the script that runs a program in the sandbox; it is written if it is not there."""
    path = cache_directory() / "harness" / f"{harness_digest()[:16]}.py"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f"{path.name}.{os.getpid()}")
        scratch.write_text(_harness_text(), "utf-8")
        scratch.replace(path)
    return path


@functools.cache
def usual_modules() -> list[str]:
    """Return the modules that the harness loads where tests share a start."""
    tree = ast.parse(_harness_text())
    (found,) = (
        one.value
        for one in tree.body
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "USUAL"
    )
    assert isinstance(found, ast.Call)
    assert isinstance(found.func, ast.Attribute)
    return str(ast.literal_eval(found.func.value)).split()


def script(entry_point: str) -> str:
    """Return what the interpreter runs to compile a program that it reads on standard input.

    It writes the executable's bytes, without the entry point.
    """
    usual = USUAL_NAMES if "()" in entry_point else {}
    return _SCRIPT.format(name=NAME, usual=usual, chance=_BY_CHANCE)
