"use strict";
// Which rows are shown, in which order, and what they say together. No element is made here.

const selection = (() => {
  // What one row is worth to a reader: the best generation, or the target where there is none.
  const speedup = (head, row) => (head.most ? head.rows.ratio[row] : head.rows.human[row]);

  const accepted = (head, row) =>
    head.rows.generations[row].filter((one) => head.verdicts[one[0]] === "accepted").length;

  const verdictsOf = (head, row) =>
    [head.rows.source[row], head.rows.target[row], ...head.rows.generations[row]].map((one) => head.verdicts[one[0]]);

  const columns = {
    number: (_head, row) => row,
    problem: (head, row) => head.rows.problems[head.rows.problem[row]],
    source: (head, row) => head.rows.source_id[row],
    target: (head, row) => head.rows.target_id[row],
    "source time": (head, row) => head.rows.source[row][1],
    "target time": (head, row) => head.rows.target[row][1],
    "target speedup": (head, row) => head.rows.human[row],
    "best speedup": (head, row) => head.rows.ratio[row],
    accepted: (head, row) => accepted(head, row),
  };

  const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

  const passes = (head, filters, suspicious) => {
    const asked = words(filters.search);
    return (row) => {
      const problem = columns.problem(head, row);
      if (filters.problem && problem !== filters.problem) return false;
      if (filters.verdict && !verdictsOf(head, row).includes(filters.verdict)) return false;
      if (filters.suspicious && !suspicious.has(row)) return false;
      const value = speedup(head, row);
      if (filters.from !== null && !(value !== null && value >= filters.from)) return false;
      if (filters.to !== null && !(value !== null && value <= filters.to)) return false;
      const text = `${problem} ${columns.source(head, row)} ${columns.target(head, row)}`.toLowerCase();
      return asked.every((word) => text.includes(word));
    };
  };

  const order = (head, { by, down }) => (one, other) => {
    const [left, right] = [columns[by](head, one), columns[by](head, other)];
    // What has no number is last in either order; equal ones stay in the order of the file.
    if (left === null || right === null) return left === right ? one - other : left === null ? 1 : -1;
    const less = left < right ? -1 : left > right ? 1 : 0;
    return (down ? -less : less) || one - other;
  };

  const chosen = (head, filters, sorting, suspicious) => {
    const rows = head.rows.problem.map((_problem, row) => row).filter(passes(head, filters, suspicious));
    return rows.sort(order(head, sorting));
  };

  const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

  const median = (numbers) => {
    const sorted = [...numbers].sort((one, other) => one - other);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  };

  // The scores of some rows by the formulas of the report; null where no row has a number.
  const scores = (head, rows) => {
    const known = (column) => rows.map((row) => head.rows[column][row]).filter((one) => one !== null);
    const speedups = known(head.most ? "best" : "human");
    const share = (flags) => (flags.length ? mean(flags.map(Number)) : null);
    const optimised = head.most ? known("optimised") : speedups.map((one) => one >= head.threshold * (1 - 1e-12));
    return {
      rows: rows.length,
      problems: new Set(rows.map((row) => head.rows.problem[row])).size,
      scored: speedups.length,
      speedup: speedups.length ? mean(speedups) : null,
      median: speedups.length ? median(speedups) : null,
      geometric_mean: speedups.length ? Math.exp(mean(speedups.map(Math.log))) : null,
      optimised: share(optimised),
      correct: head.most ? share(known("correct")) : null,
    };
  };

  return { accepted, chosen, columns, scores, speedup, verdictsOf };
})();
