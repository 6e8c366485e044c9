"use strict";
// The run's data lie in the page as base64 of gzip of JSON; the browser unpacks them by itself.

const unpack = (() => {
  const unpacked = async (text) => {
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };

  const blocks = { last: null, value: null };

  // The programs of a row, 0 being the first. Only the block that was read last is kept.
  const programs = async (row) => {
    if (document.readyState === "loading") {
      await new Promise((parsed) => document.addEventListener("DOMContentLoaded", parsed));
    }
    let found = null;
    for (const block of document.querySelectorAll("script.block")) {
      if (Number(block.dataset.first) > row) break;
      found = block;
    }
    if (blocks.last !== found) {
      blocks.value = await unpacked(found.textContent);
      blocks.last = found;
    }
    return blocks.value[row - Number(found.dataset.first)];
  };

  return { head: () => unpacked(document.getElementById("head").textContent), programs };
})();
