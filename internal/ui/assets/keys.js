// Keyboard. Elements declare their own keys: data-key="n" on a link or button
// clicks it, on a field focuses it. Single letters act only outside text
// fields, and not at all if the user turned them off.
import { $, $$, on, make, typing, visible, modal } from "./dom.js";
import { openPalette } from "./palette.js";
import { move, openRow, openSide, closeSide, selectRow, clearSelection } from "./list.js";
import { foldSidebar } from "./frame.js";

const lists = {
  j: () => move(1), k: () => move(-1), x: () => selectRow(false), "shift+x": () => selectRow(true),
  o: openRow, enter: openRow, "shift+enter": () => openSide(), "shift+o": () => openSide(),
  arrowdown: () => $("[data-at]") && move(1), arrowup: () => $("[data-at]") && move(-1),
};
const anywhere = { "?": openSheet, "/": openPalette, "[": foldSidebar };

let first = "", firstTimer = 0; // the "g" of "g c", while it waits for the "c"

function combo(e) {
  const key = e.key.toLowerCase();
  return e.shiftKey && /^[a-z]$|^enter$/.test(key) ? "shift+" + key : key;
}

function press(el) {
  if (typing(el)) {
    el.focus();
    return;
  }
  el.click();
  // Choosing what kind of note to write leads to writing it.
  if (el.matches("label")) el.closest("form")?.querySelector("textarea")?.focus();
}

function declared(keys) {
  const all = $$("[data-key]").filter((el) => el.dataset.key === keys && visible(el) && !el.matches(":disabled, [aria-disabled=true]"));
  return keys === "z" ? all.at(-1) : all[0]; // what was done last is undone first
}

document.addEventListener("keydown", (e) => {
  if (e.defaultPrevented || e.isComposing || e.altKey) return;
  if (e.ctrlKey || e.metaKey) {
    withCtrl(e);
    return;
  }
  if (e.key === "Escape") {
    if (!modal() && !e.target.closest?.("[data-inline]") && (clearSelection() || closeSide())) e.preventDefault();
    return;
  }
  if (typing(e.target) || modal() || document.body.dataset.shortcuts !== "on") return;
  const besides = e.shiftKey && e.target.closest?.("[data-row]"); // else a browser opens a window
  if (e.key === "Enter" && e.target.matches("a, button, summary, input") && !besides) return;

  const key = combo(e);
  const keys = first ? first + " " + key : key;
  clearTimeout(firstTimer);
  first = "";
  const el = declared(keys);
  const f = el ? () => press(el) : lists[keys] ?? anywhere[keys];
  if (f) {
    if (f() !== false) e.preventDefault();
  } else if ($(`[data-key^="${CSS.escape(key)} "]`)) {
    first = key;
    firstTimer = setTimeout(() => { first = ""; }, 1200);
  }
});

function withCtrl(e) {
  const key = e.key.toLowerCase();
  if (key === "k" && !e.shiftKey && $("#palette")) {
    e.preventDefault();
    openPalette();
  } else if (key === "enter") {
    const form = e.target.closest?.("form");
    if (!form || form.method === "dialog") return;
    e.preventDefault();
    form.requestSubmit($("[data-save]", form) ?? undefined);
  } else if (key === "z" && !e.shiftKey && !typing(e.target)) {
    const undo = declared("z");
    if (!undo) return;
    e.preventDefault();
    undo.click();
  }
}

// caps returns what stands on the keys: "g c" → ["G", "C"].
function caps(keys) {
  const names = { ctrl: "Ctrl", enter: "↵", escape: "Esc", shift: "⇧" };
  return keys.split(" ").map((k) => k.split("+").map((p) => names[p] ?? p.toUpperCase()).join(" "));
}

function label(el) {
  if (el.dataset.keyLabel) return el.dataset.keyLabel;
  if (el.ariaLabel) return el.ariaLabel;
  if (el.title) return el.title;
  const copy = el.cloneNode(true);
  $$("kbd, .keys, .count", copy).forEach((k) => k.remove());
  return copy.textContent.trim().replace(/\s+/g, " ");
}

// openSheet shows the shortcuts of this page, which its elements declare, and
// those of all pages.
export function openSheet() {
  const sheet = $("#keys");
  if (!sheet) return;
  const seen = new Set(["z"]);
  const lines = [];
  for (const el of $$("[data-key]")) {
    if (seen.has(el.dataset.key) || !(visible(el) || el.closest("[popover]"))) continue;
    seen.add(el.dataset.key);
    lines.push(make("dt", {}, label(el)), make("dd", {}, ...caps(el.dataset.key).map((k) => make("kbd", {}, k))));
  }
  $("[data-keys-page]", sheet).replaceChildren(...lines);
  $("[data-keys-list]", sheet).hidden = !$("[data-row]");
  sheet.showModal();
}

on("click", "[data-sheet]", () => {
  $("[popover]:popover-open")?.hidePopover();
  openSheet();
});
