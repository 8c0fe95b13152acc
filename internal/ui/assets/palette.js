// The command palette: one box for records, which the server finds, and
// commands, which are what the page itself offers (data-command).
import { $, $$, on, onContent, make } from "./dom.js";

const dialog = () => $("#palette");
const input = () => $("input[name=q]", dialog());
const list = () => $("#palette-list");
const options = () => $$("[role=option]", list());

export function openPalette() {
  const d = dialog();
  if (!d) return false;
  if (!d.open) d.showModal();
  input().value = "";
  input().focus();
  show("", []);
  return true;
}

on("click", "[data-palette]", (e) => {
  if (e.ctrlKey || e.metaKey || e.shiftKey || !dialog()) return;
  e.preventDefault();
  openPalette();
});

// ---- What was opened lately, kept by this browser for this user ----
const store = () => "akrab.recent." + (dialog()?.dataset.user ?? "");
function recent() {
  try {
    const list = JSON.parse(localStorage.getItem(store()) ?? "[]");
    return Array.isArray(list) ? list.filter((r) => typeof r.href === "string" && r.href.startsWith("/") && !r.href.startsWith("//")) : [];
  } catch {
    return [];
  }
}
let remembered = null;
onContent(() => {
  const main = $("main[data-recent]");
  if (!main || main === remembered) return;
  remembered = main;
  try {
    const r = JSON.parse(main.dataset.recent);
    localStorage.setItem(store(), JSON.stringify([r, ...recent().filter((o) => o.href !== r.href)].slice(0, 8)));
  } catch { /* private mode, or a full store: nothing to remember then */ }
});
on("submit", "form[action='/signout']", () => { localStorage.removeItem(store()); });

// ---- Options ----
let shownFor = ""; // what was typed when the options were found
let go = false;    // Enter was pressed before they were: open the first
const plain = (s) => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const matches = (label, q) => {
  const words = plain(label).split(/\s+/);
  return plain(q).split(/\s+/).every((w) => words.some((word) => word.startsWith(w)));
};

function commands(q) {
  const seen = new Set();
  return $$("[data-command]").filter((el) => {
    const label = el.dataset.command;
    if (seen.has(label) || el.closest("dialog") || el.matches("[aria-current], :disabled") || (q && !matches(label, q))) return false;
    seen.add(label);
    return true;
  }).sort((a, b) => Boolean(b.closest("main")) - Boolean(a.closest("main"))).slice(0, q ? 5 : 8);
}

function group(title, children) {
  if (!children.length) return [];
  const id = "palette-t" + title.length + children.length;
  return [make("div", { role: "group", "aria-labelledby": id }, make("div", { className: "head", id, role: "presentation" }, title), ...children)];
}

function commandOption(el) {
  const keys = (el.dataset.key ?? "").split(" ").filter(Boolean).map((k) => make("kbd", {}, k.toUpperCase()));
  const icon = $("svg.i", el)?.cloneNode(true);
  const option = make("a", { role: "option", tabIndex: -1, href: el.href ?? "#" }, ...(icon ? [icon] : []), make("span", {}, el.dataset.command), make("small", {}, ...keys));
  option.addEventListener("click", (e) => {
    e.preventDefault();
    dialog().close();
    el.click();
  });
  return option;
}

function recentOption(r) {
  const mark = make("span", { className: r.class ?? "avatar sm", "data-hue": "", "data-i": r.mark ?? "", "aria-hidden": "true" });
  return make("a", { role: "option", tabIndex: -1, href: r.href }, mark, make("span", {}, r.name));
}

// show puts the server's groups and the page's commands into the list.
function show(q, found) {
  const d = dialog().dataset;
  const here = location.pathname + location.search;
  const groups = q ? found : group(d.recent, recent().filter((r) => r.href !== here).slice(0, 5).map(recentOption));
  list().replaceChildren(...groups, ...group(d.commands, commands(q).map(commandOption)));
  options().forEach((o, i) => { o.id = "palette-o" + i; });
  select(0);
  const n = options().length;
  const status = $("[data-palette-status]");
  status.textContent = n === 0 ? d.none : n === 1 ? status.dataset.one : status.dataset.many.replace("{n}", n);
  if (q && n === 0) list().append(make("p", { className: "note-line" }, d.none));
  shownFor = q;
  if (go) {
    go = false;
    options()[0]?.click();
  }
}

function select(i) {
  const all = options();
  all.forEach((o, k) => o.setAttribute("aria-selected", String(k === i)));
  const o = all[i];
  if (o) input().setAttribute("aria-activedescendant", o.id);
  else input().removeAttribute("aria-activedescendant");
  o?.scrollIntoView({ block: "nearest" });
}
const selected = () => options().findIndex((o) => o.ariaSelected === "true");

// ---- Asking the server ----
let request = null, timer = 0;
async function ask(q) {
  request?.abort();
  request = new AbortController();
  try {
    const answer = await fetch(dialog().dataset.src + "?" + new URLSearchParams({ q }), {
      signal: request.signal, headers: { "HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#palette-results", "HX-Current-URL": location.href },
    });
    if (answer.headers.get("HX-Redirect")) {
      location.href = answer.headers.get("HX-Redirect");
      return;
    }
    if (!answer.ok || q !== input().value.trim()) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    show(q, $$("#palette-results > [role=group]", page).map((g) => document.importNode(g, true)));
  } catch (e) {
    if (e.name !== "AbortError") show(q, []);
  }
}

on("input", "#palette input[name=q]", (e, el) => {
  const q = el.value.trim();
  go = false;
  clearTimeout(timer);
  if (!q) {
    request?.abort();
    show("", []);
    return;
  }
  // What was found stays until there is better: the list never goes blank.
  timer = setTimeout(() => ask(q), 60);
});

on("keydown", "#palette input[name=q]", (e) => {
  const n = options().length, i = selected();
  const to = { ArrowDown: (i + 1) % n, ArrowUp: (i - 1 + n) % n, PageDown: Math.min(i + 5, n - 1), PageUp: Math.max(i - 5, 0) }[e.key];
  if (to !== undefined && n) {
    e.preventDefault();
    select(to);
  } else if (e.key === "Enter" && !e.isComposing && i >= 0 && !e.ctrlKey && !e.metaKey) {
    e.preventDefault();
    if (input().value.trim() === shownFor) options()[i].click();
    else go = true;
  }
});
on("mousemove", "#palette [role=option]", (e, o) => {
  const i = options().indexOf(o);
  if (i >= 0 && i !== selected()) select(i);
});
