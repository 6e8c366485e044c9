import hljs from "highlight.js/lib/core";
import cpp from "highlight.js/lib/languages/cpp";
import python from "highlight.js/lib/languages/python";
export { diffArrays } from "diff";
hljs.registerLanguage("cpp", cpp);
hljs.registerLanguage("python", python);
export const highlight = hljs;
