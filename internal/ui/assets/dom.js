// Small helpers that the other files share.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// on calls f(event, element) for events on elements that match the selector,
// now or later in the page.
export function on(type, selector, f, options) {
  document.addEventListener(type, (e) => {
    const el = e.target instanceof Element && e.target.closest(selector);
    if (el) f(e, el);
  }, options);
}

const content = [];

// onContent calls f for the page as it is and whenever part of it was swapped.
export function onContent(f) { content.push(f); }
export function runContent() { for (const f of content) f(); }

// make returns a new element with properties and children.
export function make(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (k.includes("-") || k === "role") el.setAttribute(k, v);
    else el[k] = v;
  }
  el.append(...children);
  return el;
}

// text returns the words that the server gave the script (see scriptText).
export function text() {
  try {
    return JSON.parse(document.body.dataset.text || "{}");
  } catch {
    return {};
  }
}

// post sends a form's worth of values for their effect only.
export function post(path, values) {
  return fetch(path, {
    method: "POST", body: new URLSearchParams(values), keepalive: true,
    headers: { "HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": location.href },
  });
}

export const typing = (el) => el instanceof Element && el.matches(
  "textarea, select, [contenteditable=''], [contenteditable=true], input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=file])");

export const visible = (el) => el.checkVisibility ? el.checkVisibility({ checkVisibilityCSS: true }) : el.offsetParent !== null;

export const modal = () => $("dialog:modal") || $("[popover]:popover-open");
