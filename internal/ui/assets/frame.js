// The frame around pages: theme, sidebar, menus, dialogs, times that pass.
import { $, $$, on, onContent, post, text } from "./dom.js";

// ---- Theme: at once here, kept by the server ----
on("submit", "[data-theme-form]", (e, form) => {
  e.preventDefault();
  e.stopPropagation();
  const theme = e.submitter?.value ?? "system";
  if (theme === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.dataset.theme = theme;
  $$("button[name=theme]", form).forEach((b) => b.setAttribute("aria-checked", String(b.value === theme)));
  form.closest("[popover]")?.hidePopover();
  post(form.action, { theme });
}, true);

export function foldSidebar() {
  const folded = document.body.dataset.nav !== "rail";
  if (!document.body.dataset.nav) return false;
  document.body.dataset.nav = folded ? "rail" : "full";
  post("/me/sidebar", { folded: folded ? "1" : "0" });
  return true;
}

on("click", "[data-fold]", foldSidebar);

// ---- Menus: arrows move, and where CSS can't place them, this does ----
const items = (menu) => $$("[role^=menuitem]", menu).filter((el) => el.checkVisibility?.() ?? true);
document.addEventListener("toggle", (e) => {
  const menu = e.target;
  if (!(menu instanceof Element) || !menu.matches(".menu[popover]") || e.newState !== "open") return;
  if (!CSS.supports("position-area", "block-end")) place(menu);
  (items(menu)[0] ?? $("input:not([type=hidden]), select, summary", menu))?.focus();
}, true);

// Opening a condition of the filter leads to its value.
document.addEventListener("toggle", (e) => {
  if (e.target instanceof HTMLDetailsElement && e.target.open && e.target.closest(".filter")) $("[name=fv]", e.target)?.focus();
}, true);

// What a menu fetched when it was opened gets the focus that it could not have.
onContent(() => {
  const menu = $(".menu[popover]:popover-open");
  if (menu && !menu.contains(document.activeElement)) $("input:not([type=hidden]), select, summary, [role^=menuitem]", menu)?.focus();
});

function place(menu) {
  const button = $(`[popovertarget="${CSS.escape(menu.id)}"]`);
  if (!button) return;
  const b = button.getBoundingClientRect(), m = menu.getBoundingClientRect();
  const x = menu.classList.contains("end") ? b.right - m.width : b.left;
  const y = b.bottom + m.height + 8 > innerHeight && b.top > m.height ? b.top - m.height - 8 : b.bottom;
  menu.style.left = Math.max(8, Math.min(x, innerWidth - m.width - 8)) + "px";
  menu.style.top = y + "px";
}

on("keydown", ".menu[role=menu]", (e, menu) => {
  const list = items(menu), i = list.indexOf(document.activeElement);
  const to = { ArrowDown: (i + 1) % list.length, ArrowUp: (i - 1 + list.length) % list.length, Home: 0, End: list.length - 1 }[e.key];
  if (to === undefined || !list.length) return;
  e.preventDefault();
  list[to].focus();
});
// What a popover's form asks for comes in its place.
on("submit", "[popover] form, form[popover]", (e, form) => { form.closest("[popover]").hidePopover(); });
on("click", "[popover] [role^=menuitem]", (e, item) => { if (!item.closest("form")) item.closest("[popover]").hidePopover(); });

// ---- Dialogs ----
on("click", "[data-dialog]", (e, button) => {
  const d = document.getElementById(button.dataset.dialog);
  if (!d) return;
  e.preventDefault();
  d.showModal();
});
on("click", "dialog [data-cancel]", (e, button) => {
  e.preventDefault();
  button.closest("dialog").close();
});
on("click", "dialog", (e, dialog) => { if (e.target === dialog && dialog.matches(".palette, .sheet")) dialog.close(); });

// ---- Times stay true; what is older than six hours the server says ----
setInterval(() => {
  const t = text();
  if (!t.now || document.hidden) return;
  for (const el of $$("time[data-relative]")) {
    const minutes = Math.floor((Date.now() - Date.parse(el.dateTime)) / 60000);
    if (minutes < 0 || minutes >= 360) continue;
    const [n, forms] = minutes < 60 ? [minutes, t.minutes] : [Math.floor(minutes / 60), t.hours];
    const words = minutes < 1 ? t.now : n === 1 ? forms[0] : forms[1].replace("{n}", n);
    if (el.textContent !== words) el.textContent = words;
  }
}, 60000);

// ---- Of more tabs than there is room for, the current one is in sight ----
onContent(() => {
  for (const tabs of $$("nav.tabs")) {
    const tab = $("[aria-current]", tabs);
    if (tab && tab.offsetLeft + tab.offsetWidth > tabs.scrollLeft + tabs.clientWidth) tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  }
});
