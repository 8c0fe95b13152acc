// Suggestions while one types: data-suggest on a text field is the address that
// answers ?q= with the <option>s of the field's datalist.
import { on } from "./dom.js";

let timer = 0, asked = null;

on("input", "[data-suggest]", (e, field) => {
  clearTimeout(timer);
  asked?.abort();
  const q = field.value.trim();
  // What was chosen from the list needs no further list.
  if (q.length < 2 || e.inputType === "insertReplacementText" || !(e instanceof InputEvent)) return;
  timer = setTimeout(async () => {
    asked = new AbortController();
    try {
      const answer = await fetch(field.dataset.suggest + "?" + new URLSearchParams({ q }), {
        headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, signal: asked.signal,
      });
      if (answer.ok && field.list) field.list.innerHTML = await answer.text();
    } catch {
      // The field works without suggestions.
    }
  }, 120);
});
