// Lists: moving with the keyboard, selecting rows, and a row's record beside them.
import { $, $$, on, onContent } from "./dom.js";

const rows = () => $$("[data-row]").filter((r) => r.checkVisibility?.() ?? true);
const current = () => $("[data-at]");
const tick = (row) => $(".check[name=id]", row);

function at(row) {
  current()?.removeAttribute("data-at");
  row.setAttribute("data-at", "");
  row.scrollIntoView({ block: "nearest" });
  const link = $("[data-open], a", row);
  link?.focus({ preventScroll: true });
  follow(row);
}

// move goes to the next or previous row. It returns false if there is none.
export function move(by) {
  const list = rows();
  if (!list.length) return false;
  const i = list.indexOf(current() ?? document.activeElement?.closest("[data-row]"));
  at(list[i < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(i + by, 0), list.length - 1)]);
  return true;
}

export function openRow() {
  const link = current() && $("[data-open], a", current());
  if (!link) return false;
  link.click();
  return true;
}

// ---- The record beside the list ----
const side = () => $("[data-side-open]");
let following = 0, entering = false; // a row waits to be shown; the focus goes to what comes

// openSide shows the current row beside the list.
export function openSide(row = current()) {
  const link = row && $("[data-side]", row);
  if (!link) return false;
  link.click();
  return true;
}

// follow shows the row that somebody has moved to, if one is open already, once
// they stay there.
function follow(row) {
  clearTimeout(following);
  if (!side()) return;
  following = setTimeout(() => {
    const link = $("[data-side]", row);
    if (!link || !side()) return;
    link.dataset.quiet = "";
    link.click();
  }, 120);
}

export function closeSide() {
  const link = side() && $("[data-side-close]", side());
  if (!link) return false;
  link.click();
  return true;
}

on("click", "[data-side]", (e, link) => {
  entering = !("quiet" in link.dataset);
  delete link.dataset.quiet;
  const row = link.closest("[data-row]");
  current()?.removeAttribute("data-at");
  row.setAttribute("data-at", "");
  history.replaceState(history.state, "", link.href);
});
on("click", "[data-side-close]", (e, link) => {
  history.replaceState(history.state, "", link.href);
  const row = $("[data-row][aria-current]") ?? current();
  (row && $("[data-open], a", row))?.focus();
});
// A click beside a row's links shows it too, once one is open.
on("click", "[data-row]", (e, row) => {
  if (side() && !e.target.closest("a, button, input, label, form") && getSelection().isCollapsed) openSide(row);
});
onContent(() => {
  const open = side()?.dataset.sideOpen;
  $(".beside")?.toggleAttribute("data-beside", Boolean(open));
  for (const row of $$("[data-row][data-href]")) {
    if (row.dataset.href === open) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  if (open && entering) $("#side-title")?.focus({ preventScroll: true });
  entering = false;
});

let last = null; // where a range of selected rows begins

export function selectRow(range) {
  const box = current() && tick(current());
  if (!box) return false;
  choose(box, !box.checked || range, range);
  return true;
}

function choose(box, checked, range) {
  const boxes = $$(".table[data-select] .check[name=id]");
  const from = range && last?.isConnected ? boxes.indexOf(last) : -1;
  const to = boxes.indexOf(box);
  for (let i = Math.min(from < 0 ? to : from, to); i <= Math.max(from, to); i++) boxes[i].checked = checked;
  last = box;
  everything(false);
  count();
}

// clearSelection reports whether there was one.
export function clearSelection() {
  const boxes = $$(".table[data-select] .check[name=id]:checked");
  boxes.forEach((b) => { b.checked = false; });
  last = null;
  everything(false);
  count();
  return boxes.length > 0;
}

// everything says whether all rows that match are meant, not only those shown.
function everything(yes) {
  const form = $("[data-bulk]");
  if (!form) return;
  $("[data-bulk-all]", form).value = yes ? "1" : "";
  form.toggleAttribute("data-everything", yes);
}

function count() {
  const form = $("[data-bulk]");
  if (!form) return;
  const boxes = $$(".table[data-select] .check[name=id]");
  const n = boxes.filter((b) => b.checked).length;
  const all = $("[data-all]");
  if (all) {
    all.checked = n > 0 && n === boxes.length;
    all.indeterminate = n > 0 && n < boxes.length;
  }
  const label = $("[data-bulk-count]", form), more = $("[data-select-all]", form);
  const full = form.hasAttribute("data-everything");
  label.textContent = full ? more.dataset.done : n === 1 ? label.dataset.one : label.dataset.many.replace("{n}", n);
  // All of several pages are offered only once all of this page is selected.
  if (more) more.hidden = full || n < boxes.length || Number(form.dataset.total) <= n;
}

on("click", ".table[data-select] .check[name=id]", (e, box) => {
  if (e.shiftKey && last) choose(box, box.checked, true);
  else choose(box, box.checked, false);
});
on("change", "[data-all]", (e, all) => {
  $$(".table[data-select] .check[name=id]").forEach((b) => { b.checked = all.checked; });
  everything(false);
  count();
});
on("click", "[data-select-all]", () => {
  everything(true);
  count();
});
on("click", "[data-select-none]", clearSelection);
onContent(count);
