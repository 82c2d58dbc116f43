// SPDX-License-Identifier: Apache-2.0
// Keys of the whole page. In a field they are text, except Escape, and with Ctrl, Alt or Meta they are the browser's.

export function listenForKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector("dialog[open]")) return;
    const typing = event.target.matches("input[type=search], select, textarea");
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
    if (!action || (typing && event.key !== "Escape")) return;
    event.preventDefault();
    action();
  });
}
