"use strict";
// A program as coloured lines: [[class or null, text], ...] for each.

const highlight = (() => {
  const LONGEST = 200000; // characters that are coloured within a moment

  const plain = (text) => text.split("\n").map((line) => (line ? [[null, line]] : []));

  const coloured = (text, language) => {
    if (text.length > LONGEST) return plain(text);
    const html = globalThis.parts.highlight.highlight(text, { language, ignoreIllegals: true }).value;
    // A document apart: nothing in it is run or shown.
    const read = new DOMParser().parseFromString(html, "text/html").body;
    const lines = [[]];
    const walk = (node, kind) => {
      for (const child of node.childNodes) {
        if (child.nodeType === Node.TEXT_NODE) {
          child.data.split("\n").forEach((piece, index) => {
            if (index) lines.push([]);
            if (piece) lines.at(-1).push([kind, piece]);
          });
        } else walk(child, child.className.split(" ").find((one) => one.startsWith("hljs-")) ?? kind);
      }
    };
    walk(read, null);
    const same = lines.map((line) => line.map((piece) => piece[1]).join("")).join("\n") === text;
    return same ? lines : plain(text);
  };

  return { coloured };
})();
