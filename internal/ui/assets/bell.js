// The bell: its menu loads the latest news when it opens, and while the page
// is in sight it looks each minute whether there is more.
import { $, on } from "./dom.js";

const every = 60000;
let last = Date.now();

async function part(path) {
  try {
    const answer = await fetch(path, { headers: { "HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": location.href } });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null; // the next look will tell
  }
}

async function look() {
  const bell = $("#bell");
  if (!bell || document.hidden || Date.now() - last < every) return;
  last = Date.now();
  const html = await part(bell.dataset.bell);
  if (html === null) return;
  const t = document.createElement("template");
  t.innerHTML = html;
  const fresh = $("#bell", t.content), now = $("#bell");
  if (!fresh || !now) return;
  now.replaceChildren(...fresh.childNodes);
  now.ariaLabel = fresh.ariaLabel;
}

setInterval(look, 5000);
document.addEventListener("visibilitychange", look);

document.addEventListener("toggle", async (e) => {
  if (!(e.target instanceof Element) || e.target.id !== "menu-bell" || e.newState !== "open") return;
  const html = await part(e.target.dataset.bellNews);
  const body = $("[data-bell-body]");
  if (html === null) location.assign("/notices");
  else if (body) {
    body.innerHTML = html;
    $("a, button", body)?.focus({ preventScroll: true });
  }
}, true);

// Following a line takes it away from what is new.
on("click", "#menu-bell a", () => { $("#menu-bell").hidePopover(); });
