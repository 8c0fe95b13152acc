// What pages do beyond links and forms. Everything here improves something
// that works without it; pages opt in with data attributes and contain no
// script. Listeners hang on the document, so that what htmx swaps in needs no
// setting up; what must run once for new content is registered with onContent.
import "htmx.org";
import { runContent } from "./dom.js";
import "./keys.js";
import "./palette.js";
import "./list.js";
import "./forms.js";
import "./suggest.js";
import "./toasts.js";
import "./frame.js";

document.addEventListener("htmx:after:swap", runContent);
window.addEventListener("pageshow", runContent);
runContent();
