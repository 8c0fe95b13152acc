// What a record's page offers beyond its links: copying, names of chosen files.
import { $, on } from "./dom.js";

on("click", "[data-copy]", async (e, button) => {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return; // not allowed here: the text can be selected
  }
  const label = button.ariaLabel;
  button.ariaLabel = button.title = button.dataset.copied;
  button.setAttribute("data-done", "");
  setTimeout(() => {
    button.ariaLabel = button.title = label;
    button.removeAttribute("data-done");
  }, 1500);
});

on("change", "input[type=file][data-names]", (e, input) => {
  const names = $("[data-names-of]", input.parentElement);
  if (names) names.textContent = [...input.files].map((f) => f.name).join(", ");
});
