"use strict";
// Which lines two programs share, as rows of a page: side by side, or one below the other.

const difference = (() => {
  const LONGEST_MILLISECONDS = 1000;

  // [{kind: "same" | "changed", left, right}], each a number of a line or null.
  const aligned = (before, after) => {
    const parts = globalThis.parts.diffArrays(before, after, { timeout: LONGEST_MILLISECONDS }) ?? [
      { removed: true, count: before.length },
      { added: true, count: after.length },
    ];
    const rows = [];
    let left = 0;
    let right = 0;
    let gone = [];
    let come = [];
    const flush = () => {
      for (let index = 0; index < Math.max(gone.length, come.length); index += 1) {
        rows.push({ kind: "changed", left: gone[index] ?? null, right: come[index] ?? null });
      }
      gone = [];
      come = [];
    };
    for (const part of parts) {
      for (let index = 0; index < part.count; index += 1) {
        if (part.removed) gone.push(left++);
        else if (part.added) come.push(right++);
        else {
          flush();
          rows.push({ kind: "same", left: left++, right: right++ });
        }
      }
    }
    flush();
    return rows;
  };

  // The same below each other: of a changed stretch first what is gone.
  const stacked = (rows) => {
    const lines = [];
    let come = [];
    for (const row of rows) {
      if (row.kind === "same") {
        lines.push(...come, row);
        come = [];
      } else {
        if (row.left !== null) lines.push({ kind: "changed", left: row.left, right: null });
        if (row.right !== null) come.push({ kind: "changed", left: null, right: row.right });
      }
    }
    return [...lines, ...come];
  };

  return { aligned, stacked };
})();
