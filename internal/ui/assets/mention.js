// Names while one types: after an @ in a text with data-mention, the address
// that it names answers ?q= with the colleagues who may be meant. Without them
// the text is sent as it was typed.
import { $, $$, make, on } from "./dom.js";

let field = null, from = -1, asked = null, timer = 0;
const list = () => $("#mentions");
const isOpen = () => list()?.matches(":popover-open") ?? false;

// begun returns where the @ of the name before the caret is, or -1.
function begun(t) {
  const before = t.value.slice(0, t.selectionStart);
  const m = /(^|[^\p{L}\p{N}_@])@([\p{L}\p{N}_.'’-]*(?: [\p{L}\p{N}_.'’-]*)?)$/u.exec(before);
  return m ? before.length - m[2].length - 1 : -1;
}

function close() {
  clearTimeout(timer);
  asked?.abort();
  if (isOpen()) list().hidePopover();
  field?.removeAttribute("aria-activedescendant");
  field?.removeAttribute("aria-controls");
}

function select(option) {
  for (const o of $$("[role=option]", list())) o.setAttribute("aria-selected", String(o === option));
  option.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option.id);
}

function choose(option) {
  const name = option.dataset.insert + " ";
  field.focus();
  field.setSelectionRange(from + 1, field.selectionStart);
  // As if it was typed, so that the browser can undo it.
  if (!document.execCommand("insertText", false, name)) field.setRangeText(name, from + 1, field.selectionStart, "end");
  close();
}

async function ask() {
  const t = field, at = from;
  const q = t.value.slice(at + 1, t.selectionStart);
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(t.dataset.mention + "?" + new URLSearchParams({ q }), {
      headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, signal: asked.signal,
    });
    if (!answer.ok || document.activeElement !== t || begun(t) !== at) return close();
    show(t, await answer.text());
  } catch {
    // The text works without suggestions.
  }
}

function show(t, html) {
  let menu = list();
  if (!menu) {
    menu = make("div", { id: "mentions", className: "menu mentions", popover: "manual", role: "listbox", "aria-label": t.dataset.mentionLabel ?? "@" });
    ($("main") ?? document.body).append(menu);
  }
  menu.innerHTML = html;
  const first = $("[role=option]", menu);
  if (!first) return close();
  if (!isOpen()) menu.showPopover();
  const b = t.getBoundingClientRect(), m = menu.getBoundingClientRect();
  menu.style.left = Math.max(8, Math.min(b.left, innerWidth - m.width - 8)) + "px";
  menu.style.top = (b.bottom + m.height + 8 > innerHeight && b.top > m.height ? b.top - m.height - 8 : b.bottom) + "px";
  t.setAttribute("aria-controls", menu.id);
  select(first);
}

on("input", "textarea[data-mention]", (e, t) => {
  field = t;
  from = begun(t);
  clearTimeout(timer);
  if (from < 0) close();
  else timer = setTimeout(ask, 100);
});

document.addEventListener("keydown", (e) => {
  if (!isOpen() || e.target !== field || e.isComposing) return;
  const options = $$("[role=option]", list());
  const i = options.findIndex((o) => o.getAttribute("aria-selected") === "true");
  if (e.key === "ArrowDown" || e.key === "ArrowUp") select(options[(i + (e.key === "ArrowDown" ? 1 : options.length - 1)) % options.length]);
  else if ((e.key === "Enter" && !e.ctrlKey && !e.metaKey) || e.key === "Tab") choose(options[Math.max(0, i)]);
  else if (e.key === "Escape") close();
  else return;
  e.preventDefault();
  e.stopPropagation();
}, true);

on("pointerdown", "#mentions [role=option]", (e, option) => {
  e.preventDefault(); // the text keeps the focus
  choose(option);
});
document.addEventListener("focusout", (e) => { if (e.target === field) close(); });
