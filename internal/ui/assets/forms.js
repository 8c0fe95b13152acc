// Forms: nothing typed is lost, and saving is quick.
import { $, $$, on, onContent, visible } from "./dom.js";

// ---- A warning before leaving a form that was changed ----
let dirty = false;
on("input", "form[data-guard]", () => { dirty = true; });
on("submit", "form[data-guard]", () => { dirty = false; });
on("click", "[data-cancel]", () => { dirty = false; });
window.addEventListener("beforeunload", (e) => { if (dirty && $("form[data-guard]")) e.preventDefault(); });

// ---- What is being sent looks busy, and is sent once ----
document.addEventListener("submit", (e) => {
  const form = e.target, button = e.submitter;
  if (e.defaultPrevented || form.method !== "post" || !button) return;
  if (form.dataset.sent) {
    e.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  setTimeout(() => { if (form.dataset.sent) button.setAttribute("aria-busy", "true"); }, 300);
});
function rest() {
  $$("form[data-sent]").forEach((f) => { delete f.dataset.sent; });
  $$("[aria-busy=true]").forEach((b) => b.removeAttribute("aria-busy"));
}
onContent(rest);
document.addEventListener("htmx:finally:request", rest);

// ---- What was wrong is where one goes on ----
let shown = null;
onContent(() => {
  const errors = $("[data-focus]");
  if (!errors || errors === shown) return;
  shown = errors;
  ($$("[aria-invalid=true]", errors.closest("form") ?? document).find(visible) ?? errors).focus();
});

// ---- What a button has brought is where one goes on: at its value, if it has one ----
onContent(() => {
  const box = $("[data-enter]");
  if (!box) return;
  box.removeAttribute("data-enter");
  const controls = [box, ...$$("input:not([type=hidden]), select, textarea", box)].filter((el) => el.matches("input, select, textarea") && visible(el));
  (controls.find((el) => el.closest("[class^=if-], [class*=' if-']")) ?? controls[0])?.focus();
});

// ---- Repeating rows ----
on("click", "[data-rows-add]", (e, button) => {
  const box = button.closest("[data-rows]"), list = $("[data-rows-list]", box);
  const used = $$("[name]", list).map((el) => Number(el.name.slice(box.dataset.rows.length + 1).split(".")[0]) || 0);
  if (list.children.length >= Number(box.dataset.max)) return;
  e.preventDefault();
  const row = $("[data-rows-template]", box).content.firstElementChild.cloneNode(true);
  const n = used.length ? Math.max(...used) + 1 : 0;
  for (const el of [row, ...$$("*", row)]) {
    for (const a of [...el.attributes]) if (a.value.includes("__n__")) el.setAttribute(a.name, a.value.replaceAll("__n__", n));
  }
  list.append(row);
  $("input:not([type=hidden]), select, textarea", row)?.focus();
  dirty = true;
});
on("click", "[data-rows-drop]", (e, button) => {
  e.preventDefault();
  const row = button.closest("[data-rows-row]"), list = row.parentElement;
  const next = row.nextElementSibling ?? row.previousElementSibling;
  if (next) {
    row.remove();
    $("input:not([type=hidden]), select", next)?.focus();
  } else {
    $$("input:not([type=hidden]), textarea", list).forEach((el) => { if (el.type === "checkbox") el.checked = false; else el.value = ""; });
  }
  dirty = true;
});

// ---- Editing in place: Enter or leaving saves, Escape restores. Several fields
// together (data-inline="stay") are saved by Enter or their button only ----
const changed = (form) => $$("input:not([type=hidden]), textarea, select", form).some((el) =>
  el.matches("select") ? [...el.options].some((o) => o.selected !== o.defaultSelected)
    : el.matches("[type=checkbox], [type=radio]") ? el.checked !== el.defaultChecked : el.value !== el.defaultValue);
let opened = null;
onContent(() => {
  const el = document.activeElement;
  if (!el?.closest("[data-inline]") || el === opened) return;
  opened = el;
  if (el.ariaInvalid !== "true") el.select?.();
});
on("keydown", "[data-inline]", (e, form) => {
  if (e.key !== "Escape") return;
  e.preventDefault();
  $("[data-cancel]", form).click();
});
on("focusout", "[data-inline]:not([data-inline=stay])", (e, form) => {
  if (form.contains(e.relatedTarget) || !document.hasFocus()) return;
  // After the click that took the focus away has done its work.
  setTimeout(() => {
    if (!form.isConnected || form.contains(document.activeElement) || form.classList.contains("htmx-request")) return;
    if (changed(form)) form.requestSubmit();
    else if (!$("[aria-invalid=true]", form)) $("[data-cancel]", form).click();
  }, 0);
});

// ---- Drafts: what is typed survives a reload and an expired session ----
const draft = (el) => "akrab.draft." + el.dataset.draft, sent = (el) => draft(el) + ".sent";
on("input", "[data-draft]", (e, el) => {
  if (el.value) sessionStorage.setItem(draft(el), el.value);
  else sessionStorage.removeItem(draft(el));
});
on("submit", "form:has([data-draft])", (e, form) => {
  for (const el of $$("[data-draft]", form)) {
    sessionStorage.removeItem(draft(el));
    if (el.value) sessionStorage.setItem(sent(el), el.value);
  }
});
const restored = new WeakSet();
onContent(() => {
  for (const el of $$("[data-draft]")) {
    if (restored.has(el)) continue;
    restored.add(el);
    // A toast that is not about a mistake says that what was sent has arrived.
    const arrived = $("#toasts .toast:not([data-tone=bad])");
    const lost = arrived ? null : sessionStorage.getItem(sent(el));
    sessionStorage.removeItem(sent(el));
    const text = lost ?? sessionStorage.getItem(draft(el));
    if (!el.value && text) {
      el.value = text;
      sessionStorage.setItem(draft(el), text);
    }
  }
});

// ---- Files ----
for (const type of ["dragover", "dragleave", "drop"]) {
  on(type, "[data-drop]", (e, zone) => {
    if (!e.dataTransfer?.types.includes("Files")) return;
    e.preventDefault();
    zone.toggleAttribute("data-over", type === "dragover");
    if (type !== "drop" || !e.dataTransfer.files.length) return;
    const input = $("input[type=file]", zone);
    input.files = e.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
on("change", "[data-drop] input[type=file]", (e, input) => {
  $("[data-drop-name]", input.closest("[data-drop]")).textContent = [...input.files].map((f) => f.name).join(", ");
});
