"""What the suites of a real gem5 run: programs small enough for it, and their limits."""

from __future__ import annotations

from sim.limits import Limits

LIMITS = Limits(max_instructions=2_000_000, output_bytes=1 << 16)
INCLUDE = "#include <cstdio>\n#include <cstdlib>\n#include <unistd.h>\n"
PROGRAMS = {
    "nothing": "int main() {}",
    "reads": INCLUDE + 'int main() { int n = 0; scanf("%d", &n); printf("%d", n + 1); }',
    "streams": "#include <iostream>\nint main() { int n = 0; std::cin >> n; std::cout << n; }",
    "memory": "#include <vector>\nint main() { std::vector<int> v(5000, 1); return v[77] - 1; }",
    "file": INCLUDE + 'int main() { FILE *f = fopen("notes", "w"); fputs("x", f); fclose(f); }',
    "random": "#include <random>\nint main() { std::random_device d; return d() == 7; }",
    "exception": "int main() { try { throw 1; } catch (int e) { return e - 1; } }",
    "floating": INCLUDE + "int main() { double x = 0; for (int i = 1; i < 999; i++) x += 1.0 / i; "
    'printf("%.9f", x); }',
    "sorted": "#include <algorithm>\n#include <iostream>\n#include <string>\nint main() {\n"
    "std::string s(3000, 'a'); unsigned x = 1; for (auto &c : s) c = 'a' + (x = x * 1664525 + 7) "
    "% 26; std::sort(s.begin(), s.end()); std::cout << s[1500]; }",
    "map": "#include <iostream>\n#include <map>\nint main() { std::map<int, int> m;\n"
    "for (int i = 0; i < 500; i++) m[i * 7919 % 1009]++; std::cout << m.size(); }",
}
