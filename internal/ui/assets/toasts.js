// Toasts leave after ten seconds in which nobody looked at them and the page
// was in sight. What went wrong stays until it is closed.
import { $, $$, on, onContent, make, text } from "./dom.js";

const left = new Map(); // toast → milliseconds

onContent(() => {
  const list = $$("#toasts [data-toast]");
  for (const t of list) if (t.dataset.toast !== "stay" && !left.has(t)) left.set(t, Number(t.dataset.toast) || 10000);
  for (const t of list.slice(0, -3)) t.remove();
});

setInterval(() => {
  if (document.hidden || !left.size || $("#toasts:hover, #toasts:focus-within")) return;
  for (const [t, ms] of left) {
    if (!t.isConnected) left.delete(t);
    else if (ms > 0) left.set(t, ms - 250);
    else leave(t);
  }
}, 250);

function leave(t) {
  left.delete(t);
  t.setAttribute("data-leave", "");
  setTimeout(() => t.remove(), 200);
}

on("click", "[data-close]", (e, button) => {
  const t = button.closest("[data-toast]");
  if (t) leave(t);
});

// say shows a toast about something that the page itself noticed.
export function say(message, tone = "bad") {
  const close = make("button", { type: "button", className: "btn ghost sm", "data-close": "" }, text().close ?? "×");
  const t = make("div", { className: "toast", role: "alert", "data-tone": tone, "data-toast": "stay" }, make("span", {}, message), close);
  $$("#toasts [data-said]").forEach((old) => old.remove());
  t.dataset.said = "";
  $("#toasts")?.append(t);
}

document.addEventListener("htmx:error", (e) => {
  if (e.detail?.ctx?.status?.startsWith("error") && text().offline) say(text().offline);
});
