// What pages do beyond links and forms. Everything here improves something
// that works without it; pages opt in with data attributes and contain no
// script. Listeners hang on the document, so that what htmx swaps in needs no
// setting up; what must run once for new content is registered with onContent.
//
// The attributes, besides those of htmx:
//   data-key="g c"         keys that click or focus the element (keys.js)
//   data-key-label="…"     what the sheet of shortcuts calls it
//   data-command="…"       a line of the command palette, which clicks the element
//   data-row, data-open    a row to move to with j and k, and its link for Enter
//   data-side, data-side-close, data-side-open: see Side
//   data-save              the button that Ctrl Enter presses in its form
//   data-enter             what a button brought into a form, which gets the focus
//   data-guard             a form that is not left half filled without a warning
//   data-draft="name"      a textarea whose text is kept until it was sent
//   data-dialog="id"       opens a <dialog>; data-cancel in it closes it
//   data-drop              a place to drop files on
//   data-relative          a <time> whose text is kept true
//   data-toast, data-close a message that leaves by itself, and a button to close it
//   data-mention="…"       a textarea in which @ names colleagues (mention.js)
//   data-rows…, data-inline, data-bulk…, data-select, data-all: see FormRows, Inline, Bulk, Table
import "htmx.org";
import { runContent } from "./dom.js";
import "./keys.js";
import "./palette.js";
import "./list.js";
import "./forms.js";
import "./suggest.js";
import "./record.js";
import "./toasts.js";
import "./frame.js";
import "./bell.js";
import "./mention.js";

document.addEventListener("htmx:after:swap", runContent);
window.addEventListener("pageshow", runContent);
runContent();
